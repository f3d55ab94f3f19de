import assert from 'node:assert/strict';
import test from 'node:test';
import { suspendAccount } from '#policy/accounts/accounts.ts';
import { planChoice } from '#policy/domains/domain-change.ts';
import { mayBeginInstructions, sendInstructions } from '#policy/accounts/instructions.ts';
import { enrolled, START_MS, testAccount, testTools } from '../../support/policy.ts';

import type { PolicyContext } from '#policy/changes/account-changes.ts';

const DOMAIN = 'example.org';
const BY = { actor: 'admin:root', domain: DOMAIN } as const;

async function seen(context: PolicyContext, local: string): Promise<void> {
  const account = testAccount(local);
  const success = { account, network: 'n', secretFingerprint: 'm', now: context.clock(), protocol: 'imap' } as const;
  await context.store.recordSuccess({ ...success, ordinaryPassword: true });
}

test('a notice reaches everybody who has not enrolled, once, and is written down', async () => {
  const context = testTools();
  await enrolled(context, testAccount());
  const locals = Array.from({ length: 45 }, (_, at) => `u${String(at).padStart(2, '0')}`);
  for (const local of locals) await seen(context, local);
  await suspendAccount(context, 'test', testAccount('u44'));
  const mailed: string[] = [];
  const outcome = await sendInstructions(context, BY, async ({ name, local }) => {
    mailed.push(name);
    return local === 'u07' ? 'failed' : 'sent';
  });
  assert.deepEqual(outcome, { told: 43, failed: 1 });
  assert.deepEqual(
    mailed.toSorted(),
    locals.slice(0, 44).map((local) => `${local}@${DOMAIN}`),
  );
  const [entry] = await context.store.listAudit({ domain: DOMAIN, limit: 1 });
  assert.deepEqual(
    [entry?.action, entry?.actor, entry?.detail],
    ['domain.notice-sent', 'admin:root', { told: 43, failed: 1 }],
  );
});

test('of two who begin a notice at the same time one does, and another may ten minutes later', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const both = await Promise.all([mayBeginInstructions(context, DOMAIN), mayBeginInstructions(context, DOMAIN)]);
  assert.deepEqual(both.filter((may) => may).length, 1);
  assert.equal(await mayBeginInstructions(context, 'example.net'), true);
  clock.now += 600_001;
  assert.equal(await mayBeginInstructions(context, DOMAIN), true);
});

test('a plan changes nothing, and the change tells how many sessions it closed', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await seen(context, 'bob');
  const { name: account, domain } = testAccount('bob');
  await context.store.touchSessions([
    {
      id: 's1',
      account,
      domain,
      protocol: 'imap',
      opener: { kind: 'ordinary-password' },
      address: '192.0.2.7',
      gateway: 'g',
      openedAt: START_MS,
    },
  ]);
  const plan = await planChoice(context, DOMAIN, { mode: 'forced' });
  assert.deepEqual([plan.before.record.mode, plan.after.record.mode, plan.impact.closing], ['disabled', 'forced', 1]);
  assert.equal((await context.store.lookupDomain(DOMAIN)).record, undefined);
  const dated = await planChoice(context, DOMAIN, { mode: 'forced', forcedFrom: START_MS + 1000 });
  assert.deepEqual([dated.after.record.forcedFrom, dated.impact.closing], [START_MS + 1000, 0]);
});
