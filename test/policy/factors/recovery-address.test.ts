import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';
import { showAccount } from '#policy/accounts/accounts.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { checkFactorCode, makeFactorCode } from '#policy/factors/email-factor.ts';
import {
  beginRecoveryAddress,
  checkRecoveryAddress,
  confirmRecoveryAddress,
  type AddressBinding,
} from '#policy/factors/recovery-address.ts';
import {
  ADDRESS_RULES,
  START_MS,
  enrolled,
  enrolledByEmail,
  sentCode,
  testAccount,
  testTools,
} from '../../support/policy.ts';

const ALICE = testAccount();
const FACTOR: AddressBinding = { session: 's1', account: ALICE, as: 'factor' };
const NOTICES: AddressBinding = { session: 's1', account: ALICE, as: 'notices-only' };

test('the mailbox itself is no recovery address, however it is spelled', () => {
  const spellings = [
    'alice@example.org',
    ' Alice@Example.ORG ',
    'alice+else@example.org',
    'ALICE+@example.org',
    'ａlice@example.org',
    'alice@ｅxample.org',
  ];
  for (const typed of spellings) {
    assert.deepEqual(checkRecoveryAddress(ALICE, typed, ADDRESS_RULES), { kind: 'same-mailbox' }, typed);
  }
  const bucher = testAccount('alice', 'xn--bcher-kva.example');
  const typed = checkRecoveryAddress(bucher, 'alice@BÜCHER.example', ADDRESS_RULES);
  assert.deepEqual(typed, { kind: 'same-mailbox' });
  const dashed = { ...ADDRESS_RULES, subaddressDelimiter: '-' };
  assert.deepEqual(checkRecoveryAddress(ALICE, 'alice-else@example.org', dashed), { kind: 'same-mailbox' });
});

test('another mailbox is one, as it was typed but for its domain', () => {
  const fit = (typed: string) => checkRecoveryAddress(ALICE, typed, ADDRESS_RULES);
  assert.deepEqual(fit('Alice.Private+x@Example.NET '), { kind: 'fit', address: 'Alice.Private+x@example.net' });
  assert.deepEqual(fit('alice@example.net'), { kind: 'fit', address: 'alice@example.net' });
  assert.deepEqual(fit('bob@example.org'), { kind: 'fit', address: 'bob@example.org' });
});

test('what is no address is refused', () => {
  const strange = [
    '',
    'alice',
    '@',
    'a@b',
    'a b@example.net',
    'a@example.net\r\nBcc: x@y.z',
    'a@b@example.net',
    '<a@example.net>',
  ];
  for (const typed of [...strange, 'alice%example.net', 'a@127.0.0.1', `${'a'.repeat(400)}@example.net`]) {
    assert.deepEqual(checkRecoveryAddress(ALICE, typed, ADDRESS_RULES), { kind: 'malformed' }, typed);
  }
});

test('a verified address as a factor turns two-step on', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const begun = await beginRecoveryAddress(context, FACTOR, 'alice@example.net', ADDRESS_RULES);
  assert.ok(begun.kind === 'made');
  assert.equal(begun.address, 'alice@example.net');
  assert.equal((await showAccount(context, ALICE)).recoveryAddress, undefined);
  const outcome = await confirmRecoveryAddress(context, ALICE.name, FACTOR, begun.code);
  assert.ok(outcome.kind === 'enrolled');
  assert.equal(outcome.recoveryCodes.length, 10);
  const view = await showAccount(context, ALICE);
  assert.deepEqual([view.factors, view.recoveryAddress, view.enrolledAt], [['email'], 'alice@example.net', START_MS]);
  assert.equal(view.appPasswords[0]?.name, 'Mail apps');
});

test('an address for notices is set without turning anything on', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled', methods: ['totp'] });
  const code = sentCode(await beginRecoveryAddress(context, NOTICES, 'alice@example.net', ADDRESS_RULES));
  assert.deepEqual(await confirmRecoveryAddress(context, ALICE.name, NOTICES, code), { kind: 'set' });
  const view = await showAccount(context, ALICE);
  assert.deepEqual([view.factors, view.recoveryAddress, view.enrolledAt], [[], 'alice@example.net', undefined]);
});

