/** Redis goes away: by crash, by silence, by a broken network. Every call ends in time, nothing is done late. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '#core/fault.ts';
import type { Store } from '#policy/ports/store.ts';
import { openStore } from '#store/open.ts';
import { eventually } from '../support/processes.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { accountOf, DOMAIN, EMPTY_ACCOUNT, query, saveAccount } from './contract.ts';
import { assertRecovers, assertUnavailable, DEADLINE_MS } from './outage.ts';
import { settingsFor } from './redis-fresh.ts';
import type { Change } from '#core/session.ts';

const ALICE = accountOf('alice');
const RECOVERY_MS = 5000;

async function withServer(body: (server: RedisServer, store: Store) => Promise<void>): Promise<void> {
  const server = await startRedis();
  const store = await openAt(server.port);
  try {
    await body(server, store);
  } finally {
    await store.close();
    await server.stop();
  }
}

function openAt(port: number, commandTimeoutMs = DEADLINE_MS): Promise<Store> {
  const server = { host: '127.0.0.1', port };
  return openStore(settingsFor({ kind: 'standalone', server }, { commandTimeoutMs }));
}

test('a Redis that was killed is unavailable in time, and back soon after it is started again', async () => {
  await withServer(async (server, store) => {
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    await server.crash();
    await assertUnavailable(store);
    await assertUnavailable(store); // and at once, now that the outage is known
    await server.restart();
    await assertRecovers(store, RECOVERY_MS);
    assert.deepEqual(await store.lookupAccount(ALICE), { record: EMPTY_ACCOUNT, epoch: 1 });
  });
});

test('a call that was refused while Redis was down is not carried out later', async () => {
  await withServer(async (server, store) => {
    await server.crash();
    const refused = await Promise.allSettled([
      store.saveDomain('example.org', DOMAIN),
      saveAccount(store, ALICE, EMPTY_ACCOUNT),
    ]);
    assert.ok(refused.every(({ status }) => status === 'rejected'));
    await server.restart();
    await assertRecovers(store, RECOVERY_MS);
    assert.equal((await store.lookupDomain('example.org')).epoch, 0);
    assert.equal((await store.lookupAccount(ALICE)).epoch, 0);
  });
});

test('a call that begins during a short interruption waits for its end', async () => {
  const server = await startRedis();
  const store = await openAt(server.port, 10_000);
  await store.saveDomain('example.org', DOMAIN);
  await server.crash();
  // The first call may still meet the broken connection and be refused; then the second one knows that it is broken.
  const answer = store.lookupDomain('example.org').catch(() => store.lookupDomain('example.org'));
  await server.restart();
  assert.deepEqual(await answer, { record: DOMAIN, epoch: 1 });
  await store.close();
  await server.stop();
});

test('a Redis that hangs is unavailable in time, and back when it goes on', async () => {
  await withServer(async (server, store) => {
    server.stall();
    await assertUnavailable(store);
    await assertUnavailable(store);
    server.resume();
    await assertRecovers(store, RECOVERY_MS);
  });
});

test('a network that swallows everything is unavailable in time, and back when it is mended', async () => {
  const server = await startRedis();
  const proxy = await startTcpProxy(server.port);
  const store = await openAt(proxy.port);
  proxy.swallow();
  await assertUnavailable(store);
  proxy.recover();
  await assertRecovers(store, RECOVERY_MS);
  await store.close();
  await proxy.stop();
  await server.stop();
});

test('many logins that meet a silent Redis are all told so, also those that wait for their turn', async () => {
  const server = await startRedis();
  const proxy = await startTcpProxy(server.port);
  const store = await openAt(proxy.port);
  proxy.swallow();
  const names = Array.from({ length: 2000 }, (_, at) => accountOf(`user${at}`));
  const answers = await Promise.allSettled(names.map((account) => store.lookupLogin(query(account, 'wrong'))));
  const told = answers.filter((one) => one.status === 'rejected' && isFault(one.reason, 'STORE_UNAVAILABLE'));
  assert.equal(told.length, names.length);
  proxy.recover();
  await assertRecovers(store, RECOVERY_MS);
  await store.close();
  await proxy.stop();
  await server.stop();
});

test('a watcher on which nobody speaks finds its connection dead by itself', async () => {
  const server = await startRedis();
  const proxy = await startTcpProxy(server.port);
  const store = await openAt(proxy.port);
  const heard: Change[] = [];
  let gaps = 0;
  const watch = await store.watch({ onChange: (change) => heard.push(change), onGap: () => (gaps += 1) });
  proxy.resetCounts();
  proxy.swallow();
  await eventually('the connection is given up', () => proxy.givenUp() > 0, RECOVERY_MS);
  proxy.recover();
  await eventually('the gap is told', () => gaps > 0, RECOVERY_MS);
  await assertRecovers(store, RECOVERY_MS);
  await store.saveDomain('example.org', DOMAIN);
  await eventually('changes are heard again', () => heard.length === 1);
  await watch.stop();
  await store.close();
  await proxy.stop();
  await server.stop();
});

test('a store opened while Redis is down says so, and works when it comes', async () => {
  const server = await startRedis();
  await server.crash();
  const store = await openAt(server.port);
  await assertUnavailable(store);
  await server.restart();
  await assertRecovers(store, RECOVERY_MS);
  assert.equal((await store.check()).usable, true);
  await store.close();
  await server.stop();
});

test('a store that was closed refuses every call', async () => {
  const server = await startRedis();
  const store = await openAt(server.port);
  await store.close();
  await assertUnavailable(store);
  await server.stop();
});
