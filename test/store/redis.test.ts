/** The store on one Redis: the contract, keys and lifetimes, round trips, and what check() tells an operator. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { isFault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import type { Store } from '#policy/ports/store.ts';
import { keyPlan, PERMANENT_KINDS } from '#store/keys.ts';
import { openStore, type RedisStoreSettings } from '#store/open.ts';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { eventually, freePorts, temporaryDirectory } from '../support/processes.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { adapterContract } from './adapter-contract.ts';
import {
  accountOf,
  appPassword,
  auditOf,
  DOMAIN,
  EMPTY_ACCOUNT,
  NETWORK,
  NOW,
  query,
  saveAccount,
  sessionOf,
  storeContract,
} from './contract.ts';
import { freshPrefix, openFreshOn, PATIENT_MS, settingsFor } from './redis-fresh.ts';
import type { Change } from '#core/session.ts';

const redis = await startRedis();
after(() => redis.stop());
const openFresh = openFreshOn(topologyAt(redis.port), redis.command);
const ALICE = accountOf('alice');

storeContract('redis', openFresh);
adapterContract('redis', openFresh, 100_000);

function topologyAt(port: number): RedisStoreSettings['topology'] {
  return { kind: 'standalone', server: { host: '127.0.0.1', port } };
}

async function withStore(
  port: number,
  more: Partial<RedisStoreSettings>,
  body: (store: Store, keyPrefix: string) => Promise<void>,
): Promise<void> {
  const keyPrefix = more.keyPrefix ?? freshPrefix();
  const store = await openStore(settingsFor(topologyAt(port), { keyPrefix, commandTimeoutMs: PATIENT_MS, ...more }));
  try {
    await body(store, keyPrefix);
  } finally {
    await store.close();
  }
}

/** Does everything that writes, so that every kind of key comes to be. */
async function exercise(store: Store): Promise<void> {
  for (const local of ['alice', 'CR\r\nLF {x}:y z\0']) {
    const account = accountOf(local);
    await saveAccount(store, account, { ...EMPTY_ACCOUNT, appPasswords: [appPassword('p')] });
    await store.saveDomain(account.domain, DOMAIN);
    await store.lookupLogin(query(account, 'wrong'));
    await store.recordSuccess({
      account,
      network: NETWORK,
      secretFingerprint: 'x',
      now: NOW,
      protocol: 'imap',
      appPasswordId: 'p',
      ordinaryPassword: true,
    });
    await store.updateAdmins((current) => ({ record: current, result: undefined }));
    await store.updateTokens(() => ({ record: { tokens: [] }, result: undefined }));
    await store.lookupLogin(query(account, 'wrong too'));
    await store.touchSessions([sessionOf(`id of ${local}`, account)]);
    await store.appendAudit(auditOf(account, 1));
    const content = { value: { sentAt: [NOW] }, expiresAt: Date.now() + 60_000 };
    for (const owner of [account.name, undefined]) {
      await store.ephemeral.put({ kind: 'code-sendings', id: local, owner }, content);
    }
  }
  await store.check();
}

async function keysOf(server: RedisServer, prefix: string): Promise<readonly string[]> {
  const reply = await server.command('keys', `${prefix}*`);
  return Array.isArray(reply) ? reply.map(String) : [];
}

test('every key of Redis has a lifetime or is of a kind that is meant to stay', async () => {
  await withStore(redis.port, {}, async (store, prefix) => {
    await exercise(store);
    const keys = await keysOf(redis, prefix);
    const kinds = new Set<string>();
    for (const key of keys) {
      const [kind = ''] = key.slice(prefix.length).split(':');
      const ttl = Number(await redis.command('ttl', key));
      const permanent = [...PERMANENT_KINDS].some((each) => each === kind);
      assert.equal(permanent ? ttl === -1 : ttl > 0, true, `${key} has the lifetime ${ttl}`);
      kinds.add(kind);
    }
    // All that the key plan knows, so that a new kind cannot be forgotten here.
    const plan = keyPlan(prefix);
    const planned = Object.values(plan).map((key) => (typeof key === 'string' ? key : key('x', 'y')));
    const known = planned
      .map((key) => key.slice(prefix.length).split(':')[0] ?? '')
      .filter((kind) => kind !== 'changes');
    assert.deepEqual(kinds, new Set(known));
  });
});

