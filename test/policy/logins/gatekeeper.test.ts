import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { suspendAccount } from '#policy/accounts/accounts.ts';
import { makeGatekeeper } from '#policy/logins/gatekeeper.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { revokeAppPassword } from '#policy/app-passwords/app-passwords.ts';
import {
  START_MS,
  enrolled,
  password,
  testAccount,
  testAttempt,
  testKeyring,
  testTools,
} from '../../support/policy.ts';

import type { FaultCode } from '#core/fault.ts';
import type { Offered, Verdict } from '#core/verdict.ts';
import type { GatekeeperOptions } from '#policy/logins/gatekeeper.ts';
import type { Store } from '#policy/ports/store.ts';
import type { AttemptParts } from '../../support/policy.ts';
import type { Limits, LoginQuery } from '#policy/ports/logins.ts';
import type { Gatekeeper as GatewaysGatekeeper } from '#gateway/ports/gatekeeper.ts';

const ALICE = testAccount();
const ORDINARY = 'correct horse';
const WRONG: Verdict = { kind: 'deny', reason: 'wrong-credentials' };
const UNAVAILABLE: Verdict = { kind: 'unavailable' };
const REQUIRED: Verdict = { kind: 'deny', reason: 'app-password-required' };
const LIMITS: Limits = {
  accountFailures: 5,
  accountNetworkFailures: 3,
  failureWindowSeconds: 900,
  networkVerdicts: 1000,
  networkWindowSeconds: 20,
};

/** A gatekeeper over a store in memory, and what happened around it. `store` may be swapped while it runs. */
function world(options: Partial<Omit<GatekeeperOptions, 'store'>> = {}) {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const memory = context.store;
  const seen = { calls: new Array<string>(), queries: new Array<LoginQuery>(), asked: new Array<string>() };
  const faults = new Array<FaultCode>();
  const overrides: Partial<Store> = {};
  const pick = <K extends keyof GatekeeperOptions['store']>(name: K): Store[K] => overrides[name] ?? memory[name];
  const store: GatekeeperOptions['store'] = {
    lookupLogin: (query) => {
      seen.calls.push('lookupLogin');
      seen.queries.push(query);
      return pick('lookupLogin')(query);
    },
    recordSuccess: (success) => {
      seen.calls.push('recordSuccess');
      return pick('recordSuccess')(success);
    },
    lookupDomain: (domain) => pick('lookupDomain')(domain),
    lookupAccount: (account) => pick('lookupAccount')(account),
    appendAudit: (entry) => {
      seen.calls.push('appendAudit');
      return pick('appendAudit')(entry);
    },
  };
  const gatekeeper = makeGatekeeper({
    keyring: context.keyring,
    limits: LIMITS,
    clock: context.clock,
    staleSeconds: 300,
    onFault: ({ code }) => faults.push(code),
    checkOrdinaryPassword: async ({ offered }) => {
      const text = offered.kind === 'password' ? offered.password.expose() : 'a token';
      seen.asked.push(text);
      return text === ORDINARY ? 'right' : 'wrong';
    },
    ...options,
    store,
  });
  const decide = (parts: AttemptParts, signal = new AbortController().signal): Promise<Verdict> =>
    gatekeeper.decide(testAttempt(parts), signal);
  const login = (text: string, parts: AttemptParts = {}): Promise<Verdict> =>
    decide({ offered: password(text), ...parts });
  return { clock, context, memory, seen, faults, overrides, gatekeeper, decide, login };
}

function failing(code: FaultCode): () => Promise<never> {
  return () => Promise.reject(new Fault(code, 'made to fail'));
}

function never(): Promise<never> {
  return Promise.withResolvers<never>().promise;
}

