import assert from 'node:assert/strict';
import { test } from 'node:test';

import { looksLikeAppPassword } from '#core/app-password-shape.ts';
import { Secret } from '#core/secret.ts';
import { PROTOCOLS } from '#core/protocols.ts';
import { showAccount, suspendAccount } from '#policy/accounts/accounts.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { beginTotp, confirmTotp, consumeTotpCode } from '#policy/factors/totp-enrolment.ts';
import { unenrolAccount } from '#policy/factors/factors.ts';
import { addAppPassword, listAppPasswords, revealAppPassword } from '#policy/app-passwords/app-passwords.ts';
import { START_MS, codeAt, enrolled, testAccount, testKeyring, testTools } from '../../support/policy.ts';

const ALICE = testAccount();
const STEP_MS = 30_000;

async function actions(context: ReturnType<typeof testTools>): Promise<readonly string[]> {
  const entries = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 100 });
  return entries.map(({ action, actor }) => `${action} by ${actor}`).toReversed();
}

test('enrolment ends with a code, and gives an app password for all protocols and ten recovery codes', async () => {
  const context = testTools();
  const { appPassword, recoveryCodes } = await enrolled(context, ALICE);
  assert.ok(looksLikeAppPassword(appPassword.expose()));
  assert.equal(new Set(recoveryCodes.map((code) => code.expose())).size, 10);
  const view = await showAccount(context, ALICE);
  assert.equal(view.enrolledAt, START_MS);
  assert.equal(view.cutOffAt, START_MS);
  assert.equal(view.enrolmentPending, false);
  assert.deepEqual(view.factors, ['totp']);
  assert.equal(view.recoveryCodesLeft, 10);
  const [first, ...more] = view.appPasswords;
  assert.equal(more.length, 0);
  assert.equal(first?.name, 'Mail apps');
  assert.deepEqual(first.scopes, PROTOCOLS);
  assert.deepEqual(await actions(context), ['account.enrolled by alice@example.org']);
});

test('nothing is enrolled before the code: the account stays as it was', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const { secret } = await beginTotp(context, ALICE);
  assert.deepEqual(await confirmTotp(context, 'alice', ALICE, new Secret('000000')), { kind: 'wrong-code' });
  const view = await showAccount(context, ALICE);
  assert.equal(view.enrolledAt, undefined);
  assert.equal(view.enrolmentPending, true);
  assert.deepEqual(view.factors, []);
  assert.deepEqual(await actions(context), []);
  assert.equal((await confirmTotp(context, 'alice', ALICE, codeAt(secret, START_MS))).kind, 'enrolled');
});

test('the secret is kept sealed, for this account only', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const { secret } = await beginTotp(context, ALICE);
  const { record } = await context.store.lookupAccount(ALICE);
  assert.ok(record?.pendingTotp);
  assert.ok(!JSON.stringify(record).includes(secret.expose()));
  const bob = testAccount('bob');
  await context.store.updateAccount(bob, () => ({ record, result: undefined }));
  await assert.rejects(confirmTotp(context, 'bob', bob, codeAt(secret, START_MS)), { code: 'KEY_INVALID' });
});

test('a second begin replaces the first', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const first = await beginTotp(context, ALICE);
  const second = await beginTotp(context, ALICE);
  const withFirst = await confirmTotp(context, 'alice', ALICE, codeAt(first.secret, START_MS));
  assert.equal(withFirst.kind, 'wrong-code');
  const withSecond = await confirmTotp(context, 'alice', ALICE, codeAt(second.secret, START_MS));
  assert.equal(withSecond.kind, 'enrolled');
});

test('an enrolment that was not begun, or half an hour ago, cannot be confirmed', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  await assert.rejects(confirmTotp(context, 'alice', ALICE, new Secret('123456')), { code: 'NOT_ALLOWED' });
  const { secret } = await beginTotp(context, ALICE);
  clock.now += 1_800_001;
  const late = confirmTotp(context, 'alice', ALICE, codeAt(secret, clock.now));
  await assert.rejects(late, { code: 'NOT_ALLOWED' });
  clock.now -= 1;
  assert.equal((await confirmTotp(context, 'alice', ALICE, codeAt(secret, clock.now))).kind, 'enrolled');
});

test('only a domain that has two-step on and permits authenticator apps can be enrolled in', async () => {
  const context = testTools();
  await assert.rejects(beginTotp(context, ALICE), { code: 'NOT_ALLOWED', message: /turned off for example.org/ });
  await setDomain(context, 'test', ALICE.domain, { mode: 'forced', methods: ['email'] });
  await assert.rejects(beginTotp(context, ALICE), { code: 'NOT_ALLOWED', message: /does not permit/ });
  await setDomain(context, 'test', ALICE.domain, { methods: ['totp'] });
  const { secret } = await beginTotp(context, ALICE);
  await setDomain(context, 'test', ALICE.domain, { mode: 'disabled' });
  const confirmation = confirmTotp(context, 'alice', ALICE, codeAt(secret, START_MS));
  await assert.rejects(confirmation, { code: 'NOT_ALLOWED' });
});

