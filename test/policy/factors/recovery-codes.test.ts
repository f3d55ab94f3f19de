import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';
import { showAccount } from '#policy/accounts/accounts.ts';
import { consumeRecoveryCode, makeRecoveryCodes, renewRecoveryCodes } from '#policy/factors/recovery-codes.ts';
import { enrolled, testAccount, testKeyring, testTools } from '../../support/policy.ts';

const ALICE = testAccount();

test('ten codes are made, easy to read, and kept as digests only', () => {
  const { codes, digests } = makeRecoveryCodes(testKeyring(), ALICE.name);
  assert.equal(new Set(codes.map((code) => code.expose())).size, 10);
  assert.equal(new Set(digests).size, 10);
  for (const code of codes) {
    assert.match(code.expose(), /^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/);
    assert.ok(!JSON.stringify(digests).includes(code.expose().replaceAll('-', '')));
  }
});

test('a code works once, however it is typed, and the account knows how many are left', async () => {
  const context = testTools();
  const { recoveryCodes } = await enrolled(context, ALICE);
  const [first, second, third] = recoveryCodes.map((code) => code.expose());
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const typed = [first, second.replaceAll('-', '').toUpperCase(), ` ${third.replaceAll('-', ' ')}\n`];
  for (const [index, text] of typed.entries()) {
    const left = 9 - index;
    assert.deepEqual(await consumeRecoveryCode(context, 'alice', ALICE, new Secret(text)), { kind: 'used', left });
    assert.deepEqual(await consumeRecoveryCode(context, 'alice', ALICE, new Secret(text)), { kind: 'unknown' });
    assert.equal((await showAccount(context, ALICE)).recoveryCodesLeft, left);
  }
  const entries = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 3 });
  assert.deepEqual(
    entries.map(({ action, detail }) => [action, detail['left']]),
    [
      ['account.recovery-code-used', 7],
      ['account.recovery-code-used', 8],
      ['account.recovery-code-used', 9],
    ],
  );
});

test('of parallel uses of one code one is right; parallel uses of different codes are all right', async () => {
  const context = testTools();
  const { recoveryCodes } = await enrolled(context, ALICE);
  const tries = recoveryCodes.flatMap((code) => [code, code, code]);
  const outcomes = await Promise.all(tries.map((code) => consumeRecoveryCode(context, 'alice', ALICE, code)));
  const used = outcomes.flatMap((outcome) => (outcome.kind === 'used' ? [outcome.left] : []));
  assert.deepEqual(
    used.toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal((await showAccount(context, ALICE)).recoveryCodesLeft, 0);
});

test('what is no code of this account is unknown and changes nothing', async () => {
  const context = testTools();
  const alice = await enrolled(context, ALICE);
  const bob = testAccount('bob');
  await enrolled(context, bob);
  const before = await context.store.lookupAccount(bob);
  const typed = ['', '----', 'abcd-efgh-jkmn', 'x'.repeat(100_000), alice.recoveryCodes[0]?.expose() ?? ''];
  typed.push(`${typed.at(-1)}a`);
  for (const text of typed) {
    assert.deepEqual(await consumeRecoveryCode(context, 'bob', bob, new Secret(text)), { kind: 'unknown' });
  }
  assert.deepEqual(await context.store.lookupAccount(bob), before);
  const unheard = testAccount('carol');
  assert.deepEqual(await consumeRecoveryCode(context, 'x', unheard, new Secret('abcd')), { kind: 'unknown' });
});

test('renewed codes replace all the old ones', async () => {
  const context = testTools();
  const { recoveryCodes } = await enrolled(context, ALICE);
  const [old, ...rest] = recoveryCodes;
  assert.ok(old !== undefined && rest[0] !== undefined);
  await consumeRecoveryCode(context, 'alice', ALICE, old);
  const fresh = await renewRecoveryCodes(context, 'alice', ALICE);
  assert.equal((await showAccount(context, ALICE)).recoveryCodesLeft, 10);
  assert.deepEqual(await consumeRecoveryCode(context, 'alice', ALICE, rest[0]), { kind: 'unknown' });
  assert.ok(fresh[0] !== undefined);
  assert.deepEqual(await consumeRecoveryCode(context, 'alice', ALICE, fresh[0]), { kind: 'used', left: 9 });
  const entries = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 2 });
  assert.equal(entries[1]?.action, 'account.recovery-codes-renewed');
});

test('an account that has not enrolled has no codes to renew', async () => {
  await assert.rejects(renewRecoveryCodes(testTools(), 'alice', ALICE), { code: 'NOT_ALLOWED' });
});

test('codes outlive a rotation of the master key, and are unknown when their key is gone', async () => {
  const before = testTools(undefined, testKeyring('old'));
  const { recoveryCodes } = await enrolled(before, ALICE);
  const [first, second] = recoveryCodes;
  assert.ok(first !== undefined && second !== undefined);
  const rotated = { ...before, keyring: testKeyring('new', 'old') };
  assert.deepEqual(await consumeRecoveryCode(rotated, 'alice', ALICE, first), { kind: 'used', left: 9 });
  const lost = { ...before, keyring: testKeyring('new') };
  assert.deepEqual(await consumeRecoveryCode(lost, 'alice', ALICE, second), { kind: 'unknown' });
});
