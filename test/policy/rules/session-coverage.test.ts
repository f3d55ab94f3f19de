import assert from 'node:assert/strict';
import { test } from 'node:test';

import { coverageOf } from '#policy/rules/session-coverage.ts';
import { UNDECIDED_DOMAIN } from '#policy/rules/domain-policy.ts';

import type { SessionCredential } from '#core/verdict.ts';
import { type AccountRecord, type AppPasswordRecord, type DomainRecord, EMPTY_ACCOUNT } from '#policy/ports/records.ts';

const NOW = 10_000;
const OPENED = 5000;

const APP_PASSWORD: AppPasswordRecord = {
  id: 'p1',
  name: 'Mail apps',
  scopes: ['imap'],
  digest: 'd',
  keyId: 'k',
  createdAt: 1,
  generation: 2,
};
const OPENERS = {
  ordinary: { kind: 'ordinary-password' },
  'app password': { kind: 'app-password', id: 'p1', generation: 2 },
  'before its reset': { kind: 'app-password', id: 'p1', generation: 1 },
  'a revoked one': { kind: 'app-password', id: 'p0', generation: 1 },
  token: { kind: 'token', id: 't1' },
} as const satisfies Record<string, SessionCredential>;

const DOMAINS = {
  undecided: undefined,
  disabled: UNDECIDED_DOMAIN,
  enabled: { ...UNDECIDED_DOMAIN, mode: 'enabled' },
  forced: { ...UNDECIDED_DOMAIN, mode: 'forced' },
  'forced now': { ...UNDECIDED_DOMAIN, mode: 'forced', forcedFrom: NOW },
  'forced later': { ...UNDECIDED_DOMAIN, mode: 'forced', forcedFrom: NOW + 1 },
} as const satisfies Record<string, DomainRecord | undefined>;

const ENROLLED: AccountRecord = { ...EMPTY_ACCOUNT, enrolledAt: 1, appPasswords: [APP_PASSWORD] };
const ACCOUNTS = {
  unheard: undefined,
  'not enrolled': EMPTY_ACCOUNT,
  enrolled: ENROLLED,
  suspended: { ...EMPTY_ACCOUNT, suspended: { at: 1, by: 'cli:root' } },
  'enrolled, suspended': { ...ENROLLED, suspended: { at: 1, by: 'cli:root' } },
  'cut off': { ...ENROLLED, cutOffAt: OPENED + 1 },
  'cut off before': { ...ENROLLED, cutOffAt: OPENED },
  expired: { ...ENROLLED, appPasswords: [{ ...APP_PASSWORD, expiresAt: NOW }] },
  'expires soon': { ...ENROLLED, appPasswords: [{ ...APP_PASSWORD, expiresAt: NOW + 50 }] },
} as const satisfies Record<string, AccountRecord | undefined>;

type Answer = 'stays' | 'ends' | { readonly until: number };
type Row = readonly [keyof typeof DOMAINS, keyof typeof ACCOUNTS, keyof typeof OPENERS, Answer];

const TABLE: readonly Row[] = [
  ['undecided', 'unheard', 'ordinary', 'stays'],
  ['disabled', 'not enrolled', 'ordinary', 'stays'],
  ['disabled', 'enrolled', 'ordinary', 'stays'],
  ['disabled', 'enrolled', 'app password', 'ends'],
  ['disabled', 'enrolled', 'token', 'ends'],
  ['enabled', 'unheard', 'ordinary', 'stays'],
  ['enabled', 'not enrolled', 'ordinary', 'stays'],
  ['enabled', 'not enrolled', 'app password', 'ends'],
  ['enabled', 'not enrolled', 'token', 'ends'],
  ['enabled', 'enrolled', 'ordinary', 'ends'],
  ['enabled', 'enrolled', 'app password', 'stays'],
  ['enabled', 'enrolled', 'before its reset', 'ends'],
  ['enabled', 'enrolled', 'a revoked one', 'ends'],
  ['enabled', 'enrolled', 'token', 'stays'],
  ['forced', 'unheard', 'ordinary', 'ends'],
  ['forced', 'not enrolled', 'ordinary', 'ends'],
  ['forced', 'enrolled', 'ordinary', 'ends'],
  ['forced', 'enrolled', 'app password', 'stays'],
  ['forced', 'enrolled', 'token', 'stays'],
  ['forced now', 'not enrolled', 'ordinary', 'ends'],
  ['forced later', 'not enrolled', 'ordinary', { until: NOW + 1 }],
  ['forced later', 'enrolled', 'app password', 'stays'],
  ['enabled', 'expired', 'app password', 'ends'],
  ['enabled', 'expires soon', 'app password', { until: NOW + 50 }],
  ['disabled', 'suspended', 'ordinary', 'ends'],
  ['enabled', 'enrolled, suspended', 'app password', 'ends'],
  ['enabled', 'enrolled, suspended', 'token', 'ends'],
  ['enabled', 'cut off', 'app password', 'ends'],
  ['enabled', 'cut off', 'token', 'ends'],
  ['disabled', 'cut off', 'ordinary', 'ends'],
  ['enabled', 'cut off before', 'app password', 'stays'],
];

for (const [domain, account, opener, answer] of TABLE) {
  const said = typeof answer === 'string' ? answer : 'stays until a known time';
  test(`${domain} domain, ${account} account, opened by ${opener}: ${said}`, () => {
    const session = { id: 's1', opener: OPENERS[opener], openedAt: OPENED };
    const coverage = coverageOf({ domain: DOMAINS[domain], account: ACCOUNTS[account] }, [session], NOW);
    assert.deepEqual(coverage.ended, answer === 'ends' ? ['s1'] : []);
    assert.equal(coverage.reviewAt, typeof answer === 'string' ? undefined : answer.until);
  });
}

test('of several sessions those not covered end, and the earliest time of the others is told', () => {
  const appPasswords = [
    { ...APP_PASSWORD, id: 'late', expiresAt: NOW + 900 },
    { ...APP_PASSWORD, id: 'soon', expiresAt: NOW + 100 },
    { ...APP_PASSWORD, id: 'gone', expiresAt: NOW - 1 },
    { ...APP_PASSWORD, id: 'ever' },
  ];
  const sessions = ['late', 'soon', 'gone', 'ever'].map((id) => ({
    id: `s-${id}`,
    opener: { kind: 'app-password', id, generation: 2 } as const,
    openedAt: OPENED,
  }));
  const records = { domain: DOMAINS.enabled, account: { ...ENROLLED, appPasswords } };
  assert.deepEqual(coverageOf(records, sessions, NOW), { ended: ['s-gone'], reviewAt: NOW + 100 });
  assert.deepEqual(coverageOf(records, [], NOW), { ended: [], reviewAt: undefined });
});
