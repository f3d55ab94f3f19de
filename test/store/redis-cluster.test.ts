/** The store on a Redis Cluster of three masters: the contract, slots, redirections, and losing the whole of it. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Cluster } from 'ioredis';
import type { Store } from '#policy/ports/store.ts';
import { keyPlan } from '#store/keys.ts';
import { openStore } from '#store/open.ts';
import { eventually } from '../support/processes.ts';
import { moveSlot, startRedisCluster } from '../support/redis.ts';
import { adapterContract } from './adapter-contract.ts';
import { accountOf, DOMAIN, EMPTY_ACCOUNT, NETWORK, query, saveAccount, storeContract } from './contract.ts';
import { assertRecovers, assertUnavailable, DEADLINE_MS } from './outage.ts';
import { freshPrefix, openFreshOn, settingsFor, type Command } from './redis-fresh.ts';
import type { Change } from '#core/session.ts';

/** Nodes agree on the Cluster's state only after a while. */
const RECOVERY_MS = 20_000;

const cluster = await startRedisCluster();
const nodes = cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port }));
const client = new Cluster(nodes);
client.on('error', () => undefined); // the servers are stopped while it is connected
after(async () => {
  client.disconnect();
  await cluster.stop();
});
const command: Command = (name, ...args) => client.call(name, ...args);
const openFresh = openFreshOn({ kind: 'cluster', nodes }, command);

storeContract('redis cluster', openFresh);
adapterContract('redis cluster', openFresh, 2000);

const ALICE = accountOf('alice');

async function withStore(body: (store: Store, keyPrefix: string) => Promise<void>): Promise<void> {
  const keyPrefix = freshPrefix();
  const store = await openStore(settingsFor({ kind: 'cluster', nodes }, { keyPrefix, commandTimeoutMs: DEADLINE_MS }));
  try {
    await body(store, keyPrefix);
  } finally {
    await store.close();
  }
}

async function onAll(name: string, ...args: readonly (string | number)[]): Promise<void> {
  await Promise.all(cluster.servers.map((server) => server.command(name, ...args)));
}

test('all keys of an account are in one slot of the Cluster, whatever its name', async () => {
  const keys = keyPlan('postern:1:');
  for (const name of [ALICE.name, '{x}@y', 'CR\r\nLF@z', '', 'a'.repeat(5000)]) {
    const slots = new Set<unknown>();
    for (const key of [
      keys.account(name),
      keys.lastUses(name),
      keys.networks(name),
      keys.wrong(name),
      keys.wrongFrom(name, NETWORK),
      keys.wrongNetworks(name),
      keys.accountSessions(name),
      keys.accountAudit(name),
      keys.ephemeral('browser-session', 'x', name),
      keys.ephemeralIndex(name, 'browser-session'),
    ]) {
      slots.add(await command('cluster', 'keyslot', key));
    }
    assert.equal(slots.size, 1, name);
  }
});

test('an account whose slot moves to another node of the Cluster is followed there', async () => {
  await withStore(async (store, prefix) => {
    const account = accountOf('mover');
    await saveAccount(store, account, EMPTY_ACCOUNT);
    const slot = Number(await command('cluster', 'keyslot', keyPlan(prefix).account(account.name)));
    const owner = Math.floor(slot / 5461);
    const ring = [0, 1, 2, 3].map((step) => cluster.servers[(owner + step) % 3]);
    for (const [at, from] of ring.slice(0, 3).entries()) {
      const facts = await Promise.all([1, 2, 3].map(() => store.lookupLogin(query(account, `${at}`))));
      assert.deepEqual(new Set(facts.map(({ pressure }) => pressure.accountFailures)), new Set([at + 1]));
      assert.equal(facts[0]?.account.epoch, 1);
      const to = ring[at + 1];
      if (from !== undefined && to !== undefined) await moveSlot(slot, from, to);
    }
    assert.equal((await store.lookupAccount(account)).epoch, 1);
  });
});

test('a watcher in a Cluster hears of a gap when its connection was cut, and of changes after it', async () => {
  await withStore(async (store) => {
    const heard: Change[] = [];
    let gaps = 0;
    const watch = await store.watch({ onChange: (change) => heard.push(change), onGap: () => (gaps += 1) });
    await onAll('client', 'kill', 'type', 'pubsub');
    await eventually('the gap is told', () => gaps === 1);
    await store.saveDomain('example.org', DOMAIN);
    await eventually('the change is heard', () => heard.length === 1);
    await watch.stop();
  });
});

test('a Cluster that hangs is unavailable in time, and back when it goes on', async () => {
  await withStore(async (store) => {
    cluster.servers.forEach((server) => server.stall());
    await assertUnavailable(store);
    cluster.servers.forEach((server) => server.resume());
    await assertRecovers(store, RECOVERY_MS);
  });
});

test('a Cluster that was killed is unavailable in time, and back after it is started again', async () => {
  await withStore(async (store) => {
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    await Promise.all(cluster.servers.map((server) => server.crash()));
    await assertUnavailable(store);
    await assertUnavailable(store);
    await Promise.all(cluster.servers.map((server) => server.restart()));
    await assertRecovers(store, RECOVERY_MS);
    assert.deepEqual(await store.lookupAccount(ALICE), { record: EMPTY_ACCOUNT, epoch: 1 });
  });
});

test('check() asks every master of a Cluster', async () => {
  await withStore(async (store) => {
    await eventually('the Cluster is whole', async () => (await store.check()).usable, RECOVERY_MS);
    await cluster.servers[2]?.command('config', 'set', 'maxmemory-policy', 'volatile-ttl');
    const { usable, remarks } = await store.check();
    assert.equal(usable, false);
    assert.match(remarks.join('\n'), new RegExp(`:${cluster.servers[2]?.port} has maxmemory-policy "volatile-ttl"`));
    await cluster.servers[2]?.command('config', 'set', 'maxmemory-policy', 'noeviction');
  });
});

test('a Cluster with a node missing is not usable as a whole', async () => {
  await withStore(async (store) => {
    await cluster.servers[1]?.crash();
    await eventually('it is noticed', async () => !(await store.check()).usable, RECOVERY_MS);
    await cluster.servers[1]?.restart();
    await eventually('the Cluster is whole', async () => (await store.check()).usable, RECOVERY_MS);
  });
});
