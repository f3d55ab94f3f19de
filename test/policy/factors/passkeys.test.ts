import assert from 'node:assert/strict';
import { test } from 'node:test';

import { showAccount } from '#policy/accounts/accounts.ts';
import { setDomain } from '#policy/domains/domains.ts';
import {
  beginPasskey,
  checkPasskey,
  confirmPasskey,
  removePasskey,
  renamePasskey,
  requestPasskey,
  type PasskeyTools,
} from '#policy/factors/passkeys.ts';
import { makePasskeyVerifier } from '#adapters/webauthn-verifier.ts';
import { SITE, softwareAuthenticator, type SoftwareAuthenticator } from '../../support/software-authenticator.ts';
import { START_MS, enrolled, enrolledByEmail, testAccount, testTools, withNotices } from '../../support/policy.ts';

const ALICE = testAccount();
const BINDING = { session: 's1', account: ALICE };

function passkeyTools(clock = { now: START_MS }): PasskeyTools {
  return { ...testTools(clock), passkeys: makePasskeyVerifier(), site: SITE };
}

/** Adds a passkey as a user would. */
async function added(
  context: PasskeyTools,
  key = softwareAuthenticator(),
  name = 'Phone',
): Promise<SoftwareAuthenticator> {
  const { challenge } = await beginPasskey(context, BINDING);
  const outcome = await confirmPasskey(context, ALICE.name, BINDING, { response: key.register({ challenge }), name });
  if (outcome.kind === 'not-proven') throw new Error(outcome.kind);
  return key;
}

async function readyTools(clock = { now: START_MS }): Promise<PasskeyTools> {
  const context = passkeyTools(clock);
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled' });
  return context;
}

async function passkeysOf(context: PasskeyTools) {
  return (await context.store.lookupAccount(ALICE)).record?.passkeys ?? [];
}

test('the first passkey turns two-step on; each further one is one more', async () => {
  const context = await readyTools();
  const key = softwareAuthenticator();
  const creation = await beginPasskey(context, BINDING);
  assert.deepEqual(creation.rp, { id: 'mail.example.org', name: 'Example Mail' });
  assert.ok(!creation.user.id.includes('alice'));
  const answer = { response: key.register(creation), name: ' Phone ' };
  const outcome = await confirmPasskey(context, ALICE.name, BINDING, answer);
  assert.ok(outcome.kind === 'enrolled');
  assert.equal(outcome.recoveryCodes.length, 10);
  const second = await beginPasskey(context, BINDING);
  assert.deepEqual(
    second.excludeCredentials.map(({ id }) => id),
    [key.id],
  );
  const more = { response: softwareAuthenticator().register(second), name: 'Laptop' };
  assert.equal((await confirmPasskey(context, ALICE.name, BINDING, more)).kind, 'added');
  assert.deepEqual(
    (await passkeysOf(context)).map(({ name, counter, transports }) => [name, counter, transports]),
    [
      ['Phone', 1, ['internal']],
      ['Laptop', 1, ['internal']],
    ],
  );
  assert.deepEqual((await showAccount(context, ALICE)).factors, ['passkey']);
});

test('a passkey proves itself at sign-in and counts its uses', async () => {
  const clock = { now: START_MS };
  const context = await readyTools(clock);
  const key = await added(context);
  clock.now += 1000;
  const request = await requestPasskey(context, BINDING, 'sign-in');
  assert.deepEqual(request.allowCredentials, [{ type: 'public-key', id: key.id, transports: ['internal'] }]);
  const outcome = await checkPasskey(context, BINDING, 'sign-in', key.prove(request));
  assert.ok(outcome.kind === 'right');
  assert.deepEqual([outcome.passkey.counter, outcome.passkey.lastUsedAt], [2, clock.now]);
});

