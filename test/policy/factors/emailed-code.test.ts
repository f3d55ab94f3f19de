import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';
import { checkEmailedCode, makeEmailedCode, type CodeBinding } from '#policy/factors/emailed-code.ts';
import { START_MS, testAccount, testKeyring, testTools } from '../../support/policy.ts';

const ALICE = testAccount();
const SIGN_IN: CodeBinding = { session: 's1', purpose: 'sign-in', account: ALICE };
const ADDRESS = 'alice@example.net';

async function made(context: ReturnType<typeof testTools>, binding = SIGN_IN, address = ADDRESS): Promise<Secret> {
  const outcome = await makeEmailedCode(context, binding, address);
  if (outcome.kind !== 'made') throw new Error(`not made but ${outcome.kind}`);
  return outcome.code;
}

/** Six digits that are not these. */
function otherThan(code: Secret, by = 1): Secret {
  return new Secret(String((Number(code.expose()) + by) % 1_000_000).padStart(6, '0'));
}

test('a code is six digits, good once, however it is spaced', async () => {
  const context = testTools();
  const code = await made(context);
  assert.match(code.expose(), /^\d{6}$/);
  const typed = new Secret(` ${code.expose().slice(0, 3)}-${code.expose().slice(3)} `);
  assert.deepEqual(await checkEmailedCode(context, SIGN_IN, typed), { kind: 'right', address: ADDRESS });
  assert.deepEqual(await checkEmailedCode(context, SIGN_IN, code), { kind: 'over' });
});

test('GHSA-29r8-gvx4-r9w3: a code is good only in its session, for its purpose and its account', async () => {
  const context = testTools();
  const code = await made(context);
  const elsewhere: readonly CodeBinding[] = [
    { ...SIGN_IN, session: 's2' },
    { ...SIGN_IN, purpose: 'step-up' },
    { ...SIGN_IN, purpose: 'email-factor' },
    { ...SIGN_IN, account: testAccount('bob') },
    { ...SIGN_IN, session: '' },
  ];
  for (const binding of elsewhere) assert.deepEqual(await checkEmailedCode(context, binding, code), { kind: 'over' });
  // Nor where that session has a code of its own, and its digest is put under the other's name.
  const [first, second] = [SIGN_IN, { ...SIGN_IN, session: 's2' }];
  await made(context, second);
  const stored = await context.store.ephemeral.listOf(ALICE.name, 'one-time-code');
  assert.equal(stored.length, 2);
  for (const entry of stored) {
    for (const { id } of stored) {
      await context.store.ephemeral.put({ kind: 'one-time-code', id, owner: ALICE.name }, entry);
    }
    const [one, other] = [
      await checkEmailedCode(context, second, code),
      await checkEmailedCode(context, first, otherThan(code)),
    ];
    assert.notEqual(one.kind, 'right');
    assert.notEqual(other.kind, 'right');
  }
});

test('after five wrong tries the right code is refused too', async () => {
  const context = testTools();
  const code = await made(context);
  for (const triesLeft of [4, 3, 2, 1, 0]) {
    const outcome = await checkEmailedCode(context, SIGN_IN, otherThan(code, triesLeft + 1));
    assert.deepEqual(outcome, { kind: 'wrong', triesLeft });
  }
  assert.deepEqual(await checkEmailedCode(context, SIGN_IN, code), { kind: 'over' });
});

test('what is not six digits is wrong and no try', async () => {
  const context = testTools();
  const code = await made(context);
  for (const typed of ['', '12345', '1234567', 'abcdef', '١٢٣٤٥']) {
    const outcome = await checkEmailedCode(context, SIGN_IN, new Secret(typed));
    assert.deepEqual(outcome, { kind: 'wrong', triesLeft: 5 });
  }
  assert.equal((await checkEmailedCode(context, SIGN_IN, code)).kind, 'right');
});

test('a code ends after ten minutes', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const early = await made(context);
  clock.now += 599_999;
  assert.equal((await checkEmailedCode(context, SIGN_IN, early)).kind, 'right');
  const late = await made(context);
  clock.now += 600_000;
  assert.deepEqual(await checkEmailedCode(context, SIGN_IN, late), { kind: 'over' });
});

test('of parallel tries with the right code exactly one is right', async () => {
  const context = testTools();
  const code = await made(context);
  const tries = await Promise.all(Array.from({ length: 20 }, () => checkEmailedCode(context, SIGN_IN, code)));
  assert.equal(tries.filter(({ kind }) => kind === 'right').length, 1);
  assert.equal(tries.filter(({ kind }) => kind === 'over').length, 19);
});

test('of parallel guesses no more than five are looked at', async () => {
  const context = testTools();
  const code = await made(context);
  const guesses = Array.from({ length: 50 }, (_, at) => otherThan(code, at + 1));
  const tries = await Promise.all([...guesses, code].map((guess) => checkEmailedCode(context, SIGN_IN, guess)));
  assert.equal(tries.filter(({ kind }) => kind !== 'over').length, 5);
  assert.equal((await checkEmailedCode(context, SIGN_IN, code)).kind, 'over');
});

test('a new code ends the one before it; the next may be asked for after half a minute', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const first = await made(context);
  assert.deepEqual(await makeEmailedCode(context, SIGN_IN, ADDRESS), { kind: 'too-many', retryAfterSeconds: 30 });
  clock.now += 30_000;
  const second = await made(context);
  if (first.expose() !== second.expose()) {
    assert.equal((await checkEmailedCode(context, SIGN_IN, first)).kind, 'wrong');
  }
  assert.equal((await checkEmailedCode(context, SIGN_IN, second)).kind, 'right');
});

test('an account is sent twelve codes an hour, whoever asks in whatever session', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const bindings = Array.from({ length: 40 }, (_, at) => ({ ...SIGN_IN, session: `s${at}` }));
  const sent = await Promise.all(bindings.map((binding) => makeEmailedCode(context, binding, ADDRESS)));
  assert.equal(sent.filter(({ kind }) => kind === 'made').length, 12);
  assert.equal((await makeEmailedCode(context, { ...SIGN_IN, account: testAccount('bob') }, ADDRESS)).kind, 'made');
  clock.now += 3_599_000;
  const soon = await makeEmailedCode(context, { ...SIGN_IN, session: 'x' }, ADDRESS);
  assert.deepEqual(soon, { kind: 'too-many', retryAfterSeconds: 1 });
  clock.now += 1000;
  assert.equal((await makeEmailedCode(context, { ...SIGN_IN, session: 'x' }, ADDRESS)).kind, 'made');
});

test('the store holds no code, and a digest of another master key is worth nothing', async () => {
  const context = testTools({ now: START_MS }, testKeyring('old'));
  const code = await made(context);
  const [entry] = await context.store.ephemeral.listOf(ALICE.name, 'one-time-code');
  assert.ok(!JSON.stringify(entry?.value).includes(code.expose()));
  assert.equal(entry?.value.keyId, 'old');
  const without = { ...context, keyring: testKeyring('new') };
  assert.equal((await checkEmailedCode(without, SIGN_IN, code)).kind, 'over');
});
