import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importLines, type ImportWatcher } from '#bulk/import.ts';
import type { ImportWork, MadeSecrets } from '#bulk/work.ts';
import { Fault } from '#core/fault.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { testAccount, testTools } from '../support/policy.ts';

const RULES = { localPart: 'lowercase', subaddressDelimiter: '+', masterUserSeparator: '*' } as const;

function makeWork(parts: Partial<ImportWork> = {}): ImportWork {
  const context = testTools();
  return {
    context,
    actor: 'cli:tester',
    rules: RULES,
    dryRun: false,
    domain: async (name) => (await context.store.lookupDomain(name)).record,
    rememberDomain: () => {},
    ...parts,
  };
}

async function* bytes(lines: readonly unknown[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
}

async function imported(work: ImportWork, lines: readonly unknown[]) {
  const said: string[] = [];
  const watcher: ImportWatcher = {
    faulty: (line, why) => void said.push(`${line}: ${why}`),
    noted: (line, note) => void said.push(`${line} (note): ${note}`),
    progress: () => {},
  };
  const report = await importLines(work, bytes(lines), 'jsonl', watcher);
  return { report, said };
}

const ENABLED = { domain: 'example.org', mode: 'enabled' };
const ALICE = { account: 'Alice+news@Example.ORG', recoveryAddress: 'alice@example.net' };

test('an account with a recovery address is enrolled, and an app password that nobody took is there sealed', async () => {
  const work = makeWork();
  const { report, said } = await imported(work, [ENABLED, ALICE]);
  assert.deepEqual(said, []);
  assert.equal(report.accounts.created, 1);
  const { record } = await work.context.store.lookupAccount(testAccount());
  assert.equal(record?.enrolledAt, work.context.clock());
  assert.equal(record?.recoveryAddress, 'alice@example.net');
  assert.equal(record?.cutOffAt, work.context.clock());
  assert.deepEqual(record?.recoveryCodes, []);
  assert.deepEqual(
    record?.appPasswords.map(({ name, sealed }) => [name, sealed !== undefined]),
    [['Mail apps', true]],
  );
  const [entry] = await work.context.store.listAudit({ domain: 'example.org', account: 'alice@example.org', limit: 5 });
  assert.equal(entry?.action, 'account.enrolled');
  assert.equal(entry?.actor, 'cli:tester');
});

test('run again, an import changes nothing: what was revoked or moved since by its owner stays so', async () => {
  const work = makeWork();
  const lines = [ENABLED, ALICE, { account: 'bob@example.org', suspended: true }];
  await imported(work, lines);
  const again = await imported(work, lines);
  assert.deepEqual(again.report.domains, { created: 0, changed: 0, unchanged: 1, kept: 0 });
  assert.deepEqual(again.report.accounts, { created: 0, changed: 0, unchanged: 2, kept: 0 });
  await work.context.store.updateAccount(testAccount(), (current) => ({
    record: { recoveryCodes: [], ...current, appPasswords: [], recoveryAddress: 'moved@example.net' },
    result: undefined,
  }));
  const third = await imported(work, lines);
  assert.match(String(third.said), /^2 \(note\): alice@example\.org has enrolled before/);
  const { record } = await work.context.store.lookupAccount(testAccount());
  assert.equal(record?.recoveryAddress, 'moved@example.net');
  assert.deepEqual(record?.appPasswords, []);
});

test('every faulty line is named in order with its reason, nothing of it is written, and the others are done', async () => {
  const work = makeWork();
  const { report, said } = await imported(work, [
    ENABLED,
    'no json',
    { account: 'nobody', suspended: true },
    { account: 'eve@other.example', recoveryAddress: 'eve@example.net' },
    { account: 'a@example.org', recoveryAddress: 'A+x@example.org' },
    { account: 'b@example.org', recoveryAddress: 'b@example.net', appPasswords: ['Phone', 'Phone'] },
    { account: 'c@example.org', appPasswords: ['Phone'] },
    { account: 'd@example.org' },
    { domain: 'example.com', mode: 'enabled', forcedFrom: '2030-01-01' },
    { domain: 'no domain', mode: 'enabled' },
    ALICE,
  ]);
  assert.equal(report.faulty, 9);
  assert.equal(report.accounts.created, 1);
  assert.deepEqual(
    said.map((line) => Number.parseInt(line, 10)),
    [2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  const words = ['not JSON', 'is no account', 'two-step is off', 'mailbox itself', 'twice', 'needs a recoveryAddress'];
  for (const [index, word] of words.entries()) assert.ok(said[index]?.includes(word), `${said[index]} ~ ${word}`);
  for (const local of ['a', 'b', 'c', 'd']) {
    assert.equal((await work.context.store.lookupAccount(testAccount(local))).record, undefined);
  }
  assert.equal((await work.context.store.lookupDomain('example.com')).record, undefined);
});

test('where app passwords are shown once they are made only for somebody who takes them, with recovery codes', async () => {
  const once = { ...ENABLED, reveal: 'once' };
  const line = { ...ALICE, appPasswords: ['Phone', 'Laptop'] };
  const refused = await imported(makeWork(), [once, line]);
  assert.match(String(refused.said), /^2: .*--secrets$/);
  const taken: MadeSecrets[] = [];
  const work = makeWork({ secrets: (made) => void taken.push(made) });
  await imported(work, [once, line]);
  assert.deepEqual(
    taken.map(({ account, appPasswords, recoveryCodes }) => [
      account,
      appPasswords.map(({ name, secret }) => [name, secret.length]),
      recoveryCodes.length,
    ]),
    [
      [
        'alice@example.org',
        [
          ['Phone', 16],
          ['Laptop', 16],
        ],
        10,
      ],
    ],
  );
  const { record } = await work.context.store.lookupAccount(testAccount());
  assert.ok(record?.appPasswords.every(({ sealed }) => sealed === undefined));
});

test('two lines about one account are done in their order, however it is spelled', async () => {
  const work = makeWork();
  const turns = [true, false, true, false].map((suspended, index) => ({
    account: index % 2 === 0 ? 'alice@example.org' : 'ALICE+x@example.org',
    suspended,
  }));
  const { report } = await imported(work, turns);
  assert.deepEqual(report.accounts, { created: 1, changed: 3, unchanged: 0, kept: 0 });
  assert.equal((await work.context.store.lookupAccount(testAccount())).record?.suspended, undefined);
});

test('a million lines take the memory of a few: no line is read before those ahead of it are done', async () => {
  const work = makeWork({ dryRun: true });
  let [read, done, furthest] = [0, 0, 0];
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (; read < 5000; read += 1) {
      furthest = Math.max(furthest, read - done);
      yield Buffer.from(`{"account":"u${read}@example.org","suspended":true}\n`);
    }
  }
  const context = {
    ...work.context,
    store: {
      ...work.context.store,
      lookupAccount: async (account: { name: string; local: string; domain: string }) => {
        const found = await work.context.store.lookupAccount(account);
        done += 1;
        return found;
      },
    },
  };
  const watcher: ImportWatcher = {
    faulty: (_, why) => assert.fail(why),
    noted: (_, note) => assert.fail(note),
    progress: () => {},
  };
  const report = await importLines({ ...work, context }, endless(), 'jsonl', watcher);
  assert.equal(report.accounts.created, 5000);
  assert.ok(furthest <= 33, `${furthest} lines ahead`);
});

test('an outage ends the import with the line where it stopped, and running it again goes on', async () => {
  const work = makeWork();
  await setDomain(work.context, 'cli:tester', 'example.org', { mode: 'enabled' });
  let left = 2;
  const store = {
    ...work.context.store,
    lookupDomain: async (domain: string) => {
      left -= 1;
      if (left < 0) throw new Fault('STORE_UNAVAILABLE', 'Redis is out of reach');
      return work.context.store.lookupDomain(domain);
    },
  };
  const accounts = ['a', 'b', 'c'].map((local) => ({
    account: `${local}@example.org`,
    recoveryAddress: `${local}@example.net`,
  }));
  const failing = { ...work, domain: async (name: string) => (await store.lookupDomain(name)).record };
  await assert.rejects(
    imported(failing, accounts),
    (error) =>
      error instanceof Fault &&
      error.code === 'STORE_UNAVAILABLE' &&
      /^stopped at line 3: Redis is out of reach; .*run the same import again/.test(error.message),
  );
  const { report } = await imported(work, accounts);
  assert.deepEqual(report.accounts, { created: 1, changed: 0, unchanged: 2, kept: 0 });
});