test('a challenge is good once, in its session, for its purpose and its account, for five minutes', async () => {
  const clock = { now: START_MS };
  const context = await readyTools(clock);
  const key = await added(context);
  const bob = testAccount('bob');
  const elsewhere = [
    [{ ...BINDING, session: 's2' }, 'sign-in'],
    [BINDING, 'step-up'],
    [{ ...BINDING, account: bob }, 'sign-in'],
  ] as const;
  const request = await requestPasskey(context, BINDING, 'sign-in');
  const answer = key.prove(request);
  for (const [binding, purpose] of elsewhere) {
    assert.deepEqual(await checkPasskey(context, binding, purpose, answer), { kind: 'over' });
  }
  const tries = await Promise.all(Array.from({ length: 8 }, () => checkPasskey(context, BINDING, 'sign-in', answer)));
  assert.equal(tries.filter(({ kind }) => kind === 'right').length, 1);
  assert.equal(tries.filter(({ kind }) => kind === 'over').length, 7);
  const late = await requestPasskey(context, BINDING, 'sign-in');
  clock.now += 300_000;
  assert.equal((await checkPasskey(context, BINDING, 'sign-in', key.prove(late))).kind, 'over');
});

test('an answer to another challenge, from another site, of another key or kind is wrong', async () => {
  const context = await readyTools();
  const key = await added(context);
  const answers = [
    (challenge: string) => key.prove({ challenge: `${challenge.slice(0, -2)}AA` }),
    (challenge: string) => key.prove({ challenge, origin: 'https://mail.example.org.evil.example' }),
    (challenge: string) => key.prove({ challenge, origin: 'http://mail.example.org' }),
    (challenge: string) => key.prove({ challenge, rpId: 'evil.example' }),
    (challenge: string) => key.prove({ challenge, type: 'webauthn.create' }),
    (challenge: string) => key.prove({ challenge, present: false }),
    (challenge: string) => softwareAuthenticator().prove({ challenge }),
    (challenge: string) => ({ ...softwareAuthenticator().prove({ challenge }), id: key.id, rawId: key.id }),
    (challenge: string) => key.register({ challenge }),
    () => undefined,
    () => 'x',
    () => [],
    () => ({ id: key.id, rawId: key.id, type: 'public-key', response: {} }),
    () => ({ id: '__proto__', rawId: '', type: 'public-key', response: null }),
  ];
  for (const [at, answer] of answers.entries()) {
    const { challenge } = await requestPasskey(context, BINDING, 'step-up');
    const outcome = await checkPasskey(context, BINDING, 'step-up', answer(challenge));
    assert.deepEqual(outcome, { kind: 'wrong' }, `answer ${at}`);
  }
  const { challenge } = await requestPasskey(context, BINDING, 'step-up');
  assert.equal((await checkPasskey(context, BINDING, 'step-up', key.prove({ challenge, counter: 100 }))).kind, 'right');
});

test('a copied authenticator is found out by its count; one that does not count is taken as it is', async () => {
  const context = await readyTools();
  const key = await added(context);
  const prove = async (counter: number): Promise<string> => {
    const { challenge } = await requestPasskey(context, BINDING, 'sign-in');
    return (await checkPasskey(context, BINDING, 'sign-in', key.prove({ challenge, counter }))).kind;
  };
  const kinds = [];
  for (const counter of [5, 5, 4, 0, 6]) kinds.push(await prove(counter));
  assert.deepEqual(kinds, ['right', 'wrong', 'wrong', 'wrong', 'right']);
  const simple = await added(context, softwareAuthenticator({ counts: false }), 'Simple');
  for (let use = 0; use < 2; use += 1) {
    const { challenge } = await requestPasskey(context, BINDING, 'sign-in');
    assert.equal((await checkPasskey(context, BINDING, 'sign-in', simple.prove({ challenge }))).kind, 'right');
  }
});

test('two proofs with one count at the same time: one is right', async () => {
  const context = await readyTools();
  const key = await added(context);
  const bindings = [BINDING, { ...BINDING, session: 's2' }];
  const requests = await Promise.all(bindings.map((binding) => requestPasskey(context, binding, 'sign-in')));
  const outcomes = await Promise.all(
    requests.map(({ challenge }, at) =>
      checkPasskey(context, bindings[at] ?? BINDING, 'sign-in', key.prove({ challenge, counter: 9 })),
    ),
  );
  assert.deepEqual(outcomes.map(({ kind }) => kind).toSorted(), ['right', 'wrong']);
});

