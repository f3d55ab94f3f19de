import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSync } from 'otplib';

import { Secret } from '#core/secret.ts';
import {
  grantAdmin,
  listAdmins,
  localAdminAccount,
  lookupGrants,
  mayDo,
  mayDoAny,
  mayDoTo,
  revokeAdmin,
  type AdminTask,
} from '#policy/admins/admins.ts';
import { checkLocalPassword, consumeLocalCode, createLocalAdmin } from '#policy/admins/local-admins.ts';
import { START_MS, testAccount, testTools } from '../../support/policy.ts';

import type { AdminGrant } from '#policy/admins/admins.ts';
import type { PasswordHasher } from '#policy/ports/password-hasher.ts';

const TASKS: readonly AdminTask[] = [
  'look',
  'reset-factors',
  'cut-off',
  'unlock',
  'suspend',
  'set-policy',
  'send-notice',
];
const ALICE = { name: 'alice@example.org', role: 'admin', domains: ['example.org'] } as const;
const PASSWORD = new Secret('correct horse battery');

/** A hash that is none, and counts how often it was asked. */
function plainHasher(): PasswordHasher & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    hash: async (password) => `plain ${password}`,
    verify: async (password, hash) => {
      asked.push(hash);
      return hash === `plain ${password}`;
    },
  };
}

function localTools(clock = { now: START_MS }) {
  const hasher = plainHasher();
  return { ...testTools(clock), hasher };
}

test('an admin does everything in its domains, the help desk what helps, nobody anything elsewhere', () => {
  const desk = { ...ALICE, role: 'help-desk' } as const;
  const everywhere = { ...desk, domains: 'all' } as const;
  const done = (grant: Parameters<typeof mayDo>[0], domain: string) =>
    TASKS.filter((task) => mayDo(grant, task, domain));
  assert.deepEqual(done(ALICE, 'example.org'), TASKS);
  assert.deepEqual(done(desk, 'example.org'), ['look', 'reset-factors', 'cut-off', 'unlock']);
  assert.deepEqual(done(everywhere, 'example.net'), ['look', 'reset-factors', 'cut-off', 'unlock']);
  for (const domain of ['example.net', 'sub.example.org', 'example.or', '', '*', 'all']) {
    assert.deepEqual(done(ALICE, domain), []);
  }
});

test('grants come from the configuration and from the store, and hold together', async () => {
  const context = testTools();
  await grantAdmin(context, 'cli:root', { name: 'alice@example.org', role: 'help-desk', domains: ['example.net'] });
  const configured = [
    { account: 'alice@example.org', role: 'admin', domains: ['example.org'] },
    { account: 'bob@example.org', role: 'admin', domains: 'all' },
  ] as const;
  const grants = await lookupGrants(context, configured, 'alice@example.org');
  assert.equal(mayDoAny(grants, 'set-policy', 'example.org'), true);
  assert.equal(mayDoAny(grants, 'set-policy', 'example.net'), false);
  assert.equal(mayDoAny(grants, 'unlock', 'example.net'), true);
  assert.deepEqual(await lookupGrants(context, configured, 'carol@example.org'), []);
  assert.deepEqual(await lookupGrants(context, [], 'bob@example.org'), []);
});

test('a grant replaces an earlier one, is audited in each of its domains, and can be taken away', async () => {
  const context = testTools();
  await grantAdmin(context, 'cli:root', ALICE);
  await grantAdmin(context, 'cli:root', { ...ALICE, domains: ['Example.NET', 'example.net', 'BÜCHER.example'] });
  const [admin, ...others] = await listAdmins(context);
  assert.deepEqual(others, []);
  assert.deepEqual(admin?.domains, ['example.net', 'xn--bcher-kva.example']);
  const expiresAt = START_MS + 1000;
  const ref = { kind: 'shown-once', id: 's', owner: ALICE.name } as const;
  await context.store.ephemeral.put(ref, { value: { sealed: 's' }, expiresAt });
  assert.equal(await revokeAdmin(context, 'cli:root', ALICE.name), true);
  assert.equal(await revokeAdmin(context, 'cli:root', ALICE.name), false);
  const audit = await context.store.listAudit({ domain: 'example.net', limit: 10 });
  assert.deepEqual(
    audit.map(({ action, detail }) => [action, detail['admin']]),
    [
      ['admin.revoked', ALICE.name],
      ['admin.granted', ALICE.name],
    ],
  );
  await grantAdmin(context, 'cli:root', { ...ALICE, domains: 'all' });
  assert.equal((await context.store.listAudit({ domain: '*', limit: 10 })).length, 1);
});