test('a wrong code sets nothing, and codes of the two uses are not each other', async () => {
  const context = testTools();
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const code = sentCode(await beginRecoveryAddress(context, NOTICES, 'alice@example.net', ADDRESS_RULES));
  assert.equal((await confirmRecoveryAddress(context, 'alice', FACTOR, code)).kind, 'over');
  const other = new Secret(code.expose() === '000000' ? '000001' : '000000');
  assert.deepEqual(await confirmRecoveryAddress(context, 'alice', NOTICES, other), { kind: 'wrong', triesLeft: 4 });
  assert.equal((await showAccount(context, ALICE)).recoveryAddress, undefined);
});

test('policy refuses where the domain does: two-step off, email not permitted, an address that does not fit', async () => {
  const context = testTools();
  const begin = (binding: AddressBinding, typed = 'alice@example.net') =>
    beginRecoveryAddress(context, binding, typed, ADDRESS_RULES);
  await assert.rejects(begin(NOTICES), { code: 'NOT_ALLOWED' });
  await setDomain(context, 'test', ALICE.domain, { mode: 'forced', methods: ['totp'] });
  await assert.rejects(begin(FACTOR), { code: 'NOT_ALLOWED', message: /does not permit codes by email/ });
  await assert.rejects(begin(NOTICES, ALICE.name), { code: 'USAGE' });
});

test('CVE-2025-54391: what the password alone began does not end as a second factor', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const planted = sentCode(await beginRecoveryAddress(context, FACTOR, 'mallory@example.net', ADDRESS_RULES));
  await enrolled(context, ALICE);
  assert.equal((await confirmRecoveryAddress(context, 'mallory', FACTOR, planted)).kind, 'over');
  assert.deepEqual((await showAccount(context, ALICE)).factors, ['totp']);
});

test('an email factor moves to the new address, and a code to the old one is worth nothing', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await enrolledByEmail(context, ALICE, 'old@example.net');
  const binding = { session: 's2', purpose: 'sign-in', account: ALICE } as const;
  const old = sentCode(await makeFactorCode(context, binding));
  const code = sentCode(await beginRecoveryAddress(context, NOTICES, 'new@example.net', ADDRESS_RULES));
  assert.deepEqual(await confirmRecoveryAddress(context, ALICE.name, NOTICES, code), { kind: 'set' });
  assert.equal((await checkFactorCode(context, binding, old)).kind, 'over');
  clock.now += 60_000;
  const next = await makeFactorCode(context, binding);
  assert.ok(next.kind === 'made');
  assert.equal(next.address, 'new@example.net');
  assert.deepEqual(await checkFactorCode(context, binding, next.code), { kind: 'right', address: 'new@example.net' });
});

test('without an email factor there are no codes by email', async () => {
  const context = testTools();
  await enrolled(context, ALICE);
  const binding = { session: 's', purpose: 'step-up', account: ALICE } as const;
  await assert.rejects(makeFactorCode(context, binding), { code: 'NOT_ALLOWED' });
  await assert.rejects(checkFactorCode(context, binding, new Secret('123456')), { code: 'NOT_ALLOWED' });
});

test('what the password alone began is worth nothing once there is a factor, also where its codes were not ended', async () => {
  const made = testTools();
  // A process that dies between the two: the enrolment stands, the codes of before it are still there.
  const ephemeral = { ...made.store.ephemeral, endAll: async () => 0 };
  const context = { ...made, store: { ...made.store, ephemeral } };
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  const planted = sentCode(await beginRecoveryAddress(context, FACTOR, 'mallory@example.net', ADDRESS_RULES));
  await enrolled(context, ALICE);
  assert.equal((await confirmRecoveryAddress(context, 'mallory', FACTOR, planted)).kind, 'over');
  assert.equal((await showAccount(context, ALICE)).recoveryAddress, undefined);
});
