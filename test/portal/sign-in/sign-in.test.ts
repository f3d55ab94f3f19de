/** Signing in: the ordinary password, the second factor, and what others must not learn from it. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { suspendAccount } from '#policy/accounts/accounts.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { resetFactors } from '#policy/factors/factors.ts';
import { codeAt, enrolled, enrolledByEmail, testAccount } from '../../support/policy.ts';
import { givePassword, ORDINARY_PASSWORD, signInFully, startTestPortal } from '../../support/portal.ts';

const ALICE = testAccount();
const COOKIE = '__Host-postern';

test('the right password signs somebody in who has no second factor', async () => {
  const portal = await startTestPortal();
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled' });
  const page = await givePassword(portal.browser(), ALICE);
  assert.equal(page.status, 200);
  assert.match(page.text, /Settings Account 2-Step Authentication 2-Step Authentication/);
  assert.match(page.text, /alice@example\.org/);
});

test('somebody enrolled needs the code too, and each code works once', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  portal.clock.now += 60_000;
  const code = codeAt(totp, portal.clock.now).expose();
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  assert.equal((await browser.get('/settings/account')).location, '/sign-in/code?next=%2Fsettings%2Faccount');
  await browser.open('/sign-in/code');
  assert.match((await browser.submit('/sign-in/code', { code })).text, /App passwords/);
  const other = portal.browser();
  await givePassword(other, ALICE);
  assert.match((await other.submit('/sign-in/code', { code })).text, /has been used before/);
});

test('of parallel tries with one code exactly one gets in', async () => {
  const portal = await startTestPortal();
  const { totp, recoveryCodes } = await enrolled(portal.context, ALICE);
  portal.clock.now += 60_000;
  const tries = [
    { way: 'totp', code: codeAt(totp, portal.clock.now).expose() },
    { way: 'recovery-code', code: recoveryCodes[0]?.expose() ?? '' },
  ];
  for (const fields of tries) {
    const browsers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const browser = portal.browser();
        await givePassword(browser, ALICE);
        return browser;
      }),
    );
    const pages = await Promise.all(browsers.map((one) => one.post('/sign-in/code', { token: one.token, ...fields })));
    assert.equal(pages.filter(({ location }) => location === '/settings/account').length, 1, fields.way);
  }
});

test('an unknown user, a suspended one and a wrong password get one answer', async () => {
  const portal = await startTestPortal();
  await enrolled(portal.context, ALICE);
  await enrolled(portal.context, testAccount('sue'));
  await suspendAccount(portal.context, 'admin', testAccount('sue'));
  const answers = [
    await givePassword(portal.browser(), ALICE, 'wrong'),
    await givePassword(portal.browser(), testAccount('nobody'), 'wrong'),
    await givePassword(portal.browser(), testAccount('sue'), ORDINARY_PASSWORD),
    await givePassword(portal.browser(), testAccount('sue'), 'wrong'),
  ];
  const shapes = answers.map(({ status, html }) =>
    [status, html.replace(/name="token"\s+value="[^"]*"/g, '').replace(/value="\w+@example\.org"/, '')].join(' '),
  );
  assert.equal(new Set(shapes).size, 1);
  assert.match(answers[0]?.text ?? '', /The email address or the password is not right/);
  // The backend was asked for each, so that the time does not tell either.
  assert.equal(portal.asked.length, answers.length);
});

test('a mail server that does not answer is not called a wrong password', async () => {
  const portal = await startTestPortal();
  portal.backend = () => 'unavailable';
  const page = await givePassword(portal.browser(), ALICE);
  assert.equal(page.status, 503);
  assert.match(page.text, /cannot check passwords just now.*does not mean that yours is wrong/);
  assert.match(page.html, /value="alice@example\.org"/, 'the address is not lost');
});

test('however the address is written, wrong passwords are counted for one account', async () => {
  const portal = await startTestPortal();
  const spellings = [
    'alice@example.org',
    'ALICE@example.org',
    'alice+x@example.org',
    ' alice@EXAMPLE.org ',
    'ａlice@example.org',
  ];
  for (let count = 0; count < 10; count++) {
    const browser = portal.browser();
    await browser.open('/sign-in');
    const page = await browser.submit('/sign-in', { user: spellings[count % 5] ?? '', password: `guess ${count}` });
    assert.equal(page.status, 403, `${count}`);
  }
  const page = await givePassword(portal.browser(), ALICE);
  assert.equal(page.status, 429);
  assert.match(page.text, /Too many wrong tries\. Wait 15 minutes/);
  assert.equal(portal.asked.length, 10, 'the backend is not asked any more');
});

test('guesses at the code are counted, whichever session they come from', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  portal.clock.now += 60_000;
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess++) {
    const browser = portal.browser();
    await givePassword(browser, ALICE);
    statuses.push(
      (await browser.post('/sign-in/code', { token: browser.token, code: `00000${guess}`.slice(-6) })).status,
    );
  }
  // With the password itself, which is no proof yet, that makes ten.
  assert.equal(statuses.filter((status) => status === 403).length, 9);
  // From here not even the right one is looked at, and the password is taken without being a new guess.
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  const page = await browser.submit('/sign-in/code', { code: codeAt(totp, portal.clock.now).expose() });
  assert.equal(page.status, 429);
  assert.match(page.text, /Too many wrong tries/);
});

test('each step up gives the browser a new cookie, and the old one is worth nothing', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const browser = portal.browser();
  await browser.open('/sign-in');
  const planted = browser.cookies.get(COOKIE) ?? '';
  await browser.submit('/sign-in', { user: ALICE.name, password: ORDINARY_PASSWORD });
  const half = browser.cookies.get(COOKIE) ?? '';
  portal.clock.now += 60_000;
  await browser.submit('/sign-in/code', { code: codeAt(totp, portal.clock.now).expose() });
  const full = browser.cookies.get(COOKIE) ?? '';
  assert.equal(new Set([planted, half, full]).size, 3);
  for (const [cookie, location] of [
    [planted, '/sign-in'],
    [half, '/sign-in'],
    [full, ''],
  ] as const) {
    const thief = portal.browser();
    thief.cookies.set(COOKIE, cookie);
    assert.equal((await thief.get('/settings/account')).location.split('?')[0], location);
  }
});

test('a cookie that was made up signs nobody in', async () => {
  const portal = await startTestPortal();
  await enrolled(portal.context, ALICE);
  const account = Buffer.from(ALICE.name).toString('base64url');
  for (const cookie of [
    `${account}.${'A'.repeat(43)}`,
    account,
    `${account}.`,
    '%',
    'x'.repeat(2000),
    `${account}.${'A'.repeat(43)}.x`,
  ]) {
    const browser = portal.browser();
    browser.cookies.set(COOKIE, cookie);
    assert.match((await browser.get('/settings/account')).location, /^\/sign-in\?/);
  }
});

test('a session ends when it was not used for an hour, after twelve hours, and by signing out', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const idle = await signInFully(portal, ALICE, totp);
  portal.clock.now += 61 * 60_000;
  assert.match((await idle.get('/settings/activity')).location, /^\/sign-in\?/);
  const busy = await signInFully(portal, ALICE, totp);
  const start = portal.clock.now;
  let page = await busy.get('/settings/activity');
  while (page.status === 200) {
    portal.clock.now += 30 * 60_000;
    page = await busy.get('/settings/activity');
  }
  assert.equal(portal.clock.now - start, 12 * 3_600_000 - 30 * 60_000 + 30 * 60_000);
  const leaving = await signInFully(portal, ALICE, totp);
  const cookie = leaving.cookies.get(COOKIE) ?? '';
  await leaving.open('/settings/account');
  assert.match((await leaving.submit('/sign-out')).text, /Sign in/);
  const thief = portal.browser();
  thief.cookies.set(COOKIE, cookie);
  assert.match((await thief.get('/settings/account')).location, /^\/sign-in\?/);
});

test('whoever resets the factors or suspends the account ends its sessions in browsers', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const browser = await signInFully(portal, ALICE, totp);
  await resetFactors(portal.context, 'admin', ALICE);
  assert.match((await browser.get('/settings/account')).location, /^\/sign-in\?/);
  const again = portal.browser();
  assert.match((await givePassword(again, ALICE)).text, /Choose how to get your codes/);
  await suspendAccount(portal.context, 'admin', ALICE);
  assert.match((await again.get('/settings/account/set-up')).location, /^\/sign-in\?/);
});

test('lost phone: a recovery code signs in, once, and the last ones are warned about', async () => {
  const portal = await startTestPortal();
  const { recoveryCodes } = await enrolled(portal.context, ALICE);
  for (const [index, code] of recoveryCodes.entries()) {
    const browser = portal.browser();
    await givePassword(browser, ALICE);
    assert.match(browser.page.text, /Lost your phone\? Use a recovery code/);
    await browser.open('/sign-in/recovery-code');
    assert.match((await browser.submit('/sign-in/code', { code: 'abcd-efgh-jkmn' })).text, /not one of your recovery/);
    const page = await browser.submit('/sign-in/code', { code: code.expose().toUpperCase().replaceAll('-', ' ') });
    assert.match(page.text, new RegExp(`${9 - index} of 10 left`));
    assert.equal(/You have (only|no)/.test(page.text), index >= 6);
    if (index > 1) portal.clock.now += 900_000;
  }
});

test('lost everything: the page says whom to ask', async () => {
  const portal = await startTestPortal();
  assert.match((await portal.browser().open('/sign-in/help')).text, /Ask the administrator of your mail domain/);
});

test('a code by mail is sent at once, says where to, and is good for this session only', async () => {
  const portal = await startTestPortal({ mail: true });
  await enrolledByEmail(portal.context, ALICE, 'alice.private@example.net');
  const browser = portal.browser();
  const page = await givePassword(browser, ALICE);
  assert.match(page.text, /A code was sent to a•••@example\.net/);
  assert.doesNotMatch(page.html, /alice\.private/);
  const [mail] = portal.mails;
  assert.equal(mail?.to, 'alice.private@example.net');
  const code = mail?.code.expose() ?? '';
  const other = portal.browser();
  portal.clock.now += 31_000;
  await givePassword(other, ALICE);
  assert.match((await other.submit('/sign-in/code', { code })).text, /not the right code/);
  assert.match((await browser.submit('/sign-in/code', { code })).text, /App passwords/);
});

test('a mail that cannot be sent is said to whoever waits for it', async () => {
  const portal = await startTestPortal({ mail: true });
  await enrolledByEmail(portal.context, ALICE, 'alice@example.net');
  portal.relay = 'failed';
  const browser = portal.browser();
  const page = await givePassword(browser, ALICE);
  assert.equal(page.status, 503);
  assert.match(page.text, /The mail could not be sent/);
  portal.relay = 'sent';
  assert.match((await browser.submit('/sign-in/email')).text, /Wait \d+ seconds/);
  portal.clock.now += 31_000;
  assert.equal((await browser.submit('/sign-in/email')).status, 200);
  assert.equal(portal.mails.length, 1);
});

test('a trusted browser needs no code to come in, but one to change anything', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE, { mode: 'enabled', trustedBrowserDays: 30 });
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  assert.match(browser.page.text, /Keep this browser trusted for 30 days/);
  portal.clock.now += 60_000;
  const code = (): string => codeAt(totp, portal.clock.now).expose();
  await browser.submit('/sign-in/code', { code: code(), trust: 'yes' });
  await browser.submit('/sign-out');
  assert.match((await givePassword(browser, ALICE)).text, /App passwords/);
  assert.match((await browser.get('/settings/account/app-passwords/new')).location, /^\/confirm\?/);
  await browser.open('/settings/activity');
  assert.match(browser.page.text, /Trusted browsers/);
  const action = /action="(\/settings\/activity\/browsers\/[^"]+\/distrust)"/.exec(browser.page.html)?.[1] ?? '';
  assert.doesNotMatch((await browser.submit(action)).text, /Trusted browsers/);
  await browser.submit('/sign-out');
  assert.match((await givePassword(browser, ALICE)).text, /authenticator app/);
});

test('a domain that trusts no browsers offers no trust, and takes none', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  assert.doesNotMatch(browser.page.text, /trusted/);
  portal.clock.now += 60_000;
  await browser.submit('/sign-in/code', { code: codeAt(totp, portal.clock.now).expose(), trust: 'yes' });
  assert.equal(browser.cookies.has('__Host-postern-browser'), false);
});

test('mail goes out in the language that the account was last used in, once all factors were given', async () => {
  const portal = await startTestPortal();
  const { totp } = await enrolled(portal.context, ALICE);
  const language = async () => (await portal.context.store.lookupAccount(ALICE)).record?.language;
  const half = portal.browser();
  await givePassword(half, ALICE);
  await half.submit('/language', { language: 'ms' });
  assert.equal(await language(), undefined);
  const browser = await signInFully(portal, ALICE, totp);
  assert.equal(await language(), 'en');
  await browser.submit('/language', { language: 'ms' });
  assert.equal(await language(), 'ms');
});

test('pages come in the language that the browser asks for, or the one that was chosen', async () => {
  const portal = await startTestPortal();
  const malay = portal.browser({ headers: { 'accept-language': 'fr, ms-MY;q=0.9, en;q=0.5' } });
  assert.match((await malay.open('/sign-in')).html, /<html lang="ms">/);
  const english = portal.browser({ headers: { 'accept-language': 'de' } });
  await english.open('/sign-in');
  assert.match(english.page.text, /Sign in to your mail account/);
  await english.submit('/language', { language: 'ms' });
  assert.match(english.page.text, /Log masuk ke akaun/);
});
