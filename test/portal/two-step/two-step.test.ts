/** Settings › Account › 2-Step Authentication: turning it on by either method, replacing, and turning it off. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { showAccount } from '#policy/accounts/accounts.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { Secret } from '#core/secret.ts';
import { codeAt, enrolled, enrolledByEmail, testAccount } from '../../support/policy.ts';
import {
  givePassword,
  ORDINARY_PASSWORD,
  signInFully,
  startTestPortal,
  type Browser,
  type TestPortal,
} from '../../support/portal.ts';

const ALICE = testAccount();

async function signedIn(
  mode: 'enabled' | 'forced' | 'disabled',
  mail?: true,
): Promise<{ portal: TestPortal; browser: Browser }> {
  const portal = await startTestPortal(mail === undefined ? {} : { mail });
  await setDomain(portal.context, 'test', ALICE.domain, { mode });
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  return { portal, browser };
}

function keyOn(browser: Browser): Secret {
  const key = /<output id="key">([^<]+)<\/output>/.exec(browser.page.html)?.[1] ?? '';
  return new Secret(key.replaceAll(/\s/g, ''));
}

test('Enable, Authenticator App, Next, code, Check: on, with an app password and ten recovery codes to keep', async () => {
  const { portal, browser } = await signedIn('enabled');
  assert.match(browser.page.text, /Enable/);
  await browser.open('/settings/account/set-up');
  assert.match(browser.page.text, /Verification method Authenticator App .* Next/);
  await browser.submit('/settings/account/set-up', { method: 'totp' });
  assert.match(browser.page.html, /<svg[^>]+viewBox/);
  const key = keyOn(browser);
  const wrong = await browser.submit('/settings/account/set-up/authenticator', { code: '000000' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /This is not the right code/);
  assert.equal(keyOn(browser).expose(), key.expose(), 'the same key is shown again');
  const code = codeAt(key, portal.clock.now).expose();
  const done = await browser.submit('/settings/account/set-up/authenticator', { code });
  assert.match(done.text, /2-Step Authentication is on/);
  assert.equal([...done.html.matchAll(/<code>[a-z0-9]{4}(-[a-z0-9]{4}){2}<\/code>/g)].length, 10);
  const [, shown = ''] = /<output id="app-password">([a-z0-9 ]{19})</.exec(done.html) ?? [];
  assert.match(done.html, new RegExp(`data-copy="${shown.replaceAll(' ', '')}"`));
  const text = await browser.get('/settings/account/recovery-codes.txt');
  assert.equal(text.headers['content-disposition'], 'attachment; filename="recovery-codes.txt"');
  assert.equal(text.html.match(/^[a-z0-9]{4}(-[a-z0-9]{4}){2}\r$/gm)?.length, 10);
  assert.equal((await browser.open('/settings/account/set-up/done')).status, 200, 'it can be loaded again');
  await browser.submit('/settings/account/recovery-codes/kept');
  assert.match(browser.page.text, /App passwords .* Mail apps/);
  assert.equal((await browser.get('/settings/account/set-up/done')).location, '/settings/account');
  assert.equal((await browser.get('/settings/account/recovery-codes.txt')).location, '/settings/account');
  const view = await showAccount(portal.context, ALICE);
  assert.deepEqual(view.factors, ['totp']);
});

test('what a set-up showed is shown to no other session of the account', async () => {
  const { portal, browser } = await signedIn('enabled');
  await browser.open('/settings/account/set-up');
  await browser.submit('/settings/account/set-up', { method: 'totp' });
  const key = keyOn(browser);
  await browser.submit('/settings/account/set-up/authenticator', { code: codeAt(key, portal.clock.now).expose() });
  const other = await signInFully(portal, ALICE, key);
  assert.equal((await other.get('/settings/account/set-up/done')).location, '/settings/account');
});

test('with a recovery address first: asked for, proved by a code, and then the authenticator app', async () => {
  const { portal, browser } = await signedIn('enabled', true);
  await browser.open('/settings/account/set-up');
  assert.match(browser.page.text, /Recovery Email Address .* Authenticator App/);
  await browser.submit('/settings/account/set-up', { method: 'totp' });
  assert.match(browser.page.text, /Your Recovery Email Address/);
  const same = await browser.submit('/settings/account/recovery-address', { address: 'Alice+x@Example.org' });
  assert.match(same.text, /the mailbox that you are protecting/);
  assert.match(same.html, /value="Alice\+x@Example\.org"/, 'what was typed is not lost');
  assert.match(
    (await browser.submit('/settings/account/recovery-address', { address: 'alice' })).text,
    /not an email address/,
  );
  await browser.submit('/settings/account/recovery-address', { address: 'alice@example.net' });
  assert.match(browser.page.text, /A code was sent to alice@example\.net/);
  const code = portal.mails.at(-1)?.code.expose() ?? '';
  await browser.submit('/settings/account/recovery-address/code', { code });
  assert.match(browser.page.text, /Set up the authenticator app/);
  const key = keyOn(browser);
  await browser.submit('/settings/account/set-up/authenticator', { code: codeAt(key, portal.clock.now).expose() });
  assert.match(browser.page.text, /2-Step Authentication is on/);
  const { recoveryAddress, factors } = await showAccount(portal.context, ALICE);
  assert.deepEqual([recoveryAddress, factors], ['alice@example.net', ['totp']]);
});

test('Enable, Recovery Email Address, Next, code, Check', async () => {
  const { portal, browser } = await signedIn('enabled', true);
  await browser.open('/settings/account/set-up');
  await browser.submit('/settings/account/set-up', { method: 'email' });
  await browser.submit('/settings/account/set-up/recovery-email', { address: 'alice@example.net' });
  const wrong = await browser.submit('/settings/account/set-up/recovery-email/code', { code: '000000' });
  assert.match(wrong.text, /not the right code/);
  const code = portal.mails.at(-1)?.code.expose() ?? '';
  await browser.submit('/settings/account/set-up/recovery-email/code', { code });
  assert.match(browser.page.text, /2-Step Authentication is on/);
  assert.deepEqual((await showAccount(portal.context, ALICE)).factors, ['email']);
});

test('a code that was mailed is good once, for ten minutes and five tries', async () => {
  const { portal, browser } = await signedIn('enabled', true);
  const action = '/settings/account/set-up/recovery-email/code';
  await browser.open('/settings/account/set-up/recovery-email');
  await browser.submit('/settings/account/set-up/recovery-email', { address: 'alice@example.net' });
  const code = portal.mails.at(-1)?.code.expose() ?? '';
  const others = ['111111', '222222', '333333', '444444', '555555', '666666'].filter((one) => one !== code).slice(0, 5);
  for (const wrong of others) await browser.submit(action, { code: wrong });
  assert.match((await browser.submit(action, { code })).text, /no longer good/);
  portal.clock.now += 31_000;
  await browser.submit('/settings/account/set-up/recovery-email', {});
  const second = portal.mails.at(-1)?.code.expose() ?? '';
  portal.clock.now += 600_000;
  assert.match(
    (await browser.submit(action, { code: second })).text,
    /confirm|Type your password again|no longer good/i,
  );
});

test('in a forced domain the set-up comes first and cannot be left out', async () => {
  const { portal, browser } = await signedIn('forced');
  assert.match(browser.page.text, /example\.org requires 2-Step Authentication\. Set it up now/);
  assert.doesNotMatch(browser.page.html, /<nav class="main"/);
  for (const path of ['/', '/settings/account', '/settings/activity', '/settings/account/app-passwords/new']) {
    assert.match((await browser.open(path)).text, /Choose how to get your codes/, path);
  }
  await browser.submit('/settings/account/set-up', { method: 'totp' });
  const code = codeAt(keyOn(browser), portal.clock.now).expose();
  const page = await browser.submit('/settings/account/set-up/authenticator', { code });
  assert.match(page.text, /Your new password for mail apps/);
});

test('without a choice of method the page asks for one, and a method that is not permitted is none', async () => {
  const { portal, browser } = await signedIn('enabled', true);
  await browser.open('/settings/account/set-up');
  assert.match((await browser.submit('/settings/account/set-up', {})).text, /Choose one of the methods/);
  await setDomain(portal.context, 'test', ALICE.domain, { methods: ['email'] });
  await browser.open('/settings/account/set-up');
  assert.doesNotMatch(browser.page.text, /Authenticator App/);
  assert.equal((await browser.submit('/settings/account/set-up', { method: 'totp' })).status, 422);
});

test('a set-up that was left lying begins again', async () => {
  const { portal, browser } = await signedIn('enabled');
  await browser.open('/settings/account/set-up');
  await browser.submit('/settings/account/set-up', { method: 'totp' });
  const key = keyOn(browser);
  const { token } = browser;
  portal.clock.now += 31 * 60_000;
  const form = { token, code: codeAt(key, portal.clock.now).expose() };
  const late = await browser.post('/settings/account/set-up/authenticator', form);
  assert.match(late.location, /^\/confirm\?next=%2Fsettings%2Faccount%2Fset-up%2Fauthenticator/);
  await browser.open(late.location);
  await browser.submit('/confirm', { password: ORDINARY_PASSWORD });
  assert.match(browser.page.text, /Choose how to get your codes/);
});

test('where two-step is off the page says whose choice that is', async () => {
  const { browser } = await signedIn('disabled');
  assert.match(browser.page.text, /turned off for example\.org\. .* Your administrator can turn it on/);
  assert.doesNotMatch(browser.page.text, /Enable/);
});

test('an app that is replaced is no longer accepted, and other browsers are signed out', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const other = await signInFully(portal, ALICE, totp);
  const browser = await signInFully(portal, ALICE, totp);
  await browser.submit('/settings/account/set-up', { method: 'totp' });
  const key = keyOn(browser);
  assert.notEqual(key.expose(), totp.expose());
  await browser.submit('/settings/account/set-up/authenticator', { code: codeAt(key, portal.clock.now).expose() });
  assert.match(browser.page.text, /The new authenticator app is in use/);
  assert.match((await other.get('/settings/account')).location, /^\/sign-in/);
  portal.clock.now += 60_000;
  const next = portal.browser();
  await givePassword(next, ALICE);
  assert.equal((await next.submit('/sign-in/code', { code: codeAt(totp, portal.clock.now).expose() })).status, 403);
});

test('a second factor cannot be added with the password alone', async () => {
  const portal = await startTestPortal({ mail: true });
  await enrolledByEmail(portal.context, ALICE, 'alice@example.net');
  const thief = portal.browser();
  await givePassword(thief, ALICE);
  const { token } = thief;
  for (const path of [
    '/settings/account/set-up',
    '/settings/account/set-up/authenticator',
    '/settings/account/recovery-address',
  ]) {
    const page = await thief.post(path, { token, method: 'totp', code: '000000', address: 'thief@example.net' });
    assert.match(page.location, /^\/sign-in\/code/, path);
  }
  assert.deepEqual((await showAccount(portal.context, ALICE)).factors, ['email']);
});

test('two factors at once: either signs in, and either can be removed but the last', async () => {
  const portal = await startTestPortal({ mail: true });
  const { totp } = await enrolled(portal.context, ALICE);
  const browser = await signInFully(portal, ALICE, totp);
  await browser.open('/settings/account/set-up/recovery-email');
  await browser.submit('/settings/account/set-up/recovery-email', { address: 'alice@example.net' });
  const code = portal.mails.at(-1)?.code.expose() ?? '';
  await browser.submit('/settings/account/set-up/recovery-email/code', { code });
  assert.deepEqual((await showAccount(portal.context, ALICE)).factors, ['totp', 'email']);
  await browser.open('/settings/account');
  assert.match(browser.page.text, /alice@example\.net, for codes and notices/);
  portal.clock.now += 31_000;
  const byMail = portal.browser();
  await givePassword(byMail, ALICE);
  await byMail.submit('/sign-in/email');
  const mailed = portal.mails.at(-1)?.code.expose() ?? '';
  assert.match((await byMail.submit('/sign-in/code', { code: mailed })).text, /App passwords/);
  await byMail.open('/settings/account/remove/totp');
  await byMail.submit('/settings/account/remove/totp');
  assert.deepEqual((await showAccount(portal.context, ALICE)).factors, ['email']);
  assert.doesNotMatch(byMail.page.html, /\/settings\/account\/remove\//);
  await byMail.open('/settings/account/remove/email');
  assert.equal((await byMail.submit('/settings/account/remove/email')).status, 409);
});

test('turning off asks first, and then everything of it is gone', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const browser = await signInFully(portal, ALICE, totp);
  await browser.open('/settings/account/turn-off');
  assert.match(browser.page.text, /Turn off 2-Step Authentication\?.*disconnected/);
  await browser.submit('/settings/account/turn-off');
  assert.match(browser.page.text, /Enable/);
  const { enrolledAt, appPasswords } = await showAccount(portal.context, ALICE);
  assert.deepEqual([enrolledAt, appPasswords], [undefined, []]);
});

test('in a forced domain it cannot be turned off', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const browser = await signInFully(portal, ALICE, totp);
  await browser.open('/settings/account/turn-off');
  const { token } = browser;
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'forced' });
  assert.equal((await browser.post('/settings/account/turn-off', { token })).status, 409);
  assert.match(
    (await browser.open('/settings/account/turn-off')).text,
    /requires 2-Step Authentication: it cannot be turned off/,
  );
});

test('a date from which the domain is forced is said beforehand', async () => {
  const { portal, browser } = await signedIn('enabled');
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'forced', forcedFrom: Date.UTC(2030, 0, 31) });
  assert.match((await browser.open('/settings/account')).text, /from January 31, 2030/);
});

test('new recovery codes replace the old ones', async () => {
  const portal = await startTestPortal();
  const { totp, recoveryCodes } = await enrolled(portal.context, ALICE);
  const browser = await signInFully(portal, ALICE, totp);
  await browser.open('/settings/account/recovery-codes');
  await browser.submit('/settings/account/recovery-codes');
  const fresh = [...browser.page.html.matchAll(/<code>([a-z0-9-]{14})<\/code>/g)].map(([, code = '']) => code);
  assert.equal(fresh.length, 10);
  const other = portal.browser();
  await givePassword(other, ALICE);
  await other.open('/sign-in/recovery-code');
  assert.equal((await other.submit('/sign-in/code', { code: recoveryCodes[0]?.expose() ?? '' })).status, 403);
  assert.match((await other.submit('/sign-in/code', { code: fresh[0] ?? '' })).text, /9 of 10 left/);
});
