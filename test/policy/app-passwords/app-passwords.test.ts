import assert from 'node:assert/strict';
import { test } from 'node:test';

import { setDomain } from '#policy/domains/domains.ts';
import {
  addAppPassword,
  listAppPasswords,
  renameAppPassword,
  resetAppPasswordOf,
  revealAppPassword,
  revokeAppPassword,
} from '#policy/app-passwords/app-passwords.ts';
import { checkAppPassword } from '#policy/secrets/app-password.ts';
import { START_MS, enrolled, testAccount, testTools } from '../../support/policy.ts';

import type { Secret } from '#core/secret.ts';
import type { AppPasswordMatch } from '#policy/secrets/app-password.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

const ALICE = testAccount();
const PHONE = { name: 'Phone', scopes: ['imap', 'submission'] } as const;

async function check(context: PolicyContext, secret: Secret): Promise<AppPasswordMatch['kind']> {
  const { record } = await context.store.lookupAccount(ALICE);
  const presented = {
    account: ALICE.name,
    secret,
    protocol: 'imap',
    address: '192.0.2.7',
    now: context.clock(),
  } as const;
  return checkAppPassword(context.keyring, record?.appPasswords ?? [], presented).kind;
}

async function lastAudit(context: PolicyContext) {
  const [entry] = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 1 });
  return { actor: entry?.actor, action: entry?.action, detail: entry?.detail };
}

test('an added app password works, is listed without its secret, and is audited', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const expiresAt = START_MS + 86_400_000;
  const networks = ['2001:DB8::/32', '192.0.2.7'];
  const request = { ...PHONE, name: '  Anna’s phone ', scopes: ['imap', 'pop3', 'imap'] as const, expiresAt, networks };
  const { appPassword, secret } = await addAppPassword(context, 'cli:root', ALICE, request);
  assert.equal(await check(context, secret), 'live');
  const expected = {
    id: appPassword.id,
    name: 'Anna’s phone',
    scopes: ['imap', 'pop3'],
    createdAt: START_MS,
    expiresAt,
    expired: false,
    networks: ['2001:db8::/32', '192.0.2.7/32'],
    revealable: true,
    lastUse: undefined,
  };
  assert.deepEqual(appPassword, expected);
  const listed = await listAppPasswords(context, ALICE);
  assert.deepEqual(listed[1], expected);
  const detail = { id: appPassword.id, name: 'Anna’s phone', scopes: 'imap pop3' };
  assert.deepEqual(await lastAudit(context), { actor: 'cli:root', action: 'app-password.added', detail });
});

test('a list shows the last use and what has expired', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await enrolled(context, ALICE);
  const { appPassword } = await addAppPassword(context, 'a', ALICE, { ...PHONE, expiresAt: START_MS + 1000 });
  const use = { network: '2001:db8::/56', secretFingerprint: 'm', now: START_MS + 5, protocol: 'imap' } as const;
  await context.store.recordSuccess({ account: ALICE, appPasswordId: appPassword.id, ...use });
  clock.now += 1000;
  const [first, second] = await listAppPasswords(context, ALICE);
  assert.equal(first?.expired, false);
  assert.equal(first.lastUse, undefined);
  assert.equal(second?.expired, true);
  assert.deepEqual(second.lastUse, { at: START_MS + 5, protocol: 'imap', network: '2001:db8::/56' });
});

test('a request that cannot be meant is refused before anything is written', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const before = await context.store.lookupAccount(ALICE);
  const requests = [
    { ...PHONE, name: '' },
    { ...PHONE, name: ' \t ' },
    { ...PHONE, name: 'x'.repeat(65) },
    { ...PHONE, name: 'two\nlines' },
    { ...PHONE, name: 'Mail apps' },
    { ...PHONE, scopes: [] },
    { ...PHONE, expiresAt: START_MS },
    { ...PHONE, networks: [] },
    { ...PHONE, networks: ['192.0.2.1/24'] },
    { ...PHONE, networks: ['everywhere'] },
  ];
  for (const request of requests) {
    await assert.rejects(addAppPassword(context, 'a', ALICE, request), { code: 'USAGE' }, JSON.stringify(request));
  }
  assert.deepEqual(await context.store.lookupAccount(ALICE), before);
});