test('an entry of the audit that has grown old goes when the next one is written', async () => {
  await withStore(redis.port, {}, async (store, keyPrefix) => {
    const keys = keyPlan(keyPrefix);
    const lists = [keys.accountAudit(ALICE.name), keys.domainAudit(ALICE.domain)];
    for (const list of lists) await redis.command('rpush', list, '1000 from long ago', '999 from before that');
    await store.appendAudit(auditOf(ALICE, 1));
    for (const list of lists) assert.equal(await redis.command('llen', list), 1);
    assert.deepEqual(await store.listAudit({ domain: ALICE.domain, limit: 5 }), [auditOf(ALICE, 1)]);
  });
});

test('no character of a user reaches a key of Redis unless it is harmless', async () => {
  await withStore(redis.port, {}, async (store, prefix) => {
    await exercise(store);
    for (const key of await keysOf(redis, prefix)) {
      const shape = /^[a-z-]+(:\{[a-z0-9@._+%A-F-]+\}(:[a-z0-9@._+%A-F-]+){0,2})?$/;
      assert.match(key.slice(prefix.length), shape);
    }
  });
});

test('a login is one write and one round trip to Redis', async () => {
  const proxy = await startTcpProxy(redis.port);
  await withStore(proxy.port, {}, async (store) => {
    await exercise(store); // afterwards the server knows the scripts
    proxy.resetCounts();
    await store.lookupLogin(query(ALICE, 'counted'));
    assert.deepEqual({ flights: proxy.flights(), writes: proxy.writes() }, { flights: 1, writes: 1 });
    await store.recordSuccess({
      account: ALICE,
      network: NETWORK,
      secretFingerprint: 'counted',
      now: NOW,
      protocol: 'imap',
    });
    assert.equal(proxy.flights(), 2);
  });
  await proxy.stop();
});

test('a login is one script, and the successes of one moment are one more', async () => {
  await withStore(redis.port, {}, async (store) => {
    await exercise(store);
    const scripts = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(await redis.command('info', 'commandstats')))?.[1]);
    const before = await scripts();
    await store.lookupLogin(query(ALICE, 'counted'));
    assert.equal((await scripts()) - before, 1);
    const use = { network: NETWORK, secretFingerprint: 'counted', now: NOW, protocol: 'imap' } as const;
    await Promise.all(['a', 'b', 'c'].map((name) => store.recordSuccess({ ...use, account: accountOf(name) })));
    assert.equal((await scripts()) - before, 2);
  });
});

test('a success that cannot be recorded says so of itself alone, and keeps none of the others from it', async () => {
  await withStore(redis.port, {}, async (store, keyPrefix) => {
    const accounts = ['before', 'broken', 'behind'].map((name) => accountOf(name));
    await redis.command('set', keyPlan(keyPrefix).lastUses(accountOf('broken').name), 'not a hash');
    const use = {
      network: NETWORK,
      secretFingerprint: 'right',
      now: NOW,
      protocol: 'imap',
      appPasswordId: 'p1',
    } as const;
    const [before, broken, behind] = await Promise.allSettled(
      accounts.map((account) => store.recordSuccess({ ...use, account })),
    );
    assert.deepEqual([before?.status, behind?.status], ['fulfilled', 'fulfilled']);
    assert.ok(broken?.status === 'rejected' && isFault(broken.reason, 'RECORD_INVALID'));
    for (const account of accounts) {
      assert.equal((await store.lookupLogin(query(account, 'right'))).pressure.knownNetwork, true);
    }
    assert.deepEqual([...(await store.lookupLastUses(accountOf('behind'))).keys()], ['p1']);
  });
});

test('an account whose index of sessions cannot be written keeps no other session off the list', async () => {
  await withStore(redis.port, {}, async (store, keyPrefix) => {
    const sessions = ['before', 'broken', 'behind'].map((name) => sessionOf(`of-${name}`, accountOf(name)));
    const broken = keyPlan(keyPrefix).accountSessions(accountOf('broken').name);
    await redis.command('set', broken, 'not a set');
    const listed = async (): Promise<readonly string[]> =>
      (await store.listSessions({ by: 'all' })).map(({ id }) => id).toSorted();
    await assert.rejects(store.touchSessions(sessions), (error) => isFault(error, 'RECORD_INVALID'));
    assert.deepEqual(await listed(), ['of-before', 'of-behind', 'of-broken']);
    await assert.rejects(store.closeSessions(sessions.slice(1)), (error) => isFault(error, 'RECORD_INVALID'));
    assert.deepEqual(await listed(), ['of-before']);
    await redis.command('del', broken);
    await store.closeSessions(sessions);
    assert.deepEqual(await listed(), []);
  });
});

