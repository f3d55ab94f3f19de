/** A mail to the owner when somebody signs in with a browser that was not seen before. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  codeAt,
  enrolled,
  enrolledByEmail,
  START_MS,
  testAccount,
  testTools,
  withNotices,
} from '../../support/policy.ts';
import { givePassword, signInFully, startTestPortal } from '../../support/portal.ts';

const ALICE = testAccount();
const BOB = testAccount('bob');

function noticesOf(notices: ReturnType<typeof withNotices>['notices']) {
  return notices.filter(({ action }) => action === 'browser.signed-in');
}

test('each browser is told once, to the recovery address, or to the mailbox where there is none', async () => {
  const clock = { now: START_MS };
  const { context, notices } = withNotices(testTools(clock));
  const portal = await startTestPortal({ context, clock, mail: true });
  const { totp } = await enrolled(context, ALICE);
  await enrolledByEmail(context, ALICE, 'alice@elsewhere.example');
  const browser = await signInFully(portal, ALICE, totp);
  const [first] = noticesOf(notices);
  assert.deepEqual(first?.to, ['alice@elsewhere.example']);
  assert.deepEqual(first?.detail, { browser: 'Browser', network: '192.0.2.0/24' });
  await browser.open('/settings/account');
  await browser.submit('/sign-out');
  await givePassword(browser, ALICE);
  clock.now += 60_000;
  await browser.submit('/sign-in/code', { code: codeAt(totp, clock.now).expose() });
  assert.equal(noticesOf(notices).length, 1, 'the same browser again');
  await signInFully(portal, ALICE, totp);
  assert.equal(noticesOf(notices).length, 2, 'another browser');
  const { totp: bobs } = await enrolled(context, BOB);
  await browser.open('/settings/account');
  await browser.submit('/sign-out');
  await givePassword(browser, BOB);
  clock.now += 60_000;
  await browser.submit('/sign-in/code', { code: codeAt(bobs, clock.now).expose() });
  assert.deepEqual(noticesOf(notices).at(-1)?.to, [BOB.name], 'known for alice, new for bob');
});

test('the password alone tells nobody of a sign-in, nor does that of an account without two-step', async () => {
  const clock = { now: START_MS };
  const { context, notices } = withNotices(testTools(clock));
  const portal = await startTestPortal({ context, clock });
  await enrolled(context, ALICE);
  await givePassword(portal.browser(), ALICE);
  await givePassword(portal.browser(), BOB);
  assert.deepEqual(noticesOf(notices), []);
});
