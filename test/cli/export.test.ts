import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readKeyring } from '#adapters/key-file.ts';
import { makeGatekeeper } from '#policy/logins/gatekeeper.ts';
import type { Verdict } from '#core/verdict.ts';
import { openStore, type StoreSettings } from '#store/open.ts';
import type { CommandWorld } from '../support/command-line.ts';
import { configured, filledWorld, NONE_RESTORED, recordsIn, STRAY } from '../support/exported-world.ts';
import { password, testAccount, testAttempt } from '../support/policy.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';

let redis: RedisServer;
before(async () => {
  redis = await startRedis();
});
after(() => redis.stop());

async function filled(t: Parameters<typeof filledWorld>[0]): ReturnType<typeof filledWorld> {
  await redis.command('flushall');
  return filledWorld(t);
}

function inRedis(at: CommandWorld): string {
  return configured(at, 'redis.yaml', `{ kind: redis, url: "redis://127.0.0.1:${redis.port}" }`);
}

/** What a login with this password is answered from a store. */
async function decided(at: CommandWorld, settings: StoreSettings, local: string, secret: string): Promise<Verdict> {
  const store = await openStore(settings);
  try {
    const gatekeeper = makeGatekeeper({
      store,
      keyring: readKeyring(join(at.folder, 'keys')),
      limits: {
        accountFailures: 50,
        accountNetworkFailures: 50,
        failureWindowSeconds: 900,
        networkVerdicts: 1000,
        networkWindowSeconds: 20,
      },
      clock: () => at.now,
      staleSeconds: 0,
      onFault: (fault) => assert.fail(fault),
      checkOrdinaryPassword: async () => 'wrong',
    });
    const attempt = testAttempt({ account: testAccount(local), offered: password(secret) });
    return await gatekeeper.decide(attempt, new AbortController().signal);
  } finally {
    await store.close();
  }
}

test('what is exported from one kind of store and restored into the other decides logins as before, and back', async (t) => {
  const { at, secret } = await filled(t);
  const stores: readonly StoreSettings[] = [
    { kind: 'embedded', path: join(at.folder, 'postern.db') },
    { kind: 'redis', topology: { kind: 'standalone', server: { host: '127.0.0.1', port: redis.port } } },
    { kind: 'embedded', path: join(at.folder, 'third.db') },
  ];
  const configs = [at.configFile, inRedis(at), configured(at, 'third.yaml', '{ kind: embedded, path: third.db }')];
  const files = ['first', 'second', 'third'].map((name) => join(at.folder, `${name}.jsonl`));
  const restored: unknown[] = [];
  for (const [index, config] of configs.entries()) {
    const before = files[index - 1];
    if (before !== undefined) restored.push(await at.json('restore', before, '--config', config));
    assert.equal((await at.run(['export', '--config', config, '--to', files[index] ?? ''])).code, 0);
  }
  for (const report of restored) {
    assert.deepEqual(Object(report).domains, { ...NONE_RESTORED, created: 1 });
    assert.deepEqual(Object(report).accounts, { ...NONE_RESTORED, created: 3 });
    assert.deepEqual(Object(report).lists, { ...NONE_RESTORED, created: 2 });
  }
  assert.equal(recordsIn(files[0] ?? '').length, 12);
  assert.deepEqual(recordsIn(files[1] ?? ''), recordsIn(files[0] ?? ''));
  assert.deepEqual(recordsIn(files[2] ?? ''), recordsIn(files[0] ?? ''));
  for (const store of stores) {
    const allowed = await decided(at, store, 'alice', secret);
    assert.equal(allowed.kind === 'allow' && allowed.opener.kind, 'app-password');
    assert.deepEqual(await decided(at, store, 'alice', 'ordinary'), { kind: 'deny', reason: 'wrong-credentials' });
    assert.deepEqual(await decided(at, store, 'bob', 'ordinary'), { kind: 'deny', reason: 'suspended' });
    assert.equal((await decided(at, store, 'carol', 'ordinary')).kind, 'forward');
  }
});

test('an account of a domain that nobody has configured or decided about is exported with its audit', async (t) => {
  const { at } = await filled(t);
  const file = join(at.folder, 'export.jsonl');
  await at.run(['export', '--to', file]);
  const found = recordsIn(file).filter((line) => line.includes(STRAY));
  assert.deepEqual(
    found.map((line) => Object(JSON.parse(line)).kind),
    ['account', 'audit'],
  );
});

