/**
 * The processes of a gateway, ended in every way there is: in order, at once, killed, one of them or all; and a new
 * gateway that takes the ports over from an old one.
 */

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import type { Gateway } from '../support/gateway.ts';
import { accepts, childrenOf, eventually, start } from '../support/processes.ts';
import { clearLogin, startSmallWorld, type SmallWorld, type SmallWorldOptions } from '../support/small-world.ts';
import type { Wire } from '../support/wire.ts';

const POSTERN = join(import.meta.dirname, '../../src/main.ts');
const BOB = { name: 'bob@plain.test', password: 'ordinary' };
/** Often enough to be under way at any moment; seldom enough to leave the processor to those that start. */
const LOGIN_EVERY_MS = 10;

/** A gateway whose backend is silent behind the login, so that every session rests. */
async function withGateway(
  gateway: SmallWorldOptions['gateway'],
  body: (gateway: Gateway, world: SmallWorld) => Promise<void>,
): Promise<void> {
  const world = await startSmallWorld({ script: { echo: false }, gateway });
  try {
    await body(world.gateway, world);
  } finally {
    await world.stop();
  }
}

async function session(gateway: Gateway): Promise<Wire> {
  const { wire, ok, said } = await clearLogin(gateway, BOB);
  assert.ok(ok, said);
  return wire;
}

/** Begins a login every few milliseconds until told to stop; returns how many went well, and all that went wrong. */
function logInForever(gateway: Gateway): { stop(): Promise<{ logins: number; failures: readonly string[] }> } {
  const failures: string[] = [];
  const begun: Promise<void>[] = [];
  const timer = setInterval(() => {
    const login = session(gateway).then((wire) => wire.close());
    begun.push(login.catch((error: unknown) => void failures.push(String(error))));
  }, LOGIN_EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(begun);
      return { logins: begun.length - failures.length, failures };
    },
  };
}

async function gone(pids: readonly number[]): Promise<void> {
  await eventually('all these processes have ended', () =>
    pids.every((pid) => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    }),
  );
}

test(
  'a new gateway takes over from an old one on the same ports, and no login fails',
  { timeout: 90_000 },
  async () => {
    await withGateway({ workers: 2 }, async (old) => {
      const idle = await session(old);
      const clients = logInForever(old);
      const next = start(process.execPath, [POSTERN, 'serve', '-c', old.configFile]);
      try {
        await next.line(/"event":"gateway.started"/);
        old.signal('SIGTERM');
        assert.match(await idle.closed(), /^\* BYE The mail server is restarting/);
        assert.equal(await old.ended(), 0);
        const { logins, failures } = await clients.stop();
        assert.deepEqual(failures, []);
        assert.ok(logins > 0);
        (await session(old)).close(); // at the same port, and by now at the new one
      } finally {
        await clients.stop();
        await next.stop();
      }
    });
  },
);

test(
  'a worker that is killed is replaced, the sessions of others do not notice, nobody is refused',
  { timeout: 90_000 },
  async () => {
    await withGateway({ workers: 2 }, async (gateway) => {
      const workerOf = (): ReadonlyMap<unknown, unknown> =>
        new Map(
          gateway
            .log()
            .flatMap(({ event, ...line }) => (event === 'login.accepted' ? [[line['session'], line['worker']]] : [])),
        );
      const wires = await Promise.all(Array.from({ length: 24 }, () => session(gateway)));
      await eventually('every login is logged, and both workers have some', () => {
        const workers = [...workerOf().values()];
        return workers.length === wires.length && new Set(workers).size === 2;
      });
      const victims = [...workerOf().values()].filter((worker) => worker === 0).length;
      const started = gateway.log().filter(({ event }) => event === 'worker.started');
      const clients = logInForever(gateway);
      const victim = Number(started.find((line) => line['worker'] === 0)?.['pid']);
      process.kill(victim, 'SIGKILL');
      await eventually('its sessions are gone', () => wires.filter((wire) => wire.over).length === victims);
      await gateway.logged('worker.ended', { worker: 0, signal: 'SIGKILL' });
      await eventually('it is replaced', () =>
        gateway.log().find((line) => line.event === 'worker.started' && line['worker'] === 0 && line['pid'] !== victim),
      );
      await eventually(
        'the successor listens',
        () => gateway.log().filter((line) => line.event === 'listener.opened' && line['worker'] === 0).length === 6,
      );
      const { failures } = await clients.stop();
      assert.equal(wires.filter((wire) => wire.over).length, victims);
      // The kernel resets what the dead one had accepted or was about to; nobody meets a closed port.
      assert.doesNotMatch(failures.join('\n'), /ECONNREFUSED/);
      for (const wire of wires) wire.close();
    });
  },
);