test('only an enrolled account of a domain with two-step on can have app passwords added', async () => {
  const context = testTools();
  await assert.rejects(addAppPassword(context, 'a', ALICE, PHONE), { code: 'NOT_ALLOWED', message: /turned off/ });
  await setDomain(context, 'a', ALICE.domain, { mode: 'enabled' });
  await assert.rejects(addAppPassword(context, 'a', ALICE, PHONE), { code: 'NOT_ALLOWED', message: /not enrolled/ });
  await enrolled(context, ALICE);
  await setDomain(context, 'a', ALICE.domain, { mode: 'disabled' });
  await assert.rejects(addAppPassword(context, 'a', ALICE, PHONE), { code: 'NOT_ALLOWED', message: /turned off/ });
});

test('parallel additions never exceed the limit, and a name is given once', async () => {
  const context = { ...testTools(), maxAppPasswords: 5 };
  await enrolled(context, ALICE);
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const added = await Promise.allSettled(names.map((name) => addAppPassword(context, 'x', ALICE, { ...PHONE, name })));
  assert.equal(added.filter(({ status }) => status === 'fulfilled').length, 4);
  assert.equal((await listAppPasswords(context, ALICE)).length, 5);
  await assert.rejects(addAppPassword(context, 'x', ALICE, PHONE), { code: 'NOT_ALLOWED', message: /holds 5/ });

  const roomy = testTools();
  await enrolled(roomy, ALICE);
  const twins = await Promise.allSettled([1, 2, 3].map(() => addAppPassword(roomy, 'x', ALICE, PHONE)));
  assert.equal(twins.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('a reveal shows the secret by id or name, and is audited each time', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const { appPassword, secret } = await addAppPassword(context, 'a', ALICE, PHONE);
  for (const ref of [appPassword.id, 'Phone']) {
    assert.equal((await revealAppPassword(context, 'alice', ALICE, ref)).expose(), secret.expose());
  }
  const detail = { id: appPassword.id, name: 'Phone' };
  assert.deepEqual(await lastAudit(context), { actor: 'alice', action: 'app-password.revealed', detail });
  const entries = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 9 });
  assert.equal(entries.filter(({ action }) => action === 'app-password.revealed').length, 2);
});

test('nothing is shown when the reveal cannot be audited', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const store = { ...context.store, appendAudit: () => Promise.reject(new Error('no audit')) };
  await assert.rejects(revealAppPassword({ ...context, store }, 'alice', ALICE, 'Mail apps'), { message: 'no audit' });
});

test('where app passwords are shown once no copy is kept, and earlier copies are not shown', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  await setDomain(context, 'a', ALICE.domain, { reveal: 'once' });
  const { appPassword } = await addAppPassword(context, 'a', ALICE, PHONE);
  assert.equal(appPassword.revealable, false);
  const { record } = await context.store.lookupAccount(ALICE);
  assert.deepEqual(
    record?.appPasswords.map(({ sealed }) => sealed === undefined),
    [false, true],
  );
  for (const ref of ['Mail apps', 'Phone']) {
    await assert.rejects(revealAppPassword(context, 'a', ALICE, ref), { code: 'NOT_ALLOWED', message: /reset it/ });
  }
  await setDomain(context, 'a', ALICE.domain, { reveal: 'always' });
  await assert.rejects(revealAppPassword(context, 'a', ALICE, 'Phone'), { code: 'NOT_ALLOWED' });
});

test('a reset ends the old secret and starts a new one that can be shown as the domain says now', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const before = await addAppPassword(context, 'a', ALICE, PHONE);
  const after = await resetAppPasswordOf(context, 'alice', ALICE, 'Phone');
  assert.equal(await check(context, before.secret), 'no-match');
  assert.equal(await check(context, after.secret), 'live');
  assert.deepEqual(after.appPassword, before.appPassword);
  assert.equal((await revealAppPassword(context, 'a', ALICE, 'Phone')).expose(), after.secret.expose());
  await setDomain(context, 'a', ALICE.domain, { reveal: 'once' });
  const again = await resetAppPasswordOf(context, 'alice', ALICE, before.appPassword.id);
  assert.equal(again.appPassword.revealable, false);
  const { record } = await context.store.lookupAccount(ALICE);
  assert.equal(record?.appPasswords[1]?.sealed, undefined);
  assert.equal(record?.appPasswords[1]?.generation, 3);
  const detail = { id: before.appPassword.id, name: 'Phone' };
  assert.deepEqual(await lastAudit(context), { actor: 'alice', action: 'app-password.reset', detail });
});

