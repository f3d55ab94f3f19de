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
  const tools = testTools(clock);
  await enrolled(tools, ALICE, { mode: 'enabled', trustedBrowserDays });
  return { clock, tools };
}

test('a browser is trusted for the days that the domain allows', async () => {
  const { clock, tools } = await prepared();
  const { token, expiresAt } = await trustBrowser(tools, ALICE, SEEN);
  assert.equal(expiresAt, START_MS + 30 * DAY_MS);
  clock.now = expiresAt - 1;
  const found = await lookupTrustedBrowser(tools, ALICE, token);
  assert.deepEqual([found?.browser, found?.usedAt], [SEEN.browser, clock.now]);
  clock.now = expiresAt;
  assert.equal(await lookupTrustedBrowser(tools, ALICE, token), undefined);
});

test('trust is in one account: nobody else’s, and no made-up cookie', async () => {
  const { tools } = await prepared();
  const bob = testAccount('bob');
  await enrolled(tools, bob, {});
  const { token } = await trustBrowser(tools, ALICE, SEEN);
  assert.equal(await lookupTrustedBrowser(tools, bob, token), undefined);
  for (const made of ['', 'x', 'a'.repeat(43)]) {
    assert.equal(await lookupTrustedBrowser(tools, ALICE, new Secret(made)), undefined);
  }
  const [listed] = await listTrustedBrowsers(tools, ALICE);
  assert.ok(listed && listed.id !== token.expose());
});

test('another factor ends all trust', async () => {
  const { clock, tools } = await prepared();
  const { token } = await trustBrowser(tools, ALICE, SEEN);
  clock.now += 60_000;
  const { secret } = await beginTotp(tools, ALICE);
  await confirmTotp(tools, ALICE.name, ALICE, codeAt(secret, clock.now));
  assert.equal(await lookupTrustedBrowser(tools, ALICE, token), undefined);
  assert.deepEqual(await listTrustedBrowsers(tools, ALICE), []);
});

test('trust made under other factors is none, even where its record was left behind', async () => {
  const { tools } = await prepared();
  const { token } = await trustBrowser(tools, ALICE, SEEN);
  await tools.store.updateAccount(ALICE, (record) => ({
    record: record && { ...record, emailFactor: { confirmedAt: START_MS } },
    result: undefined,
  }));
  assert.equal(await lookupTrustedBrowser(tools, ALICE, token), undefined);
  assert.deepEqual(await listTrustedBrowsers(tools, ALICE), []);
});

test('a domain that trusts no browsers, or for shorter, means those trusted before too', async () => {
  const { clock, tools } = await prepared();
  const { token } = await trustBrowser(tools, ALICE, SEEN);
  await setDomain(tools, 'test', ALICE.domain, { trustedBrowserDays: 2 });
  clock.now += 2 * DAY_MS - 1;
  assert.ok(await lookupTrustedBrowser(tools, ALICE, token));
  clock.now += 1;
  assert.equal(await lookupTrustedBrowser(tools, ALICE, token), undefined);
  await setDomain(tools, 'test', ALICE.domain, { trustedBrowserDays: 0 });
  await assert.rejects(trustBrowser(tools, ALICE, SEEN), { code: 'NOT_ALLOWED' });
});

test('trust can be ended for one browser and for all', async () => {
  const { tools } = await prepared();
  const tokens = [await trustBrowser(tools, ALICE, SEEN), await trustBrowser(tools, ALICE, SEEN)];
  const [first] = await listTrustedBrowsers(tools, ALICE);
  assert.ok(first);
  assert.equal(await distrustBrowser(tools, ALICE, first.id), true);
  assert.equal(await distrustBrowser(tools, ALICE, first.id), false);
  assert.equal((await listTrustedBrowsers(tools, ALICE)).length, 1);
  assert.equal(await distrustAllBrowsers(tools, ALICE), 1);
  for (const { token } of tokens) assert.equal(await lookupTrustedBrowser(tools, ALICE, token), undefined);
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
