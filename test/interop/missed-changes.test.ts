/**
 * Nothing is ever missed: changes are made on a healthy path while the gateways' own way to the store is broken in
 * every manner. Afterwards nobody is left whom policy refuses, everybody else is, and each late cut-off says that it was
 * late because a change was not announced.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { addAppPassword, enrol } from '../support/enrolment.ts';
import { startGateway } from '../support/gateway.ts';
import { eventually } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { clearLogin, clearPing, cliOf, startSmallWorld } from '../support/small-world.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { Wire } from '../support/wire.ts';

/** As it is by default: a busy machine takes hundreds of milliseconds for a good answer. */
const DEADLINE_MS = 1000;
/** Reconnecting, one review, and a busy machine. */
const CAUGHT_UP_MS = 15_000;

const redis = await startRedis();
const proxy = await startTcpProxy(redis.port);
const world = await startSmallWorld({
  gateway: {
    name: 'one',
    workers: 2,
    store: { kind: 'redis', url: `redis://127.0.0.1:${proxy.port}`, commandTimeoutMs: DEADLINE_MS },
  },
});
const one = world.gateway;
const two = await startGateway({ ...world.options, name: 'two', workers: 1, keysFile: one.keysFile });
const gateways = [one, two] as const;
const cli = await cliOf(one, (text) =>
  text.replaceAll(`:${proxy.port}`, `:${redis.port}`).replace(`: ${DEADLINE_MS}`, ': 10000'),
);
after(async () => {
  await Promise.all([two.stop(), world.stop()]);
  await proxy.stop();
  await redis.stop();
});

interface Round {
  readonly domain: string;
  /** Whom the change ends, at both gateways. */
  readonly ended: readonly Wire[];
  readonly kept: readonly Wire[];
  readonly resetId: string;
}

/** Sessions of five people at both gateways: three will be refused by what is changed, two will not. */
async function openRound(domain: string): Promise<Round> {
  await cli('domain', 'set', domain, 'enabled', '--yes');
  await cli('domain', 'set', `calm-${domain}`, 'enabled', '--yes');
  const beside = { ...one, cli };
  const reset = `reset@calm-${domain}`;
  const first = await enrol(beside, reset);
  const second = await addAppPassword(beside, reset, 'second');
  const open = (name: string, password = 'ordinary'): Promise<readonly Wire[]> =>
    Promise.all(
      [one, one, two].map(async (gateway) => {
        const { wire, ok, said } = await clearLogin(gateway, { name, password });
        assert.ok(ok, said);
        return wire;
      }),
    );
  const ended = [open(`forced@${domain}`), open(reset, second.password), open(`suspended@calm-${domain}`)];
  const kept = [open(`bystander@calm-${domain}`), open(reset, first)];
  const [gone, stay] = [(await Promise.all(ended)).flat(), (await Promise.all(kept)).flat()];
  return { domain, ended: gone, kept: stay, resetId: second.id };
}

async function change({ domain, resetId }: Round): Promise<void> {
  await Promise.all([
    cli('domain', 'set', domain, 'forced', '--yes'),
    cli('app-password', 'reset', `reset@calm-${domain}`, resetId, '--yes'),
    cli('account', 'suspend', `suspended@calm-${domain}`, '--yes'),
  ]);
}

async function assertCaughtUp({ domain, ended, kept }: Round): Promise<void> {
  await eventually('all are cut off', () => ended.every((wire) => wire.over), CAUGHT_UP_MS);
  for (const wire of kept) {
    await clearPing(wire);
    wire.close();
  }
  for (const gateway of gateways) {
    const cutOffs = () =>
      gateway.log().filter(({ event, user }) => event === 'session.cut-off' && String(user).endsWith(domain));
    await eventually('it is in the log', () => cutOffs().length >= (gateway === one ? 6 : 3));
    assert.equal(cutOffs().length, gateway === one ? 6 : 3);
    for (const { reason } of cutOffs()) assert.equal(reason, 'policy, after a change that was not announced');
    const gap = gateway.log().findLastIndex(({ event }) => event === 'changes.lost');
    const first = gateway.log().findIndex((line) => line === undefined || line['user'] === `forced@${domain}`);
    assert.ok(gap > first, 'the gap is in the log, after the logins');
  }
}

const OUTAGES: Readonly<Record<string, readonly [begin: () => unknown, end: () => unknown]>> = {
  'is cut': [() => proxy.cut(), () => proxy.recover()],
  'swallows everything': [() => proxy.swallow(), () => proxy.recover()],
  'is half open': [() => proxy.halfOpen(), () => proxy.recover()],
};

for (const [name, [begin, end]] of Object.entries(OUTAGES)) {
  test(
    `changes made while the link to the store ${name} end the sessions concerned afterwards, and no others`,
    {
      timeout: 60_000,
    },
    async () => {
      const round = await openRound(`${name.replaceAll(' ', '-')}.test`);
      begin();
      await change(round);
      assert.deepEqual(new Set(round.ended.map((wire) => wire.over)), new Set([false]));
      await end();
      await assertCaughtUp(round);
    },
  );
}

test('changes made while the link stalls reach the gateways when it moves again', { timeout: 120_000 }, async () => {
  const round = await openRound('stalls.test');
  proxy.stall();
  await change(round);
  proxy.resume();
  await eventually('all are cut off', () => round.ended.every((wire) => wire.over), CAUGHT_UP_MS);
  for (const wire of round.kept) await clearPing(wire);
  for (const wire of round.kept) wire.close();
});

test('changes that Redis took just before it was killed count when it is back', { timeout: 120_000 }, async () => {
  const round = await openRound('killed.test');
  proxy.swallow();
  await change(round);
  await redis.crash();
  await redis.restart();
  proxy.recover();
  await assertCaughtUp(round);
});