test('an export is a new file for its owner only, and no secret is in clear in it', async (t) => {
  const { at, secret, totp } = await filled(t);
  const file = join(at.folder, 'export.jsonl');
  const { out } = await at.run(['export', '--to', file]);
  assert.match(out, /1 domain, 3 accounts\./);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, 'utf8');
  assert.match(text, /^\{"form":"postern-export","v":1,/);
  const master = readFileSync(join(at.folder, 'keys'), 'utf8').trim().split(' ')[1] ?? '';
  for (const clear of [secret, totp, master]) assert.ok(!text.includes(clear));
  const again = await at.run(['export', '--to', file]);
  assert.equal(again.code, 2);
  assert.match(again.err, /is there already/);
});

test('what is there and differs is kept unless it is to be replaced; restoring again changes nothing', async (t) => {
  const { at } = await filled(t);
  const file = join(at.folder, 'export.jsonl');
  const config = inRedis(at);
  await at.run(['export', '--to', file]);
  const dry = Object(await at.json('restore', file, '--config', config, '--dry-run'));
  assert.deepEqual(dry.accounts, { ...NONE_RESTORED, created: 3 });
  assert.equal(await redis.command('exists', 'postern:1:domains'), 0);
  await at.json('restore', file, '--config', config);
  const again = Object(await at.json('restore', file, '--config', config));
  assert.deepEqual(again.accounts, { ...NONE_RESTORED, unchanged: 3 });
  assert.equal(again.auditEntries, 0);
  await at.run(['account', 'resume', 'bob@example.org', '--config', config]);
  await at.run(['domain', 'set', 'example.org', '--hints', 'never', '--config', config, '--yes']);
  const kept = await at.run(['restore', file, '--config', config]);
  assert.equal(kept.code, 1);
  assert.match(
    kept.err,
    /^line \d+: example\.org differs and is kept\nline \d+: bob@example\.org differs and is kept$/,
  );
  assert.equal((await at.run(['restore', file, '--config', config, '--replace'])).code, 2);
  const replaced = Object(await at.json('restore', file, '--config', config, '--replace', '--yes'));
  assert.deepEqual(replaced.accounts, { ...NONE_RESTORED, unchanged: 2, replaced: 1 });
  assert.equal(Object(await at.json('domain', 'show', 'example.org', '--config', config)).hints, 'always');
  const audit = await at.json('audit', 'list', '--domain', 'example.org', '--config', config);
  assert.equal(Object(Object(audit)[0]).actor, 'cli:tester');
  assert.ok(Object(Object(audit)[0]).detail.restoredFrom);
});

test('a file that was changed, cut off or belongs to other keys is refused before anything is written', async (t) => {
  const { at } = await filled(t);
  const file = join(at.folder, 'export.jsonl');
  const config = inRedis(at);
  await at.run(['export', '--to', file]);
  const whole = readFileSync(file, 'utf8');
  const lines = whole.trim().split('\n');
  const [account = ''] = lines.filter((line) => line.includes('"suspended"'));
  const cases: readonly (readonly [string, RegExp, number])[] = [
    [whole.replace('"mode":"enabled"', '"mode":"disabled"'), /changed since it was written/, 1],
    [whole.replace(`${account}\n`, ''), /changed since it was written/, 1],
    [`${lines.slice(0, -1).join('\n')}\n`, /cut off/, 1],
    [`${whole}${account}\n`, /comes after the last line/, 1],
    [whole.replace('"v":1', '"v":2'), /reads version 1: upgrade/, 1],
    [whole.replace('bob@', 'Bob@'), /"Bob@example\.org" means bob@example\.org/, 1],
    [whole.replace(/"keyId":"\w+"/, '"keyId":"gone"'), /needs the master key gone/, 78],
    ['', /is empty/, 1],
    ['domain,mode\n', /no file that `postern export` has written/, 1],
  ];
  const changed = join(at.folder, 'changed.jsonl');
  for (const [text, words, expected] of cases) {
    writeFileSync(changed, text);
    const { code, err } = await at.run(['restore', changed, '--config', config]);
    assert.match(err, words);
    assert.equal(code, expected, err);
  }
  await at.run(['key', 'new', '--yes']);
  const keys = join(at.folder, 'keys');
  const newKeyOnly = readFileSync(keys, 'utf8').split('\n')[0] ?? '';
  writeFileSync(keys, `${newKeyOnly}\n`);
  assert.match((await at.run(['restore', file, '--config', config])).err, /add its line from the old key file/);
  assert.deepEqual(await redis.command('keys', 'postern:1:account*'), []);
});