test('of parallel confirmations with one code one enrols, and its app password is the one that is kept', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const { secret } = await beginTotp(context, ALICE);
  const code = codeAt(secret, START_MS);
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => confirmTotp(context, 'alice', ALICE, code)));
  const done = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  assert.equal(done.length, 1);
  const [winner] = done;
  assert.ok(winner?.kind === 'enrolled');
  const shown = await revealAppPassword(context, 'alice', ALICE, 'Mail apps');
  assert.equal(shown.expose(), winner.appPassword.expose());
});

test('the code that enrolled is used up', async () => {
  const context = testTools();
  const { totp } = await enrolled(context, ALICE);
  assert.deepEqual(await consumeTotpCode(context, ALICE, codeAt(totp, START_MS)), { kind: 'used-before' });
  const next = codeAt(totp, START_MS + STEP_MS);
  assert.deepEqual(await consumeTotpCode(context, ALICE, next), { kind: 'right', step: START_MS / STEP_MS + 1 });
  assert.deepEqual(await consumeTotpCode(context, ALICE, next), { kind: 'used-before' });
});

test('of parallel uses of one code exactly one is right', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const { totp } = await enrolled(context, ALICE);
  clock.now += 10 * STEP_MS;
  const code = codeAt(totp, clock.now);
  const uses = await Promise.all(Array.from({ length: 20 }, () => consumeTotpCode(context, ALICE, code)));
  assert.equal(uses.filter(({ kind }) => kind === 'right').length, 1);
  assert.equal(uses.filter(({ kind }) => kind === 'used-before').length, 19);
});

test('of two codes used at the same time, the earlier one does not open the later one again', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const { totp } = await enrolled(context, ALICE);
  clock.now += 10 * STEP_MS;
  const [before, after] = [codeAt(totp, clock.now - STEP_MS), codeAt(totp, clock.now + STEP_MS)];
  const uses = await Promise.all([before, after, after, before].map((code) => consumeTotpCode(context, ALICE, code)));
  const afterwards = await Promise.all([before, after].map((code) => consumeTotpCode(context, ALICE, code)));
  assert.ok(uses.filter(({ kind }) => kind === 'right').length <= 2);
  assert.equal(uses[1]?.kind === 'right' || uses[2]?.kind === 'right', true);
  assert.deepEqual(afterwards, [{ kind: 'used-before' }, { kind: 'used-before' }]);
});

test('a wrong code changes nothing, and an account without an authenticator has no codes', async () => {
  const context = testTools();
  await assert.rejects(consumeTotpCode(context, ALICE, new Secret('123456')), { code: 'NOT_ALLOWED' });
  await enrolled(context, ALICE);
  const before = await context.store.lookupAccount(ALICE);
  assert.deepEqual(await consumeTotpCode(context, ALICE, new Secret('abc')), { kind: 'wrong' });
  assert.deepEqual(await context.store.lookupAccount(ALICE), before);
});

test('an enrolled account can take a new authenticator; the rest stays, the old one is worth nothing', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const { totp } = await enrolled(context, ALICE);
  await addAppPassword(context, 'alice', ALICE, { name: 'Phone', scopes: ['imap'] });
  const before = await showAccount(context, ALICE);
  clock.now += 10 * STEP_MS;
  const { secret } = await beginTotp(context, ALICE);
  assert.equal((await consumeTotpCode(context, ALICE, codeAt(totp, clock.now))).kind, 'right');
  const confirmation = await confirmTotp(context, 'cli:root', ALICE, codeAt(secret, clock.now));
  assert.deepEqual(confirmation, { kind: 'replaced' });
  assert.deepEqual(await showAccount(context, ALICE), before);
  clock.now += STEP_MS;
  assert.equal((await consumeTotpCode(context, ALICE, codeAt(totp, clock.now))).kind, 'wrong');
  assert.equal((await consumeTotpCode(context, ALICE, codeAt(secret, clock.now))).kind, 'right');
  const [entry] = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 1 });
  assert.deepEqual(entry?.detail, { factor: 'totp', was: 'replaced' });
});

test('unenrolling takes factors, codes and app passwords away, and leaves a suspension', async () => {
  const context = testTools();
  assert.equal(await unenrolAccount(context, 'cli:root', ALICE), false);
  await enrolled(context, ALICE);
  await suspendAccount(context, 'cli:root', ALICE);
  assert.equal(await unenrolAccount(context, 'cli:root', ALICE), true);
  const view = await showAccount(context, ALICE);
  assert.equal(view.enrolledAt, undefined);
  assert.deepEqual(view.factors, []);
  assert.equal(view.recoveryCodesLeft, 0);
  assert.deepEqual(await listAppPasswords(context, ALICE), []);
  assert.deepEqual(view.suspended, { at: START_MS, by: 'cli:root' });
  assert.equal((await actions(context)).at(-1), 'account.unenrolled by cli:root');
  assert.equal(await unenrolAccount(context, 'cli:root', ALICE), false);
});

test('what was enrolled under an older master key still works after a rotation', async () => {
  const clock = { now: START_MS };
  const before = testTools(clock, testKeyring('old'));
  const { totp } = await enrolled(before, ALICE);
  clock.now += 10 * STEP_MS;
  const after = { ...before, keyring: testKeyring('new', 'old') };
  assert.equal((await consumeTotpCode(after, ALICE, codeAt(totp, clock.now))).kind, 'right');
  const without = { ...before, keyring: testKeyring('new') };
  await assert.rejects(consumeTotpCode(without, ALICE, codeAt(totp, clock.now)), { code: 'KEY_INVALID' });
});
