import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';
import { PROTOCOLS } from '#core/protocols.ts';
import { makeAppPassword } from '#policy/secrets/app-password.ts';
import { UNDECIDED_DOMAIN } from '#policy/rules/domain-policy.ts';
import { applyRules } from '#policy/rules/login-rules.ts';
import { START_MS, password, testAttempt, testKeyring } from '../../support/policy.ts';

import type { RuleOutcome } from '#policy/rules/login-rules.ts';
import { type AccountRecord, type DomainRecord, EMPTY_ACCOUNT } from '#policy/ports/records.ts';
import type { Limits, LoginFacts, Pressure } from '#policy/ports/logins.ts';

const KEYRING = testKeyring();
const LIMITS: Limits = {
  accountFailures: 20,
  accountNetworkFailures: 10,
  failureWindowSeconds: 900,
  networkVerdicts: 60,
  networkWindowSeconds: 20,
};
const CALM: Pressure = { accountFailures: 1, accountNetworkFailures: 1, networkVerdicts: 1, knownNetwork: false };
const EPOCHS = { account: 4, domain: 9 };

const LIVE = madePassword({});
const OTHER = madePassword({});
const EXPIRED = madePassword({ expiresAt: START_MS });
const EXPIRES_SOON = madePassword({ expiresAt: START_MS + 1 });
const IMAP_ONLY = madePassword({ scopes: ['imap'] });
const AT_HOME = madePassword({ networks: ['198.51.100.0/24'] });

const DOMAINS = {
  undecided: undefined,
  disabled: { ...UNDECIDED_DOMAIN, mode: 'disabled' },
  enabled: { ...UNDECIDED_DOMAIN, mode: 'enabled' },
  forced: { ...UNDECIDED_DOMAIN, mode: 'forced' },
  'forced now': { ...UNDECIDED_DOMAIN, mode: 'forced', forcedFrom: START_MS },
  'forced later': { ...UNDECIDED_DOMAIN, mode: 'forced', forcedFrom: START_MS + 1 },
  'forced, no hints': { ...UNDECIDED_DOMAIN, mode: 'forced', hints: 'never' },
} as const satisfies Record<string, DomainRecord | undefined>;

const ENROLLED: AccountRecord = {
  ...EMPTY_ACCOUNT,
  enrolledAt: START_MS - 1,
  appPasswords: [LIVE, EXPIRED, EXPIRES_SOON, IMAP_ONLY, AT_HOME].map(({ record }) => record),
};
const SUSPENDED = { at: 1, by: 'cli:root' };
const ACCOUNTS = {
  unheard: undefined,
  'not enrolled': { ...EMPTY_ACCOUNT, recoveryAddress: 'alice@example.net' },
  pending: { ...EMPTY_ACCOUNT, pendingTotp: { sealedSecret: 'x', startedAt: START_MS } },
  // Cannot be made today; still it must not count as enrolled.
  'left with app passwords': { ...ENROLLED, enrolledAt: undefined },
  enrolled: ENROLLED,
  suspended: { ...EMPTY_ACCOUNT, suspended: SUSPENDED },
  'enrolled, suspended': { ...ENROLLED, suspended: SUSPENDED },
} as const satisfies Record<string, AccountRecord | undefined>;

const OFFERED = {
  'live app password': password(LIVE.secret.expose()),
  'app password of nobody': password(OTHER.secret.expose()),
  'app password that expires soon': password(EXPIRES_SOON.secret.expose()),
  'expired app password': password(EXPIRED.secret.expose()),
  'app password for imap': password(IMAP_ONLY.secret.expose()),
  'app password for home': password(AT_HOME.secret.expose()),
  'some password': password('hunter2'),
  token: { kind: 'token', token: new Secret('eyJ') },
} as const;

