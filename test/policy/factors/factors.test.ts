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

async function addTotp(tools: ReturnType<typeof testTools>) {
  const { secret } = await beginTotp(tools, ALICE);
  return confirmTotp(tools, ALICE.name, ALICE, codeAt(secret, tools.clock()));
}

async function record(tools: ReturnType<typeof testTools>) {
  const found = (await tools.store.lookupAccount(ALICE)).record;
  assert.ok(found);
  return found;
}

test('both factors can be on at once; adding the second changes nothing else', async () => {
  const tools = testTools();
  await enrolledByEmail(tools, ALICE, 'alice@example.net');
  const before = await showAccount(tools, ALICE);
  assert.deepEqual(await addTotp(tools), { kind: 'added' });
  assert.deepEqual(await showAccount(tools, ALICE), { ...before, factors: ['totp', 'email'] });
});

test('one of two factors can be taken away, the last one only by turning two-step off', async () => {
  const tools = testTools();
  await enrolledByEmail(tools, ALICE, 'alice@example.net');
  await addTotp(tools);
  assert.equal(await removeFactor(tools, ALICE.name, ALICE, 'passkey'), false);
  assert.equal(await removeFactor(tools, ALICE.name, ALICE, 'email'), true);
  assert.deepEqual(factorsOf(await record(tools)), ['totp']);
  assert.equal((await record(tools)).recoveryAddress, 'alice@example.net');
  await assert.rejects(removeFactor(tools, ALICE.name, ALICE, 'totp'), { code: 'NOT_ALLOWED' });
  assert.equal(await turnOff(tools, ALICE.name, ALICE), true);
  assert.deepEqual(factorsOf(await record(tools)), []);
  assert.equal((await record(tools)).enrolledAt, undefined);
});

test('of parallel removals of both factors one is refused', async () => {
  const tools = testTools();
  await enrolledByEmail(tools, ALICE, 'alice@example.net');
  await addTotp(tools);
  const tries = await Promise.allSettled(
    (['totp', 'email'] as const).map((factor) => removeFactor(tools, ALICE.name, ALICE, factor)),
  );
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(factorsOf(await record(tools)).length, 1);
});

test('in a forced domain nobody turns two-step off but an operator', async () => {
  const tools = testTools();
  await enrolled(tools, ALICE, { mode: 'forced' });
  await assert.rejects(turnOff(tools, ALICE.name, ALICE), { code: 'NOT_ALLOWED' });
  assert.equal(await unenrolAccount(tools, 'cli:root', ALICE), true);
});

test('a reset leaves the app passwords, and the ordinary password opens no mail program', async () => {
  const tools = testTools();
  const { appPassword } = await enrolled(tools, ALICE);
  assert.equal(await resetFactors(tools, 'admin@example.org', ALICE), true);
  const view = await showAccount(tools, ALICE);
  assert.deepEqual([view.factors, view.recoveryCodesLeft, view.standing], [[], 0, 'app-password']);
  assert.equal((await revealAppPassword(tools, 'x', ALICE, 'Mail apps')).expose(), appPassword.expose());
  assert.equal(needsSetUp(view.policy, await record(tools)), true);
  const again = await addTotp(tools);
  assert.ok(again.kind === 'restored');
  assert.equal(again.appPassword, undefined);
  assert.equal(again.recoveryCodes.length, 10);
  assert.equal(needsSetUp(view.policy, await record(tools)), false);
});

test('a reset that revokes the app passwords too ends with a new one', async () => {
  const tools = testTools();
  await enrolled(tools, ALICE);
  await resetFactors(tools, 'admin@example.org', ALICE, 'revoke');
  assert.deepEqual((await showAccount(tools, ALICE)).appPasswords, []);
  const again = await addTotp(tools);
  assert.ok(again.kind === 'restored');
  assert.equal((await revealAppPassword(tools, 'x', ALICE, 'Mail apps')).expose(), again.appPassword?.expose());
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
  const tools = testTools();
  await setDomain(tools, 'test', ALICE.domain, { mode: 'enabled' });
  const planted = await beginTotp(tools, ALICE);
  await enrolledByEmail(tools, ALICE, 'alice@example.net');
  const confirmation = confirmTotp(tools, 'mallory', ALICE, codeAt(planted.secret, START_MS));
  await assert.rejects(confirmation, { code: 'NOT_ALLOWED' });
  assert.deepEqual(factorsOf(await record(tools)), ['email']);
});