test('what is no domain, or none, cannot be granted; nor can a local name that there is not', async () => {
  const context = testTools();
  for (const domains of [[], ['a b'], ['alice@example.org'], ['*']]) {
    await assert.rejects(grantAdmin(context, 'x', { ...ALICE, domains }), { code: 'USAGE' });
  }
  await assert.rejects(grantAdmin(context, 'x', { ...ALICE, name: 'root' }), { code: 'NOT_FOUND' });
});

test('a local admin signs in with its password and a code, each code once', async () => {
  const clock = { now: START_MS };
  const context = localTools(clock);
  const { secret, uri } = await createLocalAdmin(context, 'cli:root', { ...ALICE, name: 'root' }, PASSWORD);
  assert.match(uri.expose(), /^otpauth:\/\/totp\/Postern:root\?/);
  assert.equal(await checkLocalPassword(context, 'root', PASSWORD), 'right');
  assert.equal(await checkLocalPassword(context, 'root', new Secret('correct horse batterx')), 'wrong');
  const code = new Secret(generateSync({ secret: secret.expose(), epoch: START_MS / 1000 }));
  const uses = await Promise.all(Array.from({ length: 10 }, () => consumeLocalCode(context, 'root', code)));
  assert.equal(uses.filter(({ kind }) => kind === 'right').length, 1);
  assert.equal((await consumeLocalCode(context, 'root', new Secret('abc'))).kind, 'wrong');
  assert.equal((await consumeLocalCode(context, 'nobody', code)).kind, 'wrong');
});

test('an unknown local name costs one check of a password, like a known one', async () => {
  const context = localTools();
  await createLocalAdmin(context, 'cli:root', { ...ALICE, name: 'root' }, PASSWORD);
  for (const name of ['root', 'nobody', '', 'alice@example.org', '__proto__']) {
    const before = context.hasher.asked.length;
    await checkLocalPassword(context, name, new Secret('wrong password here'));
    assert.equal(context.hasher.asked.length, before + 1);
  }
  assert.match(context.hasher.asked.at(-1) ?? '', /^\$2b\$12\$.{53}$/);
  assert.equal(await checkLocalPassword(context, 'root', new Secret('x'.repeat(73))), 'wrong');
});

test('names and passwords of local admins are bounded, and creating one again replaces both secrets', async () => {
  const context = localTools();
  const create = (name: string, password = PASSWORD) =>
    createLocalAdmin(context, 'cli:root', { ...ALICE, name }, password);
  for (const name of ['', 'Root', 'a@b', 'a b', '-x', 'a'.repeat(33)]) {
    await assert.rejects(create(name), { code: 'USAGE' });
  }
  for (const text of ['', 'elevenchars', 'x'.repeat(73), 'ü'.repeat(37)]) {
    await assert.rejects(create('root', new Secret(text)), { code: 'USAGE' });
  }
  const first = await create('root');
  const second = await create('root', new Secret('another password'));
  assert.notEqual(first.secret.expose(), second.secret.expose());
  assert.equal(await checkLocalPassword(context, 'root', PASSWORD), 'wrong');
  assert.equal((await listAdmins(context)).length, 1);
  await grantAdmin(context, 'x', { name: 'root', role: 'help-desk', domains: 'all' });
  assert.equal(await checkLocalPassword(context, 'root', new Secret('another password')), 'right');
});

test('a local admin is counted and signed in as nobody that mail knows', () => {
  assert.deepEqual(localAdminAccount('root'), { name: 'admin:root', local: 'root', domain: 'admin:local' });
});

test('nobody touches the account of an admin who may do more, or elsewhere', async () => {
  const context = testTools();
  const configured = [
    { account: 'root@a.test', role: 'admin', domains: 'all' },
    { account: 'desk@a.test', role: 'help-desk', domains: ['a.test'] },
  ] as const;
  const grant = (role: 'admin' | 'help-desk', ...domains: string[]) => [{ name: 'x', role, domains }] as const;
  const may = (grants: readonly AdminGrant[], local: string) =>
    mayDoTo(context, configured, grants, { task: 'reset-factors', account: testAccount(local, 'a.test') });
  assert.equal(await may(grant('help-desk', 'a.test'), 'bob'), true);
  assert.equal(await may(grant('help-desk', 'b.test'), 'bob'), false);
  assert.equal(await may(grant('help-desk', 'a.test'), 'desk'), true);
  assert.equal(await may(grant('help-desk', 'a.test'), 'root'), false);
  assert.equal(await may(grant('admin', 'a.test', 'b.test'), 'root'), false);
  assert.equal(await may([{ name: 'x', role: 'help-desk', domains: 'all' }], 'root'), false);
  assert.equal(await may([{ name: 'x', role: 'admin', domains: 'all' }], 'root'), true);
});
