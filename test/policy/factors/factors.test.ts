import assert from 'node:assert/strict';
import { test } from 'node:test';

import { noteLanguage, showAccount, suspendAccount } from '#policy/accounts/accounts.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { beginTotp, confirmTotp } from '#policy/factors/totp-enrolment.ts';
import {
  factorsMark,
  factorsOf,
  needsSetUp,
  removeFactor,
  resetFactors,
  turnOff,
  unenrolAccount,
} from '#policy/factors/factors.ts';
import { addAppPassword, revealAppPassword, revokeAppPassword } from '#policy/app-passwords/app-passwords.ts';
import { renewRecoveryCodes } from '#policy/factors/recovery-codes.ts';
import { beginRecoveryAddress, confirmRecoveryAddress } from '#policy/factors/recovery-address.ts';
import {
  ADDRESS_RULES,
  START_MS,
  codeAt,
  enrolled,
  enrolledByEmail,
  sentCode,
  testAccount,
  testTools,
  withNotices,
} from '../../support/policy.ts';

const ALICE = testAccount();
const STEP_MS = 30_000;

async function addTotp(context: ReturnType<typeof testTools>) {
  const { secret } = await beginTotp(context, ALICE);
  return confirmTotp(context, ALICE.name, ALICE, codeAt(secret, context.clock()));
}

async function record(context: ReturnType<typeof testTools>) {
  const found = (await context.store.lookupAccount(ALICE)).record;
  assert.ok(found);
  return found;
}

test('both factors can be on at once; adding the second changes nothing else', async () => {
  const context = testTools();
  await enrolledByEmail(context, ALICE, 'alice@example.net');
  const before = await showAccount(context, ALICE);
  assert.deepEqual(await addTotp(context), { kind: 'added' });
  assert.deepEqual(await showAccount(context, ALICE), { ...before, factors: ['totp', 'email'] });
});

test('one of two factors can be taken away, the last one only by turning two-step off', async () => {
  const context = testTools();
  await enrolledByEmail(context, ALICE, 'alice@example.net');
  await addTotp(context);
  assert.equal(await removeFactor(context, ALICE.name, ALICE, 'passkey'), false);
  assert.equal(await removeFactor(context, ALICE.name, ALICE, 'email'), true);
  assert.deepEqual(factorsOf(await record(context)), ['totp']);
  assert.equal((await record(context)).recoveryAddress, 'alice@example.net');
  await assert.rejects(removeFactor(context, ALICE.name, ALICE, 'totp'), { code: 'NOT_ALLOWED' });
  assert.equal(await turnOff(context, ALICE.name, ALICE), true);
  assert.deepEqual(factorsOf(await record(context)), []);
  assert.equal((await record(context)).enrolledAt, undefined);
});

test('of parallel removals of both factors one is refused', async () => {
  const context = testTools();
  await enrolledByEmail(context, ALICE, 'alice@example.net');
  await addTotp(context);
  const tries = await Promise.allSettled(
    (['totp', 'email'] as const).map((factor) => removeFactor(context, ALICE.name, ALICE, factor)),
  );
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(factorsOf(await record(context)).length, 1);
});

test('in a forced domain nobody turns two-step off but an operator', async () => {
  const context = testTools();
  await enrolled(context, ALICE, { mode: 'forced' });
  await assert.rejects(turnOff(context, ALICE.name, ALICE), { code: 'NOT_ALLOWED' });
  assert.equal(await unenrolAccount(context, 'cli:root', ALICE), true);
});

test('a reset leaves the app passwords, and the ordinary password opens no mail program', async () => {
  const context = testTools();
  const { appPassword } = await enrolled(context, ALICE);
  assert.equal(await resetFactors(context, 'admin@example.org', ALICE), true);
  const view = await showAccount(context, ALICE);
  assert.deepEqual([view.factors, view.recoveryCodesLeft, view.standing], [[], 0, 'app-password']);
  assert.equal((await revealAppPassword(context, 'x', ALICE, 'Mail apps')).expose(), appPassword.expose());
  assert.equal(needsSetUp(view.policy, await record(context)), true);
  const again = await addTotp(context);
  assert.ok(again.kind === 'restored');
  assert.equal(again.appPassword, undefined);
  assert.equal(again.recoveryCodes.length, 10);
  assert.equal(needsSetUp(view.policy, await record(context)), false);
});

test('a reset that revokes the app passwords too ends with a new one', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  await resetFactors(context, 'admin@example.org', ALICE, 'revoke');
  assert.deepEqual((await showAccount(context, ALICE)).appPasswords, []);
  const again = await addTotp(context);
  assert.ok(again.kind === 'restored');
  assert.equal((await revealAppPassword(context, 'x', ALICE, 'Mail apps')).expose(), again.appPassword?.expose());
});

test('an account that has not enrolled has nothing to reset', async () => {
  assert.equal(await resetFactors(testTools(), 'admin@example.org', ALICE), false);
});