test('a registration that does not fit its challenge or site adds nothing', async () => {
  const context = await readyTools();
  const key = softwareAuthenticator();
  const answers = [
    (challenge: string) => key.register({ challenge: `${challenge}A` }),
    (challenge: string) => key.register({ challenge, origin: 'https://evil.example' }),
    (challenge: string) => key.register({ challenge, rpId: 'evil.example' }),
    (challenge: string) => key.register({ challenge, present: false }),
    (challenge: string) => key.register({ challenge, type: 'webauthn.get' }),
    (challenge: string) => key.prove({ challenge }),
    () => null,
  ];
  for (const [at, answer] of answers.entries()) {
    const { challenge } = await beginPasskey(context, BINDING);
    const outcome = await confirmPasskey(context, 'x', BINDING, { response: answer(challenge), name: 'Phone' });
    assert.deepEqual(outcome, { kind: 'not-proven' }, `answer ${at}`);
  }
  const { challenge } = await beginPasskey(context, BINDING);
  const response = key.register({ challenge });
  const unnamed = confirmPasskey(context, 'x', BINDING, { response, name: '' });
  await assert.rejects(unnamed, { code: 'USAGE' });
  assert.deepEqual(await passkeysOf(context), []);
  assert.equal((await showAccount(context, ALICE)).enrolledAt, undefined);
});

test('CVE-2025-54391: a passkey that the password alone began does not become a second factor', async () => {
  const context = await readyTools();
  const key = softwareAuthenticator();
  const { challenge } = await beginPasskey(context, BINDING);
  await enrolled(context, ALICE);
  const outcome = await confirmPasskey(context, 'mallory', BINDING, {
    response: key.register({ challenge }),
    name: 'x',
  });
  assert.equal(outcome.kind, 'not-proven');
  assert.deepEqual((await showAccount(context, ALICE)).factors, ['totp']);
});

test('the same passkey is not there twice, and there are ten at most', async () => {
  const context = await readyTools();
  const key = await added(context);
  const { challenge } = await beginPasskey(context, BINDING);
  const twice = confirmPasskey(context, 'x', BINDING, { response: key.register({ challenge }), name: 'Again' });
  await assert.rejects(twice, { code: 'NOT_ALLOWED' });
  for (let number = 2; number <= 10; number += 1) await added(context, softwareAuthenticator(), `Key ${number}`);
  await assert.rejects(beginPasskey(context, BINDING), { code: 'NOT_ALLOWED', message: /10 passkeys/ });
});

test('a passkey can be renamed and taken away, but not the only factor', async () => {
  const { context, notices } = withNotices(await readyTools());
  const own: PasskeyTools = { ...context, passkeys: makePasskeyVerifier(), site: SITE };
  await enrolledByEmail(own, ALICE, 'alice@example.net');
  const key = await added(own);
  await renamePasskey(own, ALICE, { id: key.id, name: 'Old phone' });
  assert.equal((await passkeysOf(own))[0]?.name, 'Old phone');
  await removePasskey(own, ALICE.name, ALICE, key.id);
  assert.deepEqual(await passkeysOf(own), []);
  assert.equal(notices.at(-1)?.action, 'account.factor-removed');
  for (const act of [
    () => removePasskey(own, 'x', ALICE, key.id),
    () => renamePasskey(own, ALICE, { id: key.id, name: 'x' }),
  ]) {
    await assert.rejects(act(), { code: 'NOT_FOUND' });
  }
  await assert.rejects(requestPasskey(own, BINDING, 'sign-in'), { code: 'NOT_ALLOWED' });
  const alone = await readyTools();
  const only = await added(alone);
  await assert.rejects(removePasskey(alone, 'x', ALICE, only.id), { code: 'NOT_ALLOWED' });
});

test('only a domain that permits passkeys has them', async () => {
  const context = passkeyTools();
  await assert.rejects(beginPasskey(context, BINDING), { code: 'NOT_ALLOWED' });
  await setDomain(context, 'test', ALICE.domain, { mode: 'enabled', methods: ['totp'] });
  await assert.rejects(beginPasskey(context, BINDING), { code: 'NOT_ALLOWED', message: /passkeys/ });
});
