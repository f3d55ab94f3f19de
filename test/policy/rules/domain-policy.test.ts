import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNDECIDED_DOMAIN, policyAt } from '#policy/rules/domain-policy.ts';

test('a domain that nobody has decided about has two-step turned off', () => {
  assert.deepEqual(policyAt(undefined, 5), {
    mode: 'disabled',
    methods: ['totp', 'email', 'passkey'],
    reveal: 'always',
    hints: 'always',
    trustedBrowserDays: 0,
    maxAppPasswords: undefined,
    appPasswordDays: undefined,
  });
});

test('a domain forced from a date is enabled until then, and knows the date', () => {
  const record = { ...UNDECIDED_DOMAIN, mode: 'forced', forcedFrom: 1000 } as const;
  const rest = {
    methods: record.methods,
    reveal: record.reveal,
    hints: record.hints,
    trustedBrowserDays: 0,
    maxAppPasswords: undefined,
    appPasswordDays: undefined,
  };
  assert.deepEqual(policyAt(record, 999), { mode: 'enabled', cutOffAt: 1000, ...rest });
  assert.deepEqual(policyAt(record, 1000), { mode: 'forced', ...rest });
  assert.deepEqual(policyAt(record, 1001), { mode: 'forced', ...rest });
});

test('a domain forced without a date is forced now', () => {
  assert.equal(policyAt({ ...UNDECIDED_DOMAIN, mode: 'forced' }, 0).mode, 'forced');
});

test('a date means nothing where the domain is not forced', () => {
  for (const mode of ['disabled', 'enabled'] as const) {
    const policy = policyAt({ ...UNDECIDED_DOMAIN, mode, forcedFrom: 1000 }, 5);
    assert.equal(policy.mode, mode);
    assert.equal(policy.cutOffAt, undefined);
  }
});