test('a server that looks alone and has slots is refused at the start, with the reason', async () => {
  const [bus = 0] = await freePorts(1);
  const server = await startRedis(['--cluster-enabled', 'yes', '--cluster-port', `${bus}`]);
  try {
    await server.command('cluster', 'addslotsrange', 0, 16_383);
    await withStore(server.port, {}, async (store) => {
      const health = await eventually('its slots are served', async () => {
        const found = await store.check();
        return found.remarks.join().includes('CLUSTERDOWN') ? undefined : found;
      });
      assert.equal(health.usable, false);
      assert.match(health.remarks.join(), /CROSSSLOT/);
    });
  } finally {
    await server.stop();
  }
});

test('a hundred logins at once share few writes to Redis', async () => {
  const proxy = await startTcpProxy(redis.port);
  await withStore(proxy.port, {}, async (store) => {
    await exercise(store);
    proxy.resetCounts();
    await Promise.all(Array.from({ length: 100 }, (_, at) => store.lookupLogin(query(accountOf(`u${at}`), 'x'))));
    assert.ok(proxy.writes() <= 10, `${proxy.writes()} writes`);
  });
  await proxy.stop();
});

test('a Redis that has forgotten the scripts is given them again', async () => {
  await withStore(redis.port, {}, async (store) => {
    await exercise(store);
    await redis.command('script', 'flush');
    await exercise(store);
    assert.equal((await store.lookupLogin(query(ALICE, 'wrong'))).pressure.networkVerdicts, 9);
  });
});

test('a watcher hears of a gap when its connection was cut, and of changes after it', async () => {
  await withStore(redis.port, {}, async (store) => {
    const heard: Change[] = [];
    let gaps = 0;
    const watch = await store.watch({ onChange: (change) => heard.push(change), onGap: () => (gaps += 1) });
    assert.equal(Number(await redis.command('client', 'kill', 'type', 'pubsub')), 1);
    await eventually('the gap is told', () => gaps === 1);
    await store.saveDomain('example.org', DOMAIN);
    await eventually('the change is heard', () => heard.length === 1);
    assert.equal(gaps, 1);
    await watch.stop();
    await eventually('the subscription is gone', async () => {
      return String(await redis.command('client', 'list', 'type', 'pubsub')) === '';
    });
  });
});

test('a message that this release does not understand is a gap', async () => {
  await withStore(redis.port, {}, async (store, prefix) => {
    let gaps = 0;
    const watch = await store.watch({ onChange: () => assert.fail('a change'), onGap: () => (gaps += 1) });
    await redis.command('publish', keyPlan(prefix).changes, '{"kind":"reindexed"}');
    await eventually('the gap is told', () => gaps === 1);
    await watch.stop();
  });
});

test('a key of another type is refused as an invalid record', async () => {
  await withStore(redis.port, {}, async (store, prefix) => {
    await redis.command('set', keyPlan(prefix).account(ALICE.name), 'text');
    await assert.rejects(store.lookupAccount(ALICE), (error) => isFault(error, 'RECORD_INVALID'));
  });
});

test('a fault of Redis carries nothing of what was sent', async () => {
  await withStore(redis.port, {}, async (store, prefix) => {
    await redis.command('set', keyPlan(prefix).account(ALICE.name), 'text');
    const error: unknown = await store.lookupLogin(query(ALICE, 'the-mark')).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Error);
    assert.equal(error.cause, undefined);
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /the-mark/);
  });
});

test('closing a store leaves no connection to Redis behind', async () => {
  const connections = async (): Promise<number> => {
    return String(await redis.command('client', 'list')).match(/name=postern/g)?.length ?? 0;
  };
  await withStore(redis.port, {}, async (store) => {
    await store.watch({ onChange: () => undefined, onGap: () => undefined });
    assert.equal(await connections(), 2);
  });
  await eventually('they are gone', async () => (await connections()) === 0);
});