/** Lets everything that is already due run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

test('the gatekeeper is what the gateway asks for', async () => {
  const { gatekeeper } = world();
  const fits: GatewaysGatekeeper = gatekeeper;
  assert.equal(typeof fits.review, 'function');
});

test('a login is one round trip to the store, and for an app password asks nobody else', async () => {
  const { context, seen, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  const verdict = await login(appPassword.expose());
  assert.equal(verdict.kind, 'allow');
  assert.deepEqual(seen.calls, ['lookupLogin']);
  assert.deepEqual(seen.asked, []);
});

test('the store is told neither secret nor full address', async () => {
  const { context, seen, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  const text = appPassword.expose();
  await login(text, { address: '2001:db8::aaaa:1' });
  await login(text.replace(/.{4}/g, '$&-').toUpperCase(), { address: '2001:db8::bbbb:2' });
  await login(ORDINARY, { address: '2001:db8::aaaa:1' });
  const [first, second, third] = seen.queries;
  assert.ok(!JSON.stringify(seen.queries).includes(text));
  assert.equal(first?.network, '2001:db8::/56');
  assert.match(first?.secretFingerprint ?? '', /^[\w-]{16}$/);
  assert.equal(second?.secretFingerprint, first?.secretFingerprint);
  assert.notEqual(third?.secretFingerprint, first?.secretFingerprint);
});

test('two accounts with one password have different marks', async () => {
  const { seen, login } = world();
  await login(ORDINARY);
  await login(ORDINARY, { account: testAccount('bob') });
  assert.notEqual(seen.queries[0]?.secretFingerprint, seen.queries[1]?.secretFingerprint);
});

test('an account without two-step is forwarded, with the date at which that ends', async () => {
  const { clock, context, seen, login } = world();
  assert.deepEqual(await login(ORDINARY), { kind: 'forward', epochs: { account: 0, domain: 0 } });
  const cutOffAt = clock.now + 5000;
  await setDomain(context, 'test', ALICE.domain, { mode: 'forced', forcedFrom: cutOffAt });
  assert.deepEqual(await login(ORDINARY), { kind: 'forward', epochs: { account: 0, domain: 1 }, cutOffAt });
  clock.now = cutOffAt;
  assert.deepEqual(await login(ORDINARY), { kind: 'deny', reason: 'enrolment-required' });
  assert.deepEqual(seen.asked, [ORDINARY]);
});

test('the right ordinary password is told what to do instead, and that is audited', async () => {
  const { context, memory, seen, login } = world();
  await enrolled(context, ALICE);
  assert.deepEqual(await login(ORDINARY), REQUIRED);
  assert.deepEqual(seen.calls, ['lookupLogin', 'appendAudit']);
  const [entry] = await memory.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 1 });
  assert.deepEqual(entry, {
    at: START_MS,
    actor: 'gateway',
    action: 'login.hinted',
    domain: ALICE.domain,
    account: ALICE.name,
    detail: { reason: 'app-password-required', protocol: 'imap', network: '192.0.2.7/32' },
  });
});

test('a wrong password learns nothing: enrolled, not enrolled and unheard of ask and answer alike', async () => {
  const { context, seen, login } = world();
  await enrolled(context, ALICE, { mode: 'forced' });
  for (const local of ['alice', 'bob', 'nobody']) {
    seen.calls.length = 0;
    seen.asked.length = 0;
    assert.deepEqual(await login('guess', { account: testAccount(local) }), WRONG);
    assert.deepEqual(seen.calls, ['lookupLogin']);
    assert.deepEqual(seen.asked, ['guess']);
  }
});

test('where there are no hints the right password does the same work and sounds wrong', async () => {
  const { context, seen, login } = world();
  await enrolled(context, ALICE, { mode: 'forced', hints: 'never' });
  for (const local of ['alice', 'bob']) {
    for (const text of [ORDINARY, 'guess']) {
      seen.calls.length = 0;
      seen.asked.length = 0;
      assert.deepEqual(await login(text, { account: testAccount(local) }), WRONG);
      assert.deepEqual(seen.calls, ['lookupLogin']);
      assert.deepEqual(seen.asked, [text]);
    }
  }
});

test('a secret that only looks like an app password is asked about like any other', async () => {
  const shaped = 'abcd efgh jkmn pqrs';
  const right = world({ checkOrdinaryPassword: async () => 'right' });
  await enrolled(right.context, ALICE);
  assert.deepEqual(await right.login(shaped), REQUIRED);
  const wrong = world();
  await enrolled(wrong.context, ALICE);
  assert.deepEqual(await wrong.login(shaped), WRONG);
  assert.deepEqual(wrong.seen.asked, [shaped]);
});

test('a backend that cannot be asked makes the answer unavailable, not wrong', async () => {
  const { context, login } = world({ checkOrdinaryPassword: async () => 'unavailable' });
  await enrolled(context, ALICE);
  assert.deepEqual(await login(ORDINARY), UNAVAILABLE);
  const thrown = world({ checkOrdinaryPassword: failing('BACKEND_UNAVAILABLE') });
  await enrolled(thrown.context, ALICE);
  assert.deepEqual(await thrown.login(ORDINARY), UNAVAILABLE);
  assert.deepEqual(thrown.faults, ['BACKEND_UNAVAILABLE']);
});

test('a hint that cannot be audited is not given', async () => {
  const { context, overrides, faults, login } = world();
  await enrolled(context, ALICE);
  overrides.appendAudit = failing('STORE_UNAVAILABLE');
  assert.deepEqual(await login(ORDINARY), UNAVAILABLE);
  assert.deepEqual(faults, ['STORE_UNAVAILABLE']);
  delete overrides.appendAudit;
  assert.deepEqual(await login(ORDINARY), REQUIRED);
  const [entry] = await context.store.listAudit({ domain: ALICE.domain, limit: 1 });
  assert.equal(entry?.action, 'login.hinted');
});

test('a phone that goes on with the old password is audited once in each window', async () => {
  const { clock, context, seen, login } = world();
  await enrolled(context, ALICE);
  const audits = async (parts: AttemptParts = {}): Promise<number> => {
    seen.calls.length = 0;
    assert.deepEqual(await login(ORDINARY, parts), REQUIRED);
    return seen.calls.filter((call) => call === 'appendAudit').length;
  };
  assert.equal(await audits(), 1);
  clock.now += LIMITS.failureWindowSeconds * 1000 - 1;
  assert.equal(await audits(), 0);
  assert.equal(await audits({ protocol: 'pop3' }), 1);
  assert.equal(await audits({ address: '198.51.100.1' }), 1);
  clock.now += 1;
  assert.equal(await audits(), 1);
});

const TOKEN: Offered = { kind: 'token', token: new Secret('eyJ') };

test('a token opens a session when the sign-in service says so', async () => {
  const rows = [
    [
      { kind: 'valid', id: 't1' },
      { kind: 'allow', opener: { kind: 'token', id: 't1' }, epochs: { account: 2, domain: 1 } },
    ],
    [{ kind: 'invalid' }, WRONG],
    [{ kind: 'unavailable' }, UNAVAILABLE],
  ] as const;
  for (const [answer, expected] of rows) {
    const { context, seen, decide } = world({ verifyToken: async () => answer });
    await enrolled(context, ALICE);
    assert.deepEqual(await decide({ offered: TOKEN }), expected);
    assert.deepEqual(seen.asked, []);
  }
});

test('where no tokens are given out each is wrong', async () => {
  const { context, seen, decide } = world();
  await enrolled(context, ALICE);
  assert.deepEqual(await decide({ offered: TOKEN }), WRONG);
  assert.deepEqual(seen.asked, []);
});

test('no store, no login: what cannot be read is unavailable and reported', async () => {
  for (const code of ['STORE_UNAVAILABLE', 'DEADLINE', 'RECORD_INVALID', 'KEY_INVALID'] as const) {
    const { overrides, faults, login } = world();
    overrides.lookupLogin = failing(code);
    assert.deepEqual(await login(ORDINARY), UNAVAILABLE, code);
    assert.deepEqual(faults, [code]);
  }
});

test('a bug is not taken for an outage', async () => {
  const { overrides, login } = world();
  overrides.lookupLogin = () => Promise.reject(new TypeError('a bug'));
  await assert.rejects(login(ORDINARY), TypeError);
});

test('an app password whose master key is gone is unavailable, not wrong', async () => {
  const { context, faults, login, seen } = world({ keyring: testKeyring('another') });
  const { appPassword } = await enrolled(context, ALICE);
  assert.deepEqual(await login(appPassword.expose()), UNAVAILABLE);
  assert.deepEqual(faults, ['KEY_INVALID']);
  assert.deepEqual(seen.asked, []);
});

test('a login that is given up ends at once, whoever it waits for', async () => {
  const store = world();
  store.overrides.lookupLogin = never;
  const backend = world({ checkOrdinaryPassword: never });
  await enrolled(backend.context, ALICE);
  const service = world({ verifyToken: never });
  await enrolled(service.context, ALICE);
  for (const { decide, faults, offered } of [
    { ...store, offered: password(ORDINARY) },
    { ...backend, offered: password(ORDINARY) },
    { ...service, offered: TOKEN },
  ]) {
    const given = new AbortController();
    const verdict = decide({ offered }, given.signal);
    await settle();
    given.abort();
    assert.deepEqual(await verdict, UNAVAILABLE);
    assert.deepEqual(await decide({ offered }, given.signal), UNAVAILABLE);
    assert.deepEqual(faults, ['DEADLINE', 'DEADLINE']);
  }
});

test('during an outage exactly the same login is allowed again, for a while', async () => {
  const { clock, context, overrides, faults, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  const text = appPassword.expose();
  const allowed = await login(text);
  await login(ORDINARY);
  overrides.lookupLogin = failing('STORE_UNAVAILABLE');
  clock.now += 300_000;
  assert.deepEqual(await login(text), allowed);
  assert.deepEqual(await login(text.replace(/.{4}/g, '$& ').toUpperCase()), allowed);
  assert.deepEqual(faults, ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE']);

  assert.deepEqual(await login(ORDINARY), UNAVAILABLE);
  assert.deepEqual(await login(text, { protocol: 'pop3' }), UNAVAILABLE);
  assert.deepEqual(await login(text, { address: '192.0.2.8' }), UNAVAILABLE);
  assert.deepEqual(await login(text, { account: testAccount('bob') }), UNAVAILABLE);
  clock.now += 1;
  assert.deepEqual(await login(text), UNAVAILABLE);
});

test('a forwarded login is never repeated from memory', async () => {
  const { overrides, login } = world();
  assert.equal((await login(ORDINARY)).kind, 'forward');
  overrides.lookupLogin = failing('STORE_UNAVAILABLE');
  assert.deepEqual(await login(ORDINARY), UNAVAILABLE);
});

test('an unreadable record is never answered from memory', async () => {
  const { context, overrides, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  assert.equal((await login(appPassword.expose())).kind, 'allow');
  overrides.lookupLogin = failing('RECORD_INVALID');
  assert.deepEqual(await login(appPassword.expose()), UNAVAILABLE);
});

test('what was announced, reviewed or answered otherwise since is not repeated', async () => {
  const ways = {
    announced: async ({ gatekeeper, context }) => {
      await context.store.watch({ onChange: (change) => gatekeeper.noteChange(change), onGap: () => undefined });
      await revokeAppPassword(context, 'test', ALICE, 'Mail apps');
    },
    reviewed: async ({ gatekeeper, context }) => {
      await suspendAccount(context, 'test', ALICE);
      await gatekeeper.review(ALICE, []);
    },
    'seen by another login': async ({ context, login }) => {
      await setDomain(context, 'test', ALICE.domain, { mode: 'disabled' });
      await login('guess');
    },
  } as const satisfies Record<string, (around: ReturnType<typeof world>) => Promise<void>>;
  for (const [name, change] of Object.entries(ways)) {
    const around = world();
    const { appPassword } = await enrolled(around.context, ALICE);
    assert.equal((await around.login(appPassword.expose())).kind, 'allow');
    await change(around);
    around.overrides.lookupLogin = failing('STORE_UNAVAILABLE');
    assert.deepEqual(await around.login(appPassword.expose()), UNAVAILABLE, name);
  }
});

test('of parallel guesses exactly as many are judged as the limit permits', async () => {
  const { context, seen, login } = world();
  await enrolled(context, ALICE);
  const guesses = Array.from({ length: 40 }, (_, number) => login(`guess ${number}`));
  const verdicts = await Promise.all(guesses);
  assert.equal(verdicts.filter(({ kind }) => kind === 'deny').length, LIMITS.accountNetworkFailures);
  assert.equal(verdicts.filter(({ kind }) => kind === 'throttle').length, 37);
  assert.equal(seen.asked.length, LIMITS.accountNetworkFailures);
});

test('guesses from many networks are judged as often as the limit of the account permits', async () => {
  const { context, login } = world();
  await enrolled(context, ALICE);
  const guesses = Array.from({ length: 40 }, (_, number) =>
    login(`guess ${number}`, { address: `198.51.100.${number}` }),
  );
  const verdicts = await Promise.all(guesses);
  assert.equal(verdicts.filter(({ kind }) => kind === 'deny').length, LIMITS.accountFailures);
});

test('one old password repeated a hundred times does not lock its owner out', async () => {
  const { context, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  for (let round = 0; round < 100; round += 1) assert.deepEqual(await login('old password'), WRONG);
  assert.equal((await login(appPassword.expose())).kind, 'allow');
});

test('others’ guessing does not shut out a network that has logged in well before', async () => {
  const { gatekeeper, context, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  const home = testAttempt({ offered: password(appPassword.expose()) });
  await gatekeeper.conclude(home, await login(appPassword.expose()), 'accepted');
  for (let number = 0; number < 20; number += 1) await login(`guess ${number}`, { address: `198.51.100.${number}` });
  assert.equal((await login(appPassword.expose(), { address: '203.0.113.1' })).kind, 'throttle');
  assert.equal((await login(appPassword.expose())).kind, 'allow');
});

test('a good login forgives its own secret and no other', async () => {
  const { gatekeeper, context, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  const attempt = testAttempt({ offered: password(appPassword.expose()) });
  for (let round = 0; round < 2; round += 1) {
    await login(`guess ${round}`);
    await gatekeeper.conclude(attempt, await login(appPassword.expose()), 'accepted');
  }
  assert.deepEqual(await login('guess 2'), WRONG);
  assert.equal((await login('guess 3')).kind, 'throttle');
});

test('a right app password is not counted among the failures when the backend is down', async () => {
  for (const outcome of ['unavailable', 'refused'] as const) {
    const { gatekeeper, context, login } = world();
    const { appPassword } = await enrolled(context, ALICE);
    const attempt = testAttempt({ offered: password(appPassword.expose()) });
    await gatekeeper.conclude(attempt, await login(appPassword.expose()), outcome);
    for (let round = 0; round < LIMITS.accountNetworkFailures; round += 1) {
      assert.deepEqual(await login(`guess ${round}`), WRONG);
    }
    assert.equal((await login('one more')).kind, 'throttle');
  }
});

test('a forwarded password is forgiven when the backend accepted it, and only then', async () => {
  const rows = [
    ['accepted', 'forward'],
    ['refused', 'throttle'],
    ['unavailable', 'throttle'],
  ] as const;
  for (const [outcome, last] of rows) {
    const { gatekeeper, login } = world();
    for (let round = 0; round < LIMITS.accountNetworkFailures; round += 1) {
      const attempt = testAttempt({ offered: password(`password ${round}`) });
      await gatekeeper.conclude(attempt, await login(`password ${round}`), outcome);
    }
    assert.equal((await login('one more')).kind, last, outcome);
  }
});

test('a good login with an app password leaves when, how and from where it was used', async () => {
  const { gatekeeper, context, memory, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  const attempt = testAttempt({ offered: password(appPassword.expose()), protocol: 'sieve' });
  await gatekeeper.conclude(attempt, await login(appPassword.expose(), { protocol: 'sieve' }), 'accepted');
  const [use] = (await memory.lookupLastUses(ALICE)).values();
  assert.deepEqual(use, { at: START_MS, protocol: 'sieve', network: '192.0.2.0/24' });
});

test('a denied login leaves no success', async () => {
  const { gatekeeper, seen } = world();
  for (const verdict of [WRONG, UNAVAILABLE, { kind: 'throttle', retryAfterSeconds: 1 } as const]) {
    await gatekeeper.conclude(testAttempt(), verdict, 'refused');
  }
  assert.deepEqual(seen.calls, []);
});

test('a success that cannot be recorded is reported and ends no session', async () => {
  const { gatekeeper, overrides, faults } = world();
  overrides.recordSuccess = failing('STORE_UNAVAILABLE');
  const verdict: Verdict = { kind: 'forward', epochs: { account: 0, domain: 0 } };
  await gatekeeper.conclude(testAttempt(), verdict, 'accepted');
  assert.deepEqual(faults, ['STORE_UNAVAILABLE']);
});

test('a review says which sessions end and by which records it was made', async () => {
  const { gatekeeper, context, overrides, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  const verdict = await login(appPassword.expose());
  assert.ok(verdict.kind === 'allow');
  const sessions = [
    { id: 'app', opener: verdict.opener, openedAt: START_MS },
    { id: 'old', opener: { kind: 'ordinary-password' }, openedAt: START_MS - 1 },
  ] as const;
  const epochs = { account: 2, domain: 1 };
  assert.deepEqual(await gatekeeper.review(ALICE, sessions), { ended: ['old'], reviewAt: undefined, epochs });
  overrides.lookupAccount = failing('STORE_UNAVAILABLE');
  await assert.rejects(gatekeeper.review(ALICE, sessions), { code: 'STORE_UNAVAILABLE' });
});

test('a password that the backend has just refused is not asked about again, whoever repeats it', async () => {
  const { context, seen, login } = world();
  await enrolled(context, ALICE);
  for (let at = 0; at < 50; at += 1) assert.deepEqual(await login('old'), WRONG);
  assert.deepEqual(seen.asked, ['old']);
  assert.equal(seen.queries.length, 50); // policy is read every time: a change counts at once
  await login('old', { protocol: 'submission' });
  await login('old', { address: '198.51.100.7' });
  assert.deepEqual(seen.asked, ['old', 'old', 'old']);
});

test('an old phone with the right ordinary password is told its hint again without the backend', async () => {
  const { context, seen, login } = world();
  await enrolled(context, ALICE);
  for (let at = 0; at < 50; at += 1) assert.deepEqual(await login(ORDINARY), REQUIRED);
  assert.deepEqual(seen.asked, [ORDINARY]);
});

test('what the backend said is forgotten after five seconds: a new password works soon', async () => {
  const { context, clock, seen, login } = world();
  await enrolled(context, ALICE);
  await login('new');
  clock.now += 4999;
  await login('new');
  assert.equal(seen.asked.length, 1);
  clock.now += 1;
  await login('new');
  assert.equal(seen.asked.length, 2);
  clock.now -= 60_000; // the clock was set back
  await login('new');
  assert.equal(seen.asked.length, 3);
});

test('a forwarded password that was refused is refused again for as long, so that time tells nothing', async () => {
  const { clock, gatekeeper, login } = world();
  const attempt = testAttempt({ offered: password('old') });
  const verdict = await login('old');
  assert.equal(verdict.kind, 'forward');
  await gatekeeper.conclude(attempt, verdict, 'refused');
  assert.deepEqual(await login('old'), WRONG);
  assert.equal((await login('other')).kind, 'forward');
  clock.now += 5000;
  assert.equal((await login('old')).kind, 'forward');
});

test('only a wrong password is remembered of a forwarded login, no other refusal and no success', async () => {
  for (const outcome of ['accepted', 'refused-otherwise', 'unavailable'] as const) {
    const { gatekeeper, login } = world();
    const verdict = await login('old');
    await gatekeeper.conclude(testAttempt({ offered: password('old') }), verdict, outcome);
    assert.equal((await login('old')).kind, 'forward', outcome);
  }
});

test('what the backend said of a password lets nobody in: neither the right one nor an app password', async () => {
  const { context, login } = world();
  const { appPassword } = await enrolled(context, ALICE);
  await login(ORDINARY);
  assert.deepEqual(await login(ORDINARY), REQUIRED);
  assert.equal((await login(appPassword.expose())).kind, 'allow');
  await setDomain(context, 'test', ALICE.domain, { mode: 'disabled' });
  assert.equal((await login(ORDINARY)).kind, 'forward');
});