test('set-up comes first for who must enrol or was reset, and for nobody else', async () => {
  const none = { recoveryCodes: [], appPasswords: [] };
  const reset = { ...none, enrolledAt: START_MS };
  const full = { ...reset, emailFactor: { confirmedAt: START_MS } };
  assert.deepEqual(
    (['disabled', 'enabled', 'forced'] as const).map((mode) =>
      [none, reset, full].map((account) => needsSetUp({ mode }, account)),
    ),
    [
      [false, false, false],
      [false, true, false],
      [true, true, false],
    ],
  );
});

test('CVE-2025-54391: an authenticator that was begun before the first factor cannot become the second', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const planted = await beginTotp(context, ALICE);
  await enrolledByEmail(context, ALICE, 'alice@example.net');
  const confirmation = confirmTotp(context, 'mallory', ALICE, codeAt(planted.secret, START_MS));
  await assert.rejects(confirmation, { code: 'NOT_ALLOWED' });
  assert.deepEqual(factorsOf(await record(context)), ['email']);
});

test('every change of a factor ends what the account has in browsers', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const expiresAt = START_MS + 86_400_000;
  const sign = { kind: 'code-sendings', id: 'x', owner: ALICE.name } as const;
  const trust = { kind: 'shown-once', id: 'x', owner: ALICE.name } as const;
  await context.store.ephemeral.put(sign, { value: { sentAt: [] }, expiresAt });
  const changes = [
    () => enrolledByEmail(context, ALICE, 'alice@example.net'),
    () => addTotp(context),
    () => removeFactor(context, ALICE.name, ALICE, 'email'),
    () => suspendAccount(context, 'admin', ALICE),
    () => resetFactors(context, 'admin', ALICE),
    () => unenrolAccount(context, 'admin', ALICE),
  ];
  for (const change of changes) {
    await context.store.ephemeral.put(trust, { value: { sealed: 's' }, expiresAt });
    await change();
    assert.equal(await context.store.ephemeral.load(trust), undefined);
    clock.now += STEP_MS;
  }
  assert.ok(await context.store.ephemeral.load(sign));
});

test('the mark of the factors changes with each of them and tells nothing', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const marks: string[] = [];
  const note = async () => marks.push(factorsMark(context.keyring, ALICE.name, await record(context)));
  await enrolledByEmail(context, ALICE, 'alice@example.net');
  await note();
  clock.now += STEP_MS;
  await addTotp(context);
  await note();
  clock.now += STEP_MS;
  await addTotp(context);
  await note();
  await removeFactor(context, 'x', ALICE, 'totp');
  await resetFactors(context, 'x', ALICE);
  await note();
  assert.equal(new Set(marks).size, 4);
  await renewRecoveryCodes(context, 'x', ALICE);
  await addAppPassword(context, 'x', ALICE, { name: 'Phone', scopes: ['imap'] });
  await note();
  assert.equal(marks[3], marks[4]);
});

test('the owner is told at the recovery address of every change, at the old one too when it changes', async () => {
  const clock = { now: START_MS };
  const { context, notices } = withNotices(testTools(clock));
  await enrolledByEmail(context, ALICE, 'old@example.net');
  await addAppPassword(context, ALICE.name, ALICE, { name: 'Phone', scopes: ['imap'] });
  await revokeAppPassword(context, ALICE.name, ALICE, 'Phone');
  clock.now += STEP_MS;
  const binding = { session: 's', account: ALICE, as: 'notices-only' } as const;
  const code = sentCode(await beginRecoveryAddress(context, binding, 'new@example.net', ADDRESS_RULES));
  await confirmRecoveryAddress(context, ALICE.name, binding, code);
  await resetFactors(context, 'admin@example.org', ALICE);
  await unenrolAccount(context, 'cli:root', ALICE);
  assert.deepEqual(
    notices.map(({ action, actor, to }) => [action, actor, to]),
    [
      ['account.enrolled', ALICE.name, ['old@example.net']],
      ['app-password.added', ALICE.name, ['old@example.net']],
      ['app-password.revoked', ALICE.name, ['old@example.net']],
      ['account.recovery-address-changed', ALICE.name, ['old@example.net', 'new@example.net']],
      ['account.factors-reset', 'admin@example.org', ['new@example.net', ALICE.name]],
      ['account.unenrolled', 'cli:root', ['new@example.net']],
    ],
  );
});

test('a notice comes in the language that the owner was seen to read', async () => {
  const { context, notices } = withNotices(testTools());
  await noteLanguage(context, ALICE, 'ms');
  assert.equal((await context.store.lookupAccount(ALICE)).record, undefined);
  await enrolledByEmail(context, ALICE, 'alice@example.net');
  await noteLanguage(context, ALICE, 'ms');
  const { epoch } = await context.store.lookupAccount(ALICE);
  await noteLanguage(context, ALICE, 'ms');
  assert.equal((await context.store.lookupAccount(ALICE)).epoch, epoch);
  await renewRecoveryCodes(context, ALICE.name, ALICE);
  await unenrolAccount(context, 'cli:root', ALICE);
  assert.deepEqual(
    notices.map(({ language }) => language),
    [undefined, 'ms', 'ms'],
  );
});
