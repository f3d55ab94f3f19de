/**
 * Changes made while the store itself moves: a Sentinel failover, slots of a Cluster on their way to another node and its
 * subscribers thrown out. Nobody is left whom policy refuses, and nobody else is cut off.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { keyPlan } from '#store/keys.ts';
import type { Yaml } from '../support/gateway.ts';
import { eventually } from '../support/processes.ts';
import { moveSlot, startRedisCluster, startRedisSentinels } from '../support/redis.ts';
import { clearLogin, clearPing, cliOf, startSmallWorld, type SmallWorld } from '../support/small-world.ts';
import type { Wire } from '../support/wire.ts';

/** Sentinels need some seconds to agree, Cluster nodes too. */
const MOVED_MS = 30_000;

async function withWorld(store: Yaml, body: (world: SmallWorld) => Promise<void>): Promise<void> {
  const world = await startSmallWorld({ gateway: { workers: 2, store } });
  try {
    await body(world);
  } finally {
    await world.stop();
  }
}

async function sessionsOf({ gateway }: SmallWorld, name: string): Promise<readonly Wire[]> {
  return Promise.all(
    [1, 2, 3].map(async () => {
      const { wire, ok, said } = await clearLogin(gateway, { name, password: 'ordinary' });
      assert.ok(ok, said);
      return wire;
    }),
  );
}

/** Repeats a command until the store takes it. */
async function insist(command: () => Promise<unknown>): Promise<void> {
  const taken = (): Promise<boolean> =>
    command().then(
      () => true,
      () => false,
    );
  await eventually('the store takes the change', taken, MOVED_MS);
}

async function assertOnly(ended: readonly Wire[], kept: readonly Wire[]): Promise<void> {
  await eventually('all are cut off', () => ended.every((wire) => wire.over), MOVED_MS);
  for (const wire of kept) {
    await clearPing(wire);
    wire.close();
  }
}

test(
  'changes made during a Sentinel failover end the sessions concerned, and no others',
  { timeout: 120_000 },
  async () => {
    const set = await startRedisSentinels();
    const hosts = set.sentinelPorts.map((port) => `127.0.0.1:${port}`);
    const store = { kind: 'redis', sentinels: { master: set.masterName, hosts } };
    try {
      await withWorld(store, async (world) => {
        const cli = await cliOf(world.gateway);
        await cli('domain', 'set', 'a.test', 'enabled', '--yes');
        await cli('domain', 'set', 'b.test', 'enabled', '--yes');
        const forced = await sessionsOf(world, 'anna@a.test');
        const suspended = await sessionsOf(world, 'bob@b.test');
        const kept = await sessionsOf(world, 'carl@b.test');
        const [master] = set.servers;
        await master?.command('wait', 1, 1000);
        await master?.crash();
        await Promise.all([
          insist(() => cli('domain', 'set', 'a.test', 'forced', '--yes')),
          insist(() => cli('account', 'suspend', 'bob@b.test', '--yes')),
        ]);
        await assertOnly([...forced, ...suspended], kept);
        const again = await clearLogin(world.gateway, { name: 'bob@b.test', password: 'ordinary' });
        assert.equal(again.ok, false);
        again.wire.close();
      });
    } finally {
      await set.stop();
    }
  },
);

test(
  'changes made while Cluster slots move and subscribers are thrown out end the sessions concerned',
  { timeout: 120_000 },
  async () => {
    const cluster = await startRedisCluster();
    const [first] = cluster.servers;
    assert.ok(first);
    const nodes = cluster.servers.map(({ port }) => `127.0.0.1:${port}`);
    try {
      await withWorld({ kind: 'redis', cluster: nodes }, async (world) => {
        const cli = await cliOf(world.gateway);
        const keys = keyPlan('postern:1:');
        for (const round of [0, 1]) {
          const domain = `slots${round}.test`;
          await cli('domain', 'set', domain, 'enabled', '--yes');
          const ended = await sessionsOf(world, `anna@${domain}`);
          const kept = await sessionsOf(world, `bob@${domain}`);
          const slot = Number(await first.command('cluster', 'keyslot', keys.account(`anna@${domain}`)));
          const owner = cluster.servers[Math.floor(slot / 5461)] ?? first;
          const other = cluster.servers.find((server) => server !== owner) ?? first;
          const moving = moveSlot(slot, owner, other);
          const thrownOut = Promise.all(
            cluster.servers.map((server) => server.command('client', 'kill', 'type', 'pubsub')),
          );
          await insist(() => cli('account', 'suspend', `anna@${domain}`, '--yes'));
          await Promise.all([moving, thrownOut]);
          await assertOnly(ended, kept);
        }
      });
    } finally {
      await cluster.stop();
    }
  },
);
