/** The store behind Redis Sentinel: the contract, and a failover to the replica. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openStore } from '#store/open.ts';
import { eventually } from '../support/processes.ts';
import { startRedisSentinels } from '../support/redis.ts';
import { adapterContract } from './adapter-contract.ts';
import { accountOf, EMPTY_ACCOUNT, saveAccount, storeContract } from './contract.ts';
import { assertRecovers, assertUnavailable, DEADLINE_MS } from './outage.ts';
import { openFreshOn, settingsFor, type Command } from './redis-fresh.ts';
import type { Change } from '#core/session.ts';

const FAILOVER_MS = 30_000;

const set = await startRedisSentinels();
after(() => set.stop());
const sentinels = set.sentinelPorts.map((port) => ({ host: '127.0.0.1', port }));
const [master] = set.servers;
const command: Command = async (name, ...args) => master?.command(name, ...args);
const openFresh = openFreshOn({ kind: 'sentinel', sentinels, name: set.masterName }, command);

storeContract('redis sentinel', openFresh);
adapterContract('redis sentinel', openFresh, 2000);

test('after a failover the store is at the new master, with its records and its watchers', async () => {
  const topology = { kind: 'sentinel', sentinels, name: set.masterName } as const;
  const store = await openStore(settingsFor(topology, { commandTimeoutMs: DEADLINE_MS }));
  const heard: Change[] = [];
  let gaps = 0;
  const watch = await store.watch({ onChange: (change) => heard.push(change), onGap: () => (gaps += 1) });
  const alice = accountOf('alice');
  await saveAccount(store, alice, EMPTY_ACCOUNT);
  await eventually('the change is heard', () => heard.length === 1);
  await eventually('the replica has it too', async () => (await master?.command('wait', 1, 100)) === 1);
  const before = await set.masterPort();
  await master?.crash();
  await assertUnavailable(store);
  await eventually('the Sentinels have another master', async () => (await set.masterPort()) !== before, FAILOVER_MS);
  await assertRecovers(store, FAILOVER_MS);
  assert.deepEqual(await store.lookupAccount(alice), { record: EMPTY_ACCOUNT, epoch: 1 });
  await eventually('the gap is told', () => gaps > 0, FAILOVER_MS);
  await saveAccount(store, alice, EMPTY_ACCOUNT);
  await eventually('changes are heard again', () => heard.length === 2);
  await watch.stop();
  await store.close();
});

test('Sentinels that are all gone are an outage, not an endless wait', async () => {
  const nobody = { kind: 'sentinel', sentinels: [{ host: '127.0.0.1', port: 1 }], name: set.masterName } as const;
  const store = await openStore(settingsFor(nobody, { commandTimeoutMs: DEADLINE_MS }));
  await assertUnavailable(store);
  await store.close();
});