const FORWARD: RuleOutcome = { kind: 'forward', epochs: EPOCHS };
const FORWARD_UNTIL: RuleOutcome = { ...FORWARD, cutOffAt: START_MS + 1 };
const ALLOW: RuleOutcome = {
  kind: 'allow',
  opener: { kind: 'app-password', id: LIVE.record.id, generation: 1 },
  epochs: EPOCHS,
};
const ALLOW_UNTIL: RuleOutcome = {
  kind: 'allow',
  opener: { kind: 'app-password', id: EXPIRES_SOON.record.id, generation: 1 },
  epochs: EPOCHS,
  cutOffAt: START_MS + 1,
};
const WRONG: RuleOutcome = { kind: 'deny', reason: 'wrong-credentials' };
const SUSPENDED_DENIED: RuleOutcome = { kind: 'deny', reason: 'suspended' };
const ASK_ENROLLED: RuleOutcome = { kind: 'ask-backend', ifRight: 'app-password-required', hints: 'always' };
const ASK_FORCED: RuleOutcome = { kind: 'ask-backend', ifRight: 'enrolment-required', hints: 'always' };

type Row = readonly [domain: keyof typeof DOMAINS, account: keyof typeof ACCOUNTS, keyof typeof OFFERED, RuleOutcome];

const TABLE: readonly Row[] = [
  ['undecided', 'unheard', 'some password', FORWARD],
  ['undecided', 'enrolled', 'some password', FORWARD],
  ['disabled', 'unheard', 'some password', FORWARD],
  ['disabled', 'enrolled', 'some password', FORWARD],
  ['disabled', 'enrolled', 'live app password', FORWARD],
  ['disabled', 'enrolled', 'token', FORWARD],

  ['enabled', 'unheard', 'some password', FORWARD],
  ['enabled', 'not enrolled', 'some password', FORWARD],
  ['enabled', 'pending', 'some password', FORWARD],
  ['enabled', 'left with app passwords', 'live app password', FORWARD],
  ['enabled', 'not enrolled', 'token', FORWARD],
  ['forced later', 'not enrolled', 'some password', FORWARD_UNTIL],
  ['forced later', 'pending', 'token', FORWARD_UNTIL],

  ['enabled', 'enrolled', 'live app password', ALLOW],
  ['forced', 'enrolled', 'live app password', ALLOW],
  ['forced now', 'enrolled', 'live app password', ALLOW],
  ['forced later', 'enrolled', 'live app password', ALLOW],
  ['forced, no hints', 'enrolled', 'live app password', ALLOW],
  ['enabled', 'enrolled', 'app password that expires soon', ALLOW_UNTIL],

  ['enabled', 'enrolled', 'token', { kind: 'verify-token', epochs: EPOCHS }],
  ['forced', 'enrolled', 'token', { kind: 'verify-token', epochs: EPOCHS }],

  ['enabled', 'enrolled', 'some password', ASK_ENROLLED],
  ['forced', 'enrolled', 'some password', ASK_ENROLLED],
  ['forced later', 'enrolled', 'some password', ASK_ENROLLED],
  ['forced, no hints', 'enrolled', 'some password', { ...ASK_ENROLLED, hints: 'never' }],
  ['forced', 'enrolled', 'app password of nobody', ASK_ENROLLED],
  ['enabled', 'enrolled', 'expired app password', { kind: 'deny', reason: 'app-password-expired' }],
  ['enabled', 'enrolled', 'app password for imap', { kind: 'deny', reason: 'out-of-scope' }],
  ['enabled', 'enrolled', 'app password for home', { kind: 'deny', reason: 'network-not-permitted' }],

  ['forced', 'unheard', 'some password', ASK_FORCED],
  ['forced', 'not enrolled', 'some password', ASK_FORCED],
  ['forced', 'pending', 'some password', ASK_FORCED],
  ['forced now', 'not enrolled', 'some password', ASK_FORCED],
  ['forced, no hints', 'not enrolled', 'some password', { ...ASK_FORCED, hints: 'never' }],
  ['forced', 'not enrolled', 'app password of nobody', ASK_FORCED],
  ['forced', 'left with app passwords', 'live app password', ASK_FORCED],
  ['forced', 'not enrolled', 'token', WRONG],

  ['undecided', 'suspended', 'some password', SUSPENDED_DENIED],
  ['disabled', 'suspended', 'some password', SUSPENDED_DENIED],
  ['enabled', 'enrolled, suspended', 'live app password', SUSPENDED_DENIED],
  ['enabled', 'enrolled, suspended', 'token', SUSPENDED_DENIED],
  ['forced', 'suspended', 'some password', SUSPENDED_DENIED],
];

