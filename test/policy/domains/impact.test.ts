import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNDECIDED_DOMAIN } from '#policy/rules/domain-policy.ts';
import { domainImpact, knownUsers } from '#policy/domains/impact.ts';
import { START_MS, enrolled, testAccount, testTools } from '../../support/policy.ts';

import type { SessionRecord } from '#core/session.ts';

const FORCED = { ...UNDECIDED_DOMAIN, mode: 'forced' } as const;

function session(id: string, local: string, opener: SessionRecord['opener']): SessionRecord {
  const { name, domain } = testAccount(local);
  return {
    id,
    account: name,
    domain,
    protocol: 'imap',
    opener,
    address: '192.0.2.7',
    gateway: 'g',
    openedAt: START_MS + 1,
  };
}

async function seen(context: ReturnType<typeof testTools>, local: string): Promise<void> {
  const account = testAccount(local);
  const success = {
    account,
    network: '192.0.2.7/32',
    secretFingerprint: 'm',
    now: START_MS,
    protocol: 'imap',
  } as const;
  await context.store.recordSuccess({ ...success, ordinaryPassword: true });
}

test('before a domain is forced: who has not enrolled, and whose sessions would be closed', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const alice = testAccount();
  await enrolled(context, alice);
  for (const local of ['bob', 'carol', 'dave']) await seen(context, local);
  const id = (await context.store.lookupAccount(alice)).record?.appPasswords[0]?.id ?? '';
  await context.store.touchSessions([session('a', 'alice', { kind: 'app-password', id, generation: 1 })]);
  await context.store.touchSessions([session('b1', 'bob', { kind: 'ordinary-password' })]);
  await context.store.touchSessions([session('b2', 'bob', { kind: 'ordinary-password' })]);
  await context.store.touchSessions([session('c', 'carol', { kind: 'ordinary-password' })]);
  clock.now += 1000;
  const impact = await domainImpact(context.store, 'example.org', FORCED, clock.now);
  assert.deepEqual(
    { ...impact, ordinary: { ...impact.ordinary, sessions: impact.ordinary.sessions.map((one) => one.id).toSorted() } },
    {
      enrolled: 1,
      notEnrolled: { count: 3, names: ['bob@example.org', 'carol@example.org', 'dave@example.org'] },
      sessions: 4,
      closing: 3,
      unprepared: 2,
      ordinary: { count: 2, names: ['bob@example.org', 'carol@example.org'], open: 3, sessions: ['b1', 'b2', 'c'] },
    },
  );
  const disabled = await domainImpact(context.store, 'example.org', UNDECIDED_DOMAIN, clock.now);
  assert.equal(disabled.closing, 1);
  assert.equal((await domainImpact(context.store, 'example.net', FORCED, clock.now)).notEnrolled.count, 0);
});

test('names are shown up to a bound, all are counted, and all are reached for a notice', async () => {
  const context = testTools();
  const locals = Array.from({ length: 1200 }, (_, at) => `u${String(at).padStart(4, '0')}`);
  for (const local of locals) await seen(context, local);
  const { notEnrolled } = await domainImpact(context.store, 'example.org', FORCED, START_MS);
  assert.equal(notEnrolled.count, 1200);
  assert.deepEqual(
    notEnrolled.names,
    locals.slice(0, 200).map((local) => `${local}@example.org`),
  );
  const all: string[] = [];
  for await (const { account } of knownUsers(context.store, 'example.org')) all.push(account);
  assert.deepEqual(
    all,
    locals.map((local) => `${local}@example.org`),
  );
});