test('when the supervisor is killed its workers say goodbye and end', { timeout: 60_000 }, async () => {
  await withGateway({ workers: 2 }, async (gateway) => {
    const idle = await session(gateway);
    const workers = childrenOf(gateway.pid);
    assert.equal(workers.length, 2);
    process.kill(gateway.pid, 'SIGKILL');
    assert.match(await idle.closed(), /^\* BYE /);
    await gone(workers);
    assert.equal(await accepts(gateway.port('imapClear')), false);
  });
});

test('a second SIGTERM ends the gateway at once, whatever is under way', { timeout: 60_000 }, async () => {
  await withGateway({ settings: { limits: { drainSeconds: 3600 } } }, async (gateway) => {
    const busy = await session(gateway);
    busy.send('1 SEARCH TEXT slow\r\n');
    const idle = await session(gateway);
    gateway.signal('SIGTERM');
    await gateway.logged('gateway.draining');
    assert.match(await idle.closed(), /^\* BYE /);
    assert.equal(busy.over, false);
    const workers = childrenOf(gateway.pid);
    gateway.signal('SIGTERM');
    assert.match(await busy.closed(), /^\* BYE /);
    assert.equal(await gateway.ended(), 0);
    await gone(workers);
  });
});

test(
  'SIGTERM to every process at once, as some init systems send it, is still a drain',
  { timeout: 60_000 },
  async () => {
    await withGateway({ settings: { limits: { drainSeconds: 3600 } } }, async (gateway) => {
      const busy = await session(gateway);
      busy.send('1 SEARCH TEXT slow\r\n');
      const idle = await session(gateway);
      for (const pid of [gateway.pid, ...childrenOf(gateway.pid)]) process.kill(pid, 'SIGTERM');
      await idle.closed();
      assert.equal(busy.over, false);
      busy.close();
      assert.equal(await gateway.ended(), 0);
    });
  },
);

test('the live list is empty as soon as a gateway has ended in order', { timeout: 60_000 }, async () => {
  await withGateway({}, async (gateway) => {
    await session(gateway);
    await session(gateway);
    await eventually('both are listed', async () => (await listed(gateway)) === 2);
    gateway.signal('SIGTERM');
    assert.equal(await gateway.ended(), 0);
    assert.equal(await listed(gateway), 0);
  });
});

test('the sessions of a gateway that was killed leave the live list by themselves', { timeout: 60_000 }, async () => {
  await withGateway({}, async (gateway) => {
    await session(gateway);
    await eventually('it is listed', async () => (await listed(gateway)) === 1);
    const workers = childrenOf(gateway.pid);
    for (const pid of [gateway.pid, ...workers]) process.kill(pid, 'SIGKILL');
    await gone(workers);
    assert.equal(await listed(gateway), 1); // nobody is left who could take it off
    passTime(gateway, 91);
    assert.equal(await listed(gateway), 0);
  });
});

async function listed(gateway: Gateway): Promise<number> {
  const sessions = await gateway.cli('session', 'list');
  assert.ok(Array.isArray(sessions), JSON.stringify(sessions));
  return sessions.length;
}

/** Makes the store believe that its sessions were written so much earlier. */
function passTime(gateway: Gateway, seconds: number): void {
  const database = new DatabaseSync(join(dirname(gateway.configFile), 'postern.db'));
  database.prepare('UPDATE session SET expires_at = expires_at - ?').run(seconds * 1000);
  database.close();
}