for (const [domain, account, offered, expected] of TABLE) {
  const outcome = expected.kind === 'deny' ? expected.reason : expected.kind;
  test(`${domain} domain, ${account} account, ${offered}: ${outcome}`, () => {
    assert.deepEqual(rule(DOMAINS[domain], ACCOUNTS[account], offered), expected);
  });
}

test('every account of every domain is throttled when its network has asked too often', () => {
  const pressure = { ...CALM, networkVerdicts: LIMITS.networkVerdicts + 1, knownNetwork: true };
  for (const domain of Object.values(DOMAINS)) {
    const ruling = rule(domain, ENROLLED, 'live app password', pressure);
    assert.deepEqual(ruling, { kind: 'throttle', retryAfterSeconds: LIMITS.networkWindowSeconds });
  }
});

test('a limit itself is still within the limits', () => {
  const pressure: Pressure = {
    accountFailures: 20,
    accountNetworkFailures: 10,
    networkVerdicts: 60,
    knownNetwork: false,
  };
  assert.deepEqual(rule(DOMAINS.enabled, ENROLLED, 'live app password', pressure), ALLOW);
});

test('too many distinct wrong secrets of an account throttle networks that it is not known from', () => {
  const throttled = { kind: 'throttle', retryAfterSeconds: LIMITS.failureWindowSeconds };
  const pressure = { ...CALM, accountFailures: 21 };
  assert.deepEqual(rule(DOMAINS.enabled, ENROLLED, 'live app password', pressure), throttled);
  assert.deepEqual(rule(DOMAINS.disabled, undefined, 'some password', pressure), throttled);
  const known = { ...pressure, knownNetwork: true };
  assert.deepEqual(rule(DOMAINS.enabled, ENROLLED, 'live app password', known), ALLOW);
});

test('too many from one network throttle it even where the account is known from it', () => {
  const throttled = { kind: 'throttle', retryAfterSeconds: LIMITS.failureWindowSeconds };
  for (const knownNetwork of [true, false]) {
    const pressure = { ...CALM, accountNetworkFailures: 11, knownNetwork };
    assert.deepEqual(rule(DOMAINS.enabled, ENROLLED, 'live app password', pressure), throttled);
  }
});

test('a suspended account is refused as suspended, also beyond its limits', () => {
  const pressure = { ...CALM, networkVerdicts: 61 };
  assert.deepEqual(rule(DOMAINS.enabled, ACCOUNTS.suspended, 'some password', pressure), SUSPENDED_DENIED);
});

function rule(
  domain: DomainRecord | undefined,
  account: AccountRecord | undefined,
  offered: keyof typeof OFFERED,
  pressure: Pressure = CALM,
): RuleOutcome {
  const facts: LoginFacts = {
    domain: { record: domain, epoch: EPOCHS.domain },
    account: { record: account, epoch: EPOCHS.account },
    pressure,
  };
  const attempt = testAttempt({ offered: OFFERED[offered], protocol: 'pop3' });
  return applyRules(attempt, facts, START_MS, { keyring: KEYRING, limits: LIMITS });
}

function madePassword(terms: { expiresAt?: number; scopes?: readonly 'imap'[]; networks?: readonly string[] }) {
  const fixed = { account: 'alice@example.org', name: 'Mail apps', revealable: false };
  return makeAppPassword(KEYRING, { scopes: PROTOCOLS, ...fixed, ...terms }, START_MS - 1);
}
