import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNDECIDED_DOMAIN } from '#policy/rules/domain-policy.ts';
import { setDomain, showDomain } from '#policy/domains/domains.ts';
import { START_MS, testTools } from '../../support/policy.ts';

test('a domain nobody has decided about shows the defaults and says so', async () => {
  const view = await showDomain(testTools(), 'Example.ORG');
  assert.equal(view.domain, 'example.org');
  assert.equal(view.decided, false);
  assert.deepEqual(view.record, UNDECIDED_DOMAIN);
  assert.equal(view.policy.mode, 'disabled');
  assert.equal(view.epoch, 0);
});

test('setting changes what is given and keeps the rest', async () => {
  const context = testTools();
  await setDomain(context, 'cli:root', 'example.org', { mode: 'enabled', hints: 'never' });
  const view = await setDomain(context, 'cli:root', 'example.org', { reveal: 'once' });
  assert.equal(view.decided, true);
  assert.equal(view.epoch, 2);
  assert.deepEqual(view.record, {
    mode: 'enabled',
    methods: ['totp', 'email', 'passkey'],
    reveal: 'once',
    hints: 'never',
  });
  assert.deepEqual({ ...(await showDomain(context, 'example.org')), outcome: 'changed' }, view);
});

test('every spelling of a domain is one domain, and what is none is refused', async () => {
  const context = testTools();
  await setDomain(context, 'x', 'BÜCHER.example', { mode: 'forced' });
  assert.equal((await showDomain(context, 'xn--bcher-kva.example')).policy.mode, 'forced');
  for (const typed of ['', 'a/b', '127.0.0.1', 'alice@example.org', 'example .org']) {
    await assert.rejects(setDomain(context, 'x', typed, { mode: 'enabled' }), { code: 'USAGE' });
    await assert.rejects(showDomain(context, typed), { code: 'USAGE' });
  }
});

test('a date goes with the mode that it was given with', async () => {
  const context = testTools();
  const forcedFrom = START_MS + 1000;
  const ahead = await setDomain(context, 'x', 'example.org', { mode: 'forced', forcedFrom });
  assert.deepEqual([ahead.policy.mode, ahead.policy.cutOffAt], ['enabled', forcedFrom]);
  const other = await setDomain(context, 'x', 'example.org', { hints: 'never' });
  assert.equal(other.record.forcedFrom, forcedFrom);
  const later = await setDomain(context, 'x', 'example.org', { forcedFrom: forcedFrom + 1 });
  assert.equal(later.policy.cutOffAt, forcedFrom + 1);
  const now = await setDomain(context, 'x', 'example.org', { mode: 'forced' });
  assert.equal(now.policy.mode, 'forced');
  const enabled = await setDomain(context, 'x', 'example.org', { mode: 'enabled' });
  assert.equal(enabled.record.forcedFrom, undefined);
  assert.equal(enabled.policy.cutOffAt, undefined);
});

test('a choice that contradicts itself is refused and nothing is written', async () => {
  const context = testTools();
  await setDomain(context, 'x', 'example.org', { mode: 'enabled' });
  const contradictions = [
    { forcedFrom: START_MS },
    { mode: 'disabled', forcedFrom: START_MS },
    { methods: [] },
  ] as const;
  for (const change of contradictions) {
    await assert.rejects(setDomain(context, 'x', 'example.org', change), { code: 'USAGE' });
  }
  assert.equal((await showDomain(context, 'example.org')).epoch, 1);
});

test('each change is audited with what holds afterwards', async () => {
  const context = testTools();
  await setDomain(context, 'cli:root', 'example.org', {
    mode: 'forced',
    forcedFrom: START_MS + 1000,
    methods: ['totp'],
  });
  const entries = await context.store.listAudit({ domain: 'example.org', limit: 9 });
  assert.deepEqual(entries, [
    {
      at: START_MS,
      actor: 'cli:root',
      action: 'domain.changed',
      domain: 'example.org',
      detail: {
        mode: 'forced',
        forcedFrom: '2026-06-01T00:00:01.000Z',
        methods: 'totp',
        reveal: 'always',
        hints: 'always',
      },
    },
  ]);
});

test('two changes at the same time are both kept', async () => {
  const context = testTools();
  await Promise.all([
    setDomain(context, 'x', 'example.org', { mode: 'enabled' }),
    setDomain(context, 'y', 'example.org', { hints: 'never' }),
    setDomain(context, 'z', 'example.org', { reveal: 'once' }),
  ]);
  const { record, epoch } = await showDomain(context, 'example.org');
  assert.deepEqual([record.mode, record.hints, record.reveal, epoch], ['enabled', 'never', 'once', 3]);
});

test('a change that was thought up for another record is refused', async () => {
  const context = testTools();
  const { epoch } = await setDomain(context, 'x', 'example.org', { mode: 'enabled' });
  await setDomain(context, 'y', 'example.org', { mode: 'forced' });
  const stale = setDomain(context, 'x', 'example.org', { mode: 'disabled', expectedEpoch: epoch });
  await assert.rejects(stale, { code: 'STORE_CONFLICT' });
  assert.equal((await showDomain(context, 'example.org')).record.mode, 'forced');
  const fresh = await setDomain(context, 'x', 'example.org', { mode: 'disabled', expectedEpoch: epoch + 1 });
  assert.equal(fresh.record.mode, 'disabled');
});

test('limits are whole numbers within bounds, and what is set is in the audit', async () => {
  const context = testTools();
  for (const change of [
    { trustedBrowserDays: -1 },
    { trustedBrowserDays: 366 },
    { trustedBrowserDays: 1.5 },
    { maxAppPasswords: 0 },
    { maxAppPasswords: Number.NaN },
    { appPasswordDays: 3651 },
  ]) {
    await assert.rejects(setDomain(context, 'x', 'example.org', change), { code: 'USAGE' });
  }
  await setDomain(context, 'x', 'example.org', { trustedBrowserDays: 0, maxAppPasswords: 5, appPasswordDays: 90 });
  const [entry] = await context.store.listAudit({ domain: 'example.org', limit: 1 });
  assert.deepEqual(
    [entry?.detail['trustedBrowserDays'], entry?.detail['maxAppPasswords'], entry?.detail['appPasswordDays']],
    [0, 5, 90],
  );
});
