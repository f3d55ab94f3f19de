/** Signing in: the ordinary password, the second factor, and what others must not learn from it. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { setDomain } from '../../src/policy/domains.ts';
import { ORDINARY_PASSWORD, startTestPortal, type Browser } from '../support/portal.ts';
import { codeAt, enrolled, testAccount } from '../support/policy.ts';

const ALICE = testAccount();
const CREDENTIALS = { user: ALICE.name, password: ORDINARY_PASSWORD };

async function givePassword(browser: Browser, fields = CREDENTIALS) {
  await browser.open('/sign-in');
  return browser.submit('/sign-in', fields);
}

test('the right password signs somebody in who has no second factor', async () => {
  const portal = await startTestPortal();
  await setDomain(portal.tools, 'test', ALICE.domain, { mode: 'enabled' });
  const page = await givePassword(portal.browser());
  assert.equal(page.status, 200);
  assert.match(page.text, /2-Step Authentication/);
  assert.match(page.text, /alice@example\.org/);
  await portal.close();
});

test('somebody enrolled needs the code too, and each code works once', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.tools, ALICE);
  portal.clock.now += 60_000;
  const code = codeAt(totp, portal.clock.now).expose();
  const browser = portal.browser();
  await givePassword(browser);
  assert.equal((await browser.get('/settings/account')).location, '/sign-in/code?next=%2Fsettings%2Faccount');
  await browser.open('/sign-in/code');
  const page = await browser.submit('/sign-in/code', { code });
  assert.match(page.text, /2-Step Authentication/);
  const other = portal.browser();
  await givePassword(other);
  assert.match((await other.submit('/sign-in/code', { code })).text, /has been used before/);
  await portal.close();
});
