/**
 * The machine runs out: of descriptors, of disk for the log, of disk for the embedded store. The gateway says so and goes
 * on, or refuses cleanly, and all is well when there is room again. Each gateway lives in a small world of its own.
 */

import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { childrenOf, eventually, runOk } from '../support/processes.ts';
import { clearAnswer, clearLogin, clearPing, startSmallWorld } from '../support/small-world.ts';
import type { Wire } from '../support/wire.ts';

const BOB = { name: 'bob@a.test', password: 'ordinary' };
const ACCEPTED = /^in OK/m;

/** The limit under which a process can open exactly one more file: descriptors take the lowest free number. */
async function limitForOneMore(pid: number): Promise<number> {
  const taken = new Set((await readdir(`/proc/${pid}/fd`)).map(Number));
  let free = 0;
  while (taken.has(free)) free += 1;
  return free + 1;
}

test(
  'no more clients are taken than there are descriptors for, and the log says why',
  { timeout: 60_000 },
  async () => {
    const world = await startSmallWorld({ gateway: { through: ['prlimit', '--nofile=200:200'] } });
    const { gateway } = world;
    try {
      const remark = await gateway.logged('config.remark', { setting: 'limits.maxConnections' });
      assert.match(String(remark['remark']), /lowered to 50: this process may open no more files/);
      const live: Wire[] = [];
      const rejected = (): boolean => gateway.log().some(({ event }) => event === 'session.rejected');
      await eventually('nobody more is taken', async () => {
        const login = await clearLogin(gateway, BOB).catch(() => undefined);
        if (login !== undefined) live.push(login.wire);
        return login === undefined && rejected();
      });
      // Connections that were on their way out may have had the last places.
      assert.ok(live.length > 40 && live.length <= 50, `${live.length} clients`);
      await gateway.logged('session.rejected', { reason: 'max-connections' });
      for (const wire of live) await clearPing(wire);
      live.pop()?.close();
      await eventually('the place is free again', () =>
        clearAnswer(gateway, BOB).then(
          (said) => ACCEPTED.test(said),
          () => false,
        ),
      );
      for (const wire of live) wire.close();
    } finally {
      await world.stop();
    }
  },
);

test(
  'descriptors that run out all the same cost new clients, not the sessions, and no backend its good name',
  { timeout: 60_000 },
  async () => {
    const world = await startSmallWorld();
    const { gateway } = world;
    try {
      const { wire } = await clearLogin(gateway, BOB);
      const [worker = 0] = childrenOf(gateway.pid);
      await runOk('prlimit', ['--pid', `${worker}`, `--nofile=${await limitForOneMore(worker)}:`]);
      // One descriptor is left: enough for the client, none for its backend.
      assert.match(await clearAnswer(gateway, BOB), /^(in NO|\* BYE) \[UNAVAILABLE\]/m);
      await gateway.logged('backend.unusable');
      await clearPing(wire);
      await runOk('prlimit', ['--pid', `${worker}`, '--nofile=1000:']);
      await eventually('logins work', async () => ACCEPTED.test(await clearAnswer(gateway, BOB)));
      assert.deepEqual(
        gateway.log().filter(({ event }) => event === 'backend.down'),
        [],
      );
      wire.close();
    } finally {
      await world.stop();
    }
  },
);

test('a full disk under the log costs lines of the log and nothing else', { timeout: 60_000 }, async () => {
  // Standard output of all processes goes to a file system of one page; what they say on standard error is heard.
  const script = 'mount -t tmpfs -o size=4k none /mnt && exec "$@" > /mnt/log';
  const ready = 'postern: the log';
  const world = await startSmallWorld({
    gateway: { through: ['unshare', '-m', 'sh', '-c', script, 'sh'], quiet: true },
  });
  const { gateway } = world;
  try {
    const live = await clearLogin(gateway, BOB);
    for (let at = 0; at < 60; at += 1) assert.match(await clearAnswer(gateway, BOB), ACCEPTED);
    await eventually('it says so', () => gateway.output().includes(`${ready} cannot be written`));
    await clearPing(live.wire);
    // Room again: the lines that waited are written.
    await runOk('nsenter', ['-t', `${gateway.pid}`, '-m', 'mount', '-o', 'remount,size=1m', '/mnt']);
    assert.match(await clearAnswer(gateway, BOB), ACCEPTED);
    await eventually('it says that it can write again', async () => {
      await clearAnswer(gateway, BOB);
      return gateway.output().includes(`${ready} is written again`);
    });
    live.wire.close();
  } finally {
    await world.stop();
  }
});

test(
  'a full disk under the embedded store puts logins off, and all is well when there is room',
  { timeout: 60_000 },
  async () => {
    const script = 'mount -t tmpfs -o size=1m none /mnt && exec "$@"';
    const store = { kind: 'embedded', path: '/mnt/postern.db' };
    const world = await startSmallWorld({ gateway: { through: ['unshare', '-m', 'sh', '-c', script, 'sh'], store } });
    const { gateway } = world;
    const filler = `/proc/${gateway.pid}/root/mnt/filler`;
    try {
      const live = await clearLogin(gateway, BOB);
      assert.ok(live.ok, live.said);
      await writeFile(filler, Buffer.alloc(2_000_000)).catch((error: unknown) => assert.match(String(error), /ENOSPC/));
      await eventually('a login meets the full disk', async () => {
        const said = await clearAnswer(gateway, { name: `u${performance.now()}@a.test`, password: 'x' });
        return /\[UNAVAILABLE\]/.test(said);
      });
      const line = await gateway.logged('store.unavailable');
      assert.match(JSON.stringify(line), /the disk is full/);
      await clearPing(live.wire);
      await rm(filler);
      await eventually('logins work', async () => ACCEPTED.test(await clearAnswer(gateway, BOB)));
      live.wire.close();
    } finally {
      await world.stop();
    }
  },
);
