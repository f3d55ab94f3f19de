/**
 * The store gone or slow, seen by clients: exactly the same login with an app password goes on for a while, everything
 * else hears "later", at once and not after a hang, and all is well again as soon as the store is back.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { addAppPassword, enrol } from '../support/enrolment.ts';
import { startGateway, type GatewayOptions } from '../support/gateway.ts';
import { eventually } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { clearAnswer, clearLogin, clearPing, cliOf, startSmallWorld } from '../support/small-world.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

/** Long against what a refusal at once takes, so that the two cannot be confused on a busy machine. */
const DEADLINE_MS = 3_000;
const LATER = /^(in NO|\* BYE) \[UNAVAILABLE\]/m;
const ACCEPTED = /^in OK/m;

const redis = await startRedis();
const proxy = await startTcpProxy(redis.port);
const store = { kind: 'redis', url: `redis://127.0.0.1:${proxy.port}`, commandTimeoutMs: DEADLINE_MS };
const world = await startSmallWorld({ gateway: { store } });
const { gateway } = world;
const cli = await cliOf(gateway);
const beside = { ...gateway, cli };
await cli('domain', 'set', 'a.test', 'enabled', '--yes');
const anna = { name: 'anna@a.test', password: await enrol(beside, 'anna@a.test') };
const second = await addAppPassword(beside, anna.name, 'second');
after(async () => {
  await world.stop();
  await proxy.stop();
  await redis.stop();
});

/** Runs one login and says how long it took. */
async function timed(login: () => Promise<string>): Promise<{ said: string; tookMs: number }> {
  const startedAt = performance.now();
  const said = await login();
  return { said, tookMs: performance.now() - startedAt };
}

async function untilKnownToBeGone(): Promise<void> {
  // The first login after the break may wait for the deadline, since it may be a short interruption.
  assert.match(await clearAnswer(gateway, { name: 'first@a.test', password: 'x' }), LATER);
}

test(
  'with the store gone, live sessions and the same login go on; all others are put off at once',
  { timeout: 120_000 },
  async () => {
    const from = '127.0.0.21';
    const live = await clearLogin(gateway, anna, { from });
    assert.ok(live.ok, live.said);
    proxy.cut();
    await untilKnownToBeGone();
    assert.match(await clearAnswer(gateway, anna, { from }), ACCEPTED);
    const others = [
      () => clearAnswer(gateway, anna, { from: '127.0.0.22' }),
      () => clearAnswer(gateway, { name: anna.name, password: second.password }, { from }),
      () => clearAnswer(gateway, { name: anna.name, password: 'wrong' }, { from }),
      () => clearAnswer(gateway, { name: 'bob@a.test', password: 'ordinary' }, { from }),
    ];
    for (const login of others) {
      const { said, tookMs } = await timed(login);
      assert.match(said, LATER);
      assert.ok(tookMs < DEADLINE_MS / 2, `put off only after ${tookMs} ms`);
    }
    await clearPing(live.wire);
    live.wire.close();
  },
);

test('a second after the store is back all logins work', { timeout: 120_000 }, async () => {
  proxy.recover();
  const { tookMs } = await timed(async () => {
    await eventually('a login works', async () =>
      ACCEPTED.test(await clearAnswer(gateway, { name: 'bob@a.test', password: 'ordinary' })),
    );
    return '';
  });
  // Half a second between tries to reconnect, and what a busy machine adds; for ever if it needed a restart.
  assert.ok(tookMs < 10_000, `worked again after ${tookMs} ms`);
});

test(
  'with a slow store a login is put off at the deadline, and works when the store is quick again',
  { timeout: 120_000 },
  async () => {
    proxy.stall();
    const { said, tookMs } = await timed(() => clearAnswer(gateway, { name: 'bob@a.test', password: 'ordinary' }));
    assert.match(said, LATER);
    assert.ok(tookMs > DEADLINE_MS / 2 && tookMs < 3 * DEADLINE_MS, `put off after ${tookMs} ms`);
    proxy.resume();
    await eventually('a login works', async () =>
      ACCEPTED.test(await clearAnswer(gateway, { name: 'bob@a.test', password: 'ordinary' })),
    );
  },
);

test('an operator can have no login go on from memory', { timeout: 120_000 }, async () => {
  const options: GatewayOptions = {
    ...world.options,
    keysFile: gateway.keysFile,
    store: { ...store, commandTimeoutMs: 1000 },
    settings: { policy: { staleSeconds: 0 } },
  };
  const strict = await startGateway(options);
  try {
    assert.match(await clearAnswer(strict, anna), ACCEPTED);
    proxy.cut();
    assert.match(await clearAnswer(strict, anna), LATER);
    assert.match(await clearAnswer(strict, anna), LATER);
  } finally {
    proxy.recover();
    await strict.stop();
  }
});