test('of parallel resets each counts, and exactly one new secret works', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const resets = await Promise.all([1, 2, 3].map(() => resetAppPasswordOf(context, 'a', ALICE, 'Mail apps')));
  const kinds = await Promise.all(resets.map(({ secret }) => check(context, secret)));
  assert.deepEqual(kinds.toSorted(), ['live', 'no-match', 'no-match']);
  const { record } = await context.store.lookupAccount(ALICE);
  assert.equal(record?.appPasswords[0]?.generation, 4);
});

test('an expired app password cannot be reset', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await enrolled(context, ALICE);
  await addAppPassword(context, 'a', ALICE, { ...PHONE, expiresAt: START_MS + 1 });
  clock.now += 1;
  await assert.rejects(resetAppPasswordOf(context, 'a', ALICE, 'Phone'), { code: 'NOT_ALLOWED', message: /expired/ });
});

test('a revoked app password is gone, the others stay', async () => {
  const context = testTools();
  const { appPassword: first } = await enrolled(context, ALICE);
  const { appPassword, secret } = await addAppPassword(context, 'a', ALICE, PHONE);
  await revokeAppPassword(context, 'alice', ALICE, 'Phone');
  assert.equal(await check(context, secret), 'no-match');
  assert.equal(await check(context, first), 'live');
  const detail = { id: appPassword.id, name: 'Phone' };
  assert.deepEqual(await lastAudit(context), { actor: 'alice', action: 'app-password.revoked', detail });
  const again = revokeAppPassword(context, 'alice', ALICE, 'Phone');
  await assert.rejects(again, { code: 'NOT_FOUND' });
});

test('a renamed app password keeps its secret; a name is never given twice', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const { appPassword, secret } = await addAppPassword(context, 'a', ALICE, PHONE);
  await renameAppPassword(context, 'alice', ALICE, { ref: 'Phone', name: ' Tablet ' });
  assert.equal(await check(context, secret), 'live');
  const detail = { id: appPassword.id, name: 'Tablet', formerName: 'Phone' };
  assert.deepEqual(await lastAudit(context), { actor: 'alice', action: 'app-password.renamed', detail });
  await renameAppPassword(context, 'alice', ALICE, { ref: appPassword.id, name: 'Tablet' });
  for (const name of ['Mail apps', '', 'a\0b']) {
    await assert.rejects(renameAppPassword(context, 'a', ALICE, { ref: 'Tablet', name }), { code: 'USAGE' });
  }
});

test('what is not there is not found, and the message does not repeat what was typed', async () => {
  const context = testTools();
  const { appPassword } = await enrolled(context, ALICE);
  const ref = appPassword.expose();
  const tries = [
    () => revealAppPassword(context, 'a', ALICE, ref),
    () => resetAppPasswordOf(context, 'a', ALICE, ref),
    () => revokeAppPassword(context, 'a', ALICE, ref),
    () => renameAppPassword(context, 'a', ALICE, { ref, name: 'x' }),
    () => revokeAppPassword(context, 'a', testAccount('nobody'), 'Mail apps'),
  ];
  for (const one of tries) {
    await assert.rejects(one(), (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'NOT_FOUND');
      assert.ok(!error.message.includes(ref));
      return true;
    });
  }
});

test('an id is preferred to a name that looks like it', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const { appPassword } = await addAppPassword(context, 'a', ALICE, PHONE);
  const decoy = await addAppPassword(context, 'a', ALICE, { ...PHONE, name: appPassword.id });
  await revokeAppPassword(context, 'a', ALICE, appPassword.id);
  const left = await listAppPasswords(context, ALICE);
  assert.deepEqual(
    left.map(({ id }) => id),
    [left[0]?.id, decoy.appPassword.id],
  );
});

test('a domain that limits their life or number means every new one', async () => {
  const context = testTools();
  const days = 86_400_000;
  await enrolled(context, ALICE, { mode: 'enabled', appPasswordDays: 90, maxAppPasswords: 2 });
  const [first] = await listAppPasswords(context, ALICE);
  assert.equal(first?.expiresAt, START_MS + 90 * days);
  const later = { name: 'Phone', scopes: ['imap'], expiresAt: START_MS + 91 * days } as const;
  await assert.rejects(addAppPassword(context, 'x', ALICE, later), { code: 'USAGE', message: /after 90 days/ });
  const added = await addAppPassword(context, 'x', ALICE, { name: 'Phone', scopes: ['imap'] });
  assert.equal(added.appPassword.expiresAt, START_MS + 90 * days);
  const third = addAppPassword(context, 'x', ALICE, { name: 'Tablet', scopes: ['imap'] });
  await assert.rejects(third, { code: 'NOT_ALLOWED', message: /as many as it may/ });
});
