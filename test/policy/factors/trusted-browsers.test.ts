import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { beginTotp, confirmTotp } from '#policy/factors/totp-enrolment.ts';
import { isFresh } from '#policy/rules/factor-freshness.ts';
import {
  distrustAllBrowsers,
  distrustBrowser,
  listTrustedBrowsers,
  lookupTrustedBrowser,
  trustBrowser,
} from '#policy/factors/trusted-browsers.ts';
import { START_MS, codeAt, enrolled, testAccount, testTools } from '../../support/policy.ts';

const ALICE = testAccount();
const DAY_MS = 86_400_000;
const SEEN = { browser: 'Firefox on Linux', network: '192.0.2.0/24' };

async function prepared(trustedBrowserDays = 30) {
  const clock = { now: START_MS };
  const context = testTools(clock);
  await enrolled(context, ALICE, { mode: 'enabled', trustedBrowserDays });
  return { clock, context };
}

test('a browser is trusted for the days that the domain allows', async () => {
  const { clock, context } = await prepared();
  const { token, expiresAt } = await trustBrowser(context, ALICE, SEEN);
  assert.equal(expiresAt, START_MS + 30 * DAY_MS);
  clock.now = expiresAt - 1;
  const found = await lookupTrustedBrowser(context, ALICE, token);
  assert.deepEqual([found?.browser, found?.usedAt], [SEEN.browser, clock.now]);
  clock.now = expiresAt;
  assert.equal(await lookupTrustedBrowser(context, ALICE, token), undefined);
});

test('trust is in one account: nobody else’s, and no made-up cookie', async () => {
  const { context } = await prepared();
  const bob = testAccount('bob');
  await enrolled(context, bob, {});
  const { token } = await trustBrowser(context, ALICE, SEEN);
  assert.equal(await lookupTrustedBrowser(context, bob, token), undefined);
  for (const made of ['', 'x', 'a'.repeat(43)]) {
    assert.equal(await lookupTrustedBrowser(context, ALICE, new Secret(made)), undefined);
  }
  const [listed] = await listTrustedBrowsers(context, ALICE);
  assert.ok(listed && listed.id !== token.expose());
});

test('another factor ends all trust', async () => {
  const { clock, context } = await prepared();
  const { token } = await trustBrowser(context, ALICE, SEEN);
  clock.now += 60_000;
  const { secret } = await beginTotp(context, ALICE);
  await confirmTotp(context, ALICE.name, ALICE, codeAt(secret, clock.now));
  assert.equal(await lookupTrustedBrowser(context, ALICE, token), undefined);
  assert.deepEqual(await listTrustedBrowsers(context, ALICE), []);
});

test('trust made under other factors is none, even where its record was left behind', async () => {
  const { context } = await prepared();
  const { token } = await trustBrowser(context, ALICE, SEEN);
  await context.store.updateAccount(ALICE, (record) => ({
    record: record && { ...record, emailFactor: { confirmedAt: START_MS } },
    result: undefined,
  }));
  assert.equal(await lookupTrustedBrowser(context, ALICE, token), undefined);
  assert.deepEqual(await listTrustedBrowsers(context, ALICE), []);
});

test('a domain that trusts no browsers, or for shorter, means those trusted before too', async () => {
  const { clock, context } = await prepared();
  const { token } = await trustBrowser(context, ALICE, SEEN);
  await setDomain(context, 'test', ALICE.domain, { trustedBrowserDays: 2 });
  clock.now += 2 * DAY_MS - 1;
  assert.ok(await lookupTrustedBrowser(context, ALICE, token));
  clock.now += 1;
  assert.equal(await lookupTrustedBrowser(context, ALICE, token), undefined);
  await setDomain(context, 'test', ALICE.domain, { trustedBrowserDays: 0 });
  await assert.rejects(trustBrowser(context, ALICE, SEEN), { code: 'NOT_ALLOWED' });
});

test('trust can be ended for one browser and for all', async () => {
  const { context } = await prepared();
  const tokens = [await trustBrowser(context, ALICE, SEEN), await trustBrowser(context, ALICE, SEEN)];
  const [first] = await listTrustedBrowsers(context, ALICE);
  assert.ok(first);
  assert.equal(await distrustBrowser(context, ALICE, first.id), true);
  assert.equal(await distrustBrowser(context, ALICE, first.id), false);
  assert.equal((await listTrustedBrowsers(context, ALICE)).length, 1);
  assert.equal(await distrustAllBrowsers(context, ALICE), 1);
  for (const { token } of tokens) assert.equal(await lookupTrustedBrowser(context, ALICE, token), undefined);
});

test('a second factor is fresh for ten minutes, and only in a session that has all factors', () => {
  const at = START_MS;
  assert.equal(isFresh({ level: 'full', secondFactorAt: at }, at), true);
  assert.equal(isFresh({ level: 'full', secondFactorAt: at }, at + 599_999), true);
  assert.equal(isFresh({ level: 'full', secondFactorAt: at }, at + 600_000), false);
  assert.equal(isFresh({ level: 'full', secondFactorAt: at + 1 }, at), false);
  assert.equal(isFresh({ level: 'full' }, at), false);
  assert.equal(isFresh({ level: 'password', secondFactorAt: at }, at), false);
});