test('a key prefix that could break out of the key plan is refused', async () => {
  for (const keyPrefix of ['', 'a{b}', 'a b', 'a\r\n', 'a*']) {
    await assert.rejects(openStore(settingsFor(topologyAt(redis.port), { keyPrefix })), (error) =>
      isFault(error, 'CONFIG_INVALID'),
    );
  }
});

test('check() refuses a Redis that evicts and remarks on one that does not persist', async () => {
  const forgetful = await startRedis(['--appendonly', 'no', '--save', '']);
  await withStore(forgetful.port, {}, async (store) => {
    const { usable, remarks } = await store.check();
    assert.equal(usable, true);
    assert.match(remarks.join('\n'), /persists neither by AOF nor by RDB/);
    await forgetful.command('config', 'set', 'save', '3600 1');
    assert.deepEqual(await store.check(), { usable: true, remarks: [] });
    await forgetful.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    const evicting = await store.check();
    assert.equal(evicting.usable, false);
    assert.match(evicting.remarks.join('\n'), /maxmemory-policy "allkeys-lru".*noeviction/);
  });
  await forgetful.stop();
});

test('check() warns of a full Redis, of one that takes no writes, and of what it may not ask', async () => {
  const server = await startRedis(['--save', '']);
  await withStore(server.port, {}, async (store) => {
    await exercise(store);
    const used = /used_memory:(\d+)/.exec(String(await server.command('info', 'memory')))?.[1] ?? '0';
    await server.command('config', 'set', 'maxmemory', Math.round(Number(used) * 1.05));
    assert.match((await store.check()).remarks.join('\n'), /% of its maxmemory/);
    await server.command('config', 'set', 'maxmemory', '1mb');
    const full = await store.check();
    assert.equal(full.usable, false);
    assert.match(full.remarks.join('\n'), /OOM/);
    await server.command('config', 'set', 'maxmemory', '0');
    await server.command('config', 'set', 'appendonly', 'no');
    await server.command('acl', 'setuser', 'default', '-config');
    assert.match((await store.check()).remarks.join('\n'), /CONFIG GET is not permitted/);
    await server.command('replicaof', '127.0.0.1', 1);
    assert.match((await store.check()).remarks.join('\n'), /READONLY/);
  });
  await server.stop();
});

test('a user name and password are given to Redis, and a wrong one is told without it', async () => {
  const server = await startRedis();
  await server.command('acl', 'setuser', 'postern', 'on', '>right-secret', '~*', '&*', '+@all');
  await server.command('acl', 'setuser', 'default', 'off');
  const access = { username: 'postern', commandTimeoutMs: 1000 };
  await withStore(server.port, { ...access, password: new Secret('right-secret') }, async (store) => {
    await exercise(store);
    const watch = await store.watch({ onChange: () => undefined, onGap: () => undefined });
    await watch.stop();
  });
  await withStore(server.port, { ...access, password: new Secret('wrong-secret') }, async (store) => {
    const { usable, remarks } = await store.check();
    assert.equal(usable, false);
    assert.match(remarks.join('\n'), /WRONGPASS/);
    assert.doesNotMatch(remarks.join('\n'), /wrong-secret/);
  });
  await server.stop();
});

test('Redis is spoken to over TLS, and only if its certificate can be verified', async () => {
  const directory = await temporaryDirectory('redis-tls');
  const authority = await createAuthority(directory.path, 'redis');
  const leaf = await authority.issue(LOOPBACK_NAMES);
  const [tlsPort = 0] = await freePorts(1);
  const files = [
    '--tls-cert-file',
    leaf.certFile,
    '--tls-key-file',
    leaf.keyFile,
    '--tls-ca-cert-file',
    authority.caFile,
  ];
  const server = await startRedis(['--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no', ...files]);
  const ca = await readFile(authority.caFile, 'utf8');
  await withStore(tlsPort, { tls: { ca } }, async (store) => {
    await exercise(store);
    const watch = await store.watch({ onChange: () => undefined, onGap: () => undefined });
    await watch.stop();
  });
  await withStore(tlsPort, { tls: {}, commandTimeoutMs: 500 }, async (store) => {
    assert.equal((await store.check()).usable, false);
  });
  await withStore(tlsPort, { tls: { ca, serverName: 'redis.example' }, commandTimeoutMs: 500 }, async (store) => {
    assert.equal((await store.check()).usable, false);
  });
  await server.stop();
  await directory.remove();
});
