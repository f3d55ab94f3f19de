import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cutOffAccount, cutOffSession, resumeAccount, showAccount, suspendAccount } from '#policy/accounts/accounts.ts';
import { policyAt } from '#policy/rules/domain-policy.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { START_MS, enrolled, testAccount, testTools } from '../../support/policy.ts';

import type { Change, SessionRecord } from '#core/session.ts';

const ALICE = testAccount();

test('an account that was never heard of has an empty view', async () => {
  const view = await showAccount(testTools(), ALICE);
  assert.deepEqual(view, {
    account: 'alice@example.org',
    standing: 'disabled',
    policy: policyAt(undefined, 0),
    enrolledAt: undefined,
    factors: [],
    enrolmentPending: false,
    recoveryAddress: undefined,
    recoveryCodesLeft: 0,
    appPasswords: [],
    suspended: undefined,
    cutOffAt: undefined,
  });
});

test('an account’s standing follows its domain and its enrolment', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const bob = testAccount('bob');
  const standings = async () => [
    (await showAccount(context, ALICE)).standing,
    (await showAccount(context, bob)).standing,
  ];
  await enrolled(context, ALICE);
  assert.deepEqual(await standings(), ['app-password', 'optional']);
  await setDomain(context, 'x', ALICE.domain, { mode: 'forced', forcedFrom: START_MS + 1 });
  assert.deepEqual(await standings(), ['app-password', 'optional']);
  clock.now += 1;
  assert.deepEqual(await standings(), ['app-password', 'enrolment']);
  await setDomain(context, 'x', ALICE.domain, { mode: 'disabled' });
  assert.deepEqual(await standings(), ['disabled', 'disabled']);
});

test('a view holds no secret, no digest and no sealed copy', async () => {
  const context = testTools();
  const { appPassword, totp } = await enrolled(context, ALICE);
  const { record } = await context.store.lookupAccount(ALICE);
  const shown = JSON.stringify(await showAccount(context, ALICE));
  const hidden = [appPassword.expose(), totp.expose(), record?.totp?.sealedSecret, ...(record?.recoveryCodes ?? [])];
  hidden.push(record?.appPasswords[0]?.digest, record?.appPasswords[0]?.sealed);
  for (const text of hidden) assert.ok(text !== undefined && !shown.includes(text));
});

test('a suspension is written down once, with who did it, and can be ended', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  assert.equal(await resumeAccount(context, 'cli:root', ALICE), false);
  assert.equal(await suspendAccount(context, 'cli:root', ALICE), true);
  clock.now += 1;
  assert.equal(await suspendAccount(context, 'cli:other', ALICE), false);
  assert.deepEqual((await showAccount(context, ALICE)).suspended, { at: START_MS, by: 'cli:root' });
  assert.equal(await resumeAccount(context, 'cli:other', ALICE), true);
  assert.equal((await showAccount(context, ALICE)).suspended, undefined);
  const entries = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 9 });
  assert.deepEqual(
    entries.map(({ action, actor }) => `${action} by ${actor}`),
    ['account.resumed by cli:other', 'account.suspended by cli:root'],
  );
});

test('of parallel suspensions one is made', async () => {
  const context = testTools();
  const made = await Promise.all([1, 2, 3].map(() => suspendAccount(context, 'x', ALICE)));
  assert.equal(made.filter(Boolean).length, 1);
});

test('cutting an account off marks the time, is announced and audited, and keeps its enrolment', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await enrolled(context, ALICE);
  const changes = new Array<Change>();
  await context.store.watch({ onChange: (change) => changes.push(change), onGap: () => undefined });
  clock.now += 7;
  await cutOffAccount(context, 'cli:root', ALICE);
  const view = await showAccount(context, ALICE);
  assert.equal(view.cutOffAt, START_MS + 7);
  assert.equal(view.standing, 'app-password');
  assert.deepEqual(changes, [{ kind: 'account', account: ALICE.name, epoch: 3 }]);
  const [entry] = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 1 });
  assert.deepEqual([entry?.action, entry?.detail], ['session.cut-off', { sessions: 'all' }]);
});

test('cutting an account off closes a session whose gateway’s clock is ahead', async () => {
  const context = testTools();
  await context.store.touchSessions([sessionOpenedAt(START_MS + 5000)]);
  const changes = new Array<Change>();
  await context.store.watch({ onChange: (change) => changes.push(change), onGap: () => undefined });
  await cutOffAccount(context, 'cli:root', ALICE);
  assert.deepEqual(changes, [
    { kind: 'account', account: ALICE.name, epoch: 1 },
    { kind: 'session', id: 's1' },
  ]);
});

test('cutting one session off asks its gateway and is audited; one that is gone is not', async () => {
  const context = testTools();
  const session = sessionOpenedAt(START_MS);
  const changes = new Array<Change>();
  await context.store.watch({ onChange: (change) => changes.push(change), onGap: () => undefined });
  assert.equal(await cutOffSession(context, 'cli:root', session), false);
  await context.store.touchSessions([session]);
  assert.equal(await cutOffSession(context, 'cli:root', session), true);
  assert.deepEqual(changes, [{ kind: 'session', id: 's1' }]);
  const entries = await context.store.listAudit({ domain: ALICE.domain, account: ALICE.name, limit: 9 });
  assert.deepEqual(
    entries.map(({ action, detail }) => [action, detail]),
    [['session.cut-off', { session: 's1', protocol: 'imap' }]],
  );
});

function sessionOpenedAt(openedAt: number): SessionRecord {
  return {
    id: 's1',
    account: ALICE.name,
    domain: ALICE.domain,
    protocol: 'imap',
    opener: { kind: 'ordinary-password' },
    address: '192.0.2.7',
    gateway: 'g1',
    openedAt,
  };
}