test('every change of a factor ends what the account has in browsers', async () => {
  const clock = { now: START_MS };
  const tools = testTools(clock);
  const expiresAt = START_MS + 86_400_000;
  const sign = { kind: 'code-sendings', id: 'x', owner: ALICE.name } as const;
  const trust = { kind: 'shown-once', id: 'x', owner: ALICE.name } as const;
  await tools.store.ephemeral.put(sign, { value: { sentAt: [] }, expiresAt });
  const changes = [
    () => enrolledByEmail(tools, ALICE, 'alice@example.net'),
    () => addTotp(tools),
    () => removeFactor(tools, ALICE.name, ALICE, 'email'),
    () => suspendAccount(tools, 'admin', ALICE),
    () => resetFactors(tools, 'admin', ALICE),
    () => unenrolAccount(tools, 'admin', ALICE),
  ];
  for (const change of changes) {
    await tools.store.ephemeral.put(trust, { value: { sealed: 's' }, expiresAt });
    await change();
    assert.equal(await tools.store.ephemeral.load(trust), undefined);
    clock.now += STEP_MS;
  }
  assert.ok(await tools.store.ephemeral.load(sign));
});

test('the mark of the factors changes with each of them and tells nothing', async () => {
  const clock = { now: START_MS };
  const tools = testTools(clock);
  const marks: string[] = [];
  const note = async () => marks.push(factorsMark(tools.keyring, ALICE.name, await record(tools)));
  await enrolledByEmail(tools, ALICE, 'alice@example.net');
  await note();
  clock.now += STEP_MS;
  await addTotp(tools);
  await note();
  clock.now += STEP_MS;
  await addTotp(tools);
  await note();
  await removeFactor(tools, 'x', ALICE, 'totp');
  await resetFactors(tools, 'x', ALICE);
  await note();
  assert.equal(new Set(marks).size, 4);
  await renewRecoveryCodes(tools, 'x', ALICE);
  await addAppPassword(tools, 'x', ALICE, { name: 'Phone', scopes: ['imap'] });
  await note();
  assert.equal(marks[3], marks[4]);
});

test('the owner is told at the recovery address of every change, at the old one too when it changes', async () => {
  const clock = { now: START_MS };
  const { tools, notices } = withNotices(testTools(clock));
  await enrolledByEmail(tools, ALICE, 'old@example.net');
  await addAppPassword(tools, ALICE.name, ALICE, { name: 'Phone', scopes: ['imap'] });
  await revokeAppPassword(tools, ALICE.name, ALICE, 'Phone');
  clock.now += STEP_MS;
  const binding = { session: 's', account: ALICE, as: 'notices-only' } as const;
  const code = sentCode(await beginRecoveryAddress(tools, binding, 'new@example.net', ADDRESS_RULES));
  await confirmRecoveryAddress(tools, ALICE.name, binding, code);
  await resetFactors(tools, 'admin@example.org', ALICE);
  await unenrolAccount(tools, 'cli:root', ALICE);
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
  const { tools, notices } = withNotices(testTools());
  await noteLanguage(tools, ALICE, 'ms');
  assert.equal((await tools.store.lookupAccount(ALICE)).record, undefined);
  await enrolledByEmail(tools, ALICE, 'alice@example.net');
  await noteLanguage(tools, ALICE, 'ms');
  const { epoch } = await tools.store.lookupAccount(ALICE);
  await noteLanguage(tools, ALICE, 'ms');
  assert.equal((await tools.store.lookupAccount(ALICE)).epoch, epoch);
  await renewRecoveryCodes(tools, ALICE.name, ALICE);
  await unenrolAccount(tools, 'cli:root', ALICE);
  assert.deepEqual(
    notices.map(({ language }) => language),
    [undefined, 'ms', 'ms'],
  );
});
