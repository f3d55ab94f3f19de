/** Bearer tokens of the policy service: shown once, kept as a digest, good for their roles, domains and time. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { isFault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { createToken, listTokens, recogniseToken, revokeToken, tokenMay } from '#policy/admins/service-tokens.ts';
import { START_MS, testKeyring, testTools } from '../../support/policy.ts';

test('a token is recognised until it expires or is revoked, and its secret is kept nowhere', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const made = await createToken(context, 'cli:root', {
    name: 'nginx',
    roles: ['verifier'],
    domains: 'all',
    expiresAt: START_MS + 1000,
  });
  const typed = made.token.expose();
  assert.match(typed, /^postern_[a-z0-9]{10}_[a-z0-9]{32}$/);
  const kept = await listTokens(context);
  assert.ok(!JSON.stringify(kept).includes(typed.slice(-32)));
  assert.equal(recogniseToken(context.keyring, kept, made.token, clock.now)?.name, 'nginx');
  const other = new Secret(typed.slice(0, -1) + (typed.endsWith('a') ? 'b' : 'a'));
  assert.equal(recogniseToken(context.keyring, kept, other, clock.now), undefined);
  assert.equal(recogniseToken(testKeyring('other'), kept, made.token, clock.now), undefined);
  assert.equal(recogniseToken(context.keyring, kept, made.token, START_MS + 1000), undefined);
  assert.equal(await revokeToken(context, 'cli:root', 'nginx'), true);
  assert.equal(await revokeToken(context, 'cli:root', 'nginx'), false);
  assert.equal(recogniseToken(context.keyring, await listTokens(context), made.token, clock.now), undefined);
  const audit = await context.store.listAudit({ domain: '*', limit: 10 });
  assert.deepEqual(
    audit.map(({ action, detail }) => [action, detail['token']]),
    [
      ['token.revoked', 'nginx'],
      ['token.created', 'nginx'],
    ],
  );
});

test('a role allows what it is for, in its domains only, and showing app passwords is a role of its own', () => {
  const admin = { name: 'a', roles: ['admin'], domains: ['example.org'] } as const;
  assert.ok(tokenMay(admin, 'set-policy', 'example.org'));
  assert.ok(!tokenMay(admin, 'set-policy', 'example.net'));
  assert.ok(!tokenMay(admin, 'reveal', 'example.org'));
  assert.ok(!tokenMay(admin, 'verify', 'example.org'));
  assert.ok(tokenMay({ ...admin, roles: ['admin', 'reveal'] }, 'reveal', 'example.org'));
  assert.ok(tokenMay({ name: 'h', roles: ['help-desk'], domains: 'all' }, 'unlock', 'example.net'));
  assert.ok(!tokenMay({ name: 'h', roles: ['help-desk'], domains: 'all' }, 'suspend', 'example.net'));
  assert.ok(!tokenMay({ name: 'r', roles: ['read-only'], domains: 'all' }, 'cut-off', 'example.net'));
  assert.ok(tokenMay({ name: 'v', roles: ['verifier'], domains: 'all' }, 'verify', 'example.net'));
});

test('a token that cannot be meant is not made', async () => {
  const context = testTools();
  const good = { name: 'one', roles: ['admin'], domains: 'all' } as const;
  await createToken(context, 'cli:root', good);
  const wrong = [
    good,
    { ...good, name: 'has space' },
    { ...good, name: 'two', roles: [] },
    { ...good, name: 'two', domains: [] },
    { ...good, name: 'two', domains: ['not a domain'] },
    { ...good, name: 'two', expiresAt: START_MS },
  ];
  for (const request of wrong) {
    await assert.rejects(createToken(context, 'cli:root', request), (error) => isFault(error, 'USAGE'));
  }
  assert.equal((await listTokens(context)).length, 1);
});
