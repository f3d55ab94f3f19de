/** App passwords on the web: eye, copy, refresh, add, rename, revoke; and who is connected with them. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { showAccount } from '#policy/accounts/accounts.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { addAppPassword } from '#policy/app-passwords/app-passwords.ts';
import type { Secret } from '#core/secret.ts';
import { codeAt, enrolled, testAccount } from '../../support/policy.ts';
import { signInFully, startTestPortal, type Browser, type TestPortal } from '../../support/portal.ts';
import type { SessionRecord } from '#core/session.ts';

const ALICE = testAccount();
const BOB = testAccount('bob');
const LIST = '/settings/account/app-passwords';

interface Scene {
  readonly portal: TestPortal;
  readonly browser: Browser;
  readonly totp: Secret;
  readonly appPassword: Secret;
  /** The path of the app password "Mail apps". */
  readonly path: string;
}

async function scene(reveal: 'always' | 'once' = 'always'): Promise<Scene> {
  const portal = await startTestPortal();
  const { totp, appPassword } = await enrolled(portal.context, ALICE, { mode: 'enabled', reveal });
  const browser = await signInFully(portal, ALICE, totp);
  const [first] = (await showAccount(portal.context, ALICE)).appPasswords;
  return { portal, browser, totp, appPassword, path: `${LIST}/${first?.id ?? ''}` };
}

function grouped(secret: Secret): string {
  return secret.expose().replace(/.{4}(?=.)/g, '$& ');
}

test('the eye shows it in groups of four for two minutes, and copies without spaces', async () => {
  const { portal, browser, appPassword, path } = await scene();
  assert.doesNotMatch(browser.page.html, new RegExp(appPassword.expose()));
  assert.match(browser.page.text, /Mail apps •••• •••• •••• •••• Show Reset/);
  await browser.submit(`${path}/show`);
  assert.match(browser.page.text, new RegExp(`${grouped(appPassword)} .*Copy .*Hide .*Reset`));
  assert.match(browser.page.html, new RegExp(`data-copy="${appPassword.expose()}"`));
  await browser.submit(`${path}/hide`);
  assert.doesNotMatch(browser.page.html, new RegExp(appPassword.expose()));
  await browser.submit(`${path}/show`);
  portal.clock.now += 121_000;
  assert.doesNotMatch((await browser.open('/settings/account')).html, new RegExp(appPassword.expose()));
  assert.match((await browser.open('/settings/activity')).text, /App password “Mail apps” shown by you/);
});

test('what is shown in one browser is not shown in another', async () => {
  const { portal, browser, totp, appPassword, path } = await scene();
  await browser.submit(`${path}/show`);
  const other = await signInFully(portal, ALICE, totp);
  assert.doesNotMatch((await other.open('/settings/account')).html, new RegExp(appPassword.expose()));
});

test('showing and every change ask for a code again after ten minutes', async () => {
  const { portal, browser, totp, path } = await scene();
  const { token } = browser;
  portal.clock.now += 600_000;
  for (const action of ['show', 'reset', 'rename', 'revoke']) {
    assert.match((await browser.post(`${path}/${action}`, { token, name: 'x' })).location, /^\/confirm\?next=/, action);
  }
  assert.match((await browser.post(`${LIST}/new`, { token, name: 'x', scope: 'imap' })).location, /^\/confirm\?/);
  assert.equal((await showAccount(portal.context, ALICE)).appPasswords[0]?.name, 'Mail apps');
  await browser.open(`${path}/reset`);
  assert.match(browser.page.text, /Confirm that it is you/);
  assert.equal((await browser.submit('/confirm', { code: '000000' })).status, 403);
  const page = await browser.submit('/confirm', { code: codeAt(totp, portal.clock.now).expose() });
  assert.match(page.text, /Reset “Mail apps”\?/);
});

test('refresh asks first, then shows the new one; the old one is worth nothing', async () => {
  const { portal, browser, appPassword, path } = await scene();
  await browser.open(`${path}/reset`);
  assert.match(browser.page.text, /Reset\? Any mail app that uses it will need the new one\./);
  await browser.submit(`${path}/reset`);
  const [, shown = ''] = /<output id="secret-[^"]+">([a-z0-9 ]{19})</.exec(browser.page.html) ?? [];
  assert.match(shown, /^[a-z0-9]{4}( [a-z0-9]{4}){3}$/);
  assert.notEqual(shown, grouped(appPassword));
  const { record } = await portal.context.store.lookupAccount(ALICE);
  assert.equal(record?.appPasswords[0]?.generation, 2);
});

test('where the domain shows once there is no eye, and asking for it shows nothing', async () => {
  const { browser, appPassword, path } = await scene('once');
  assert.doesNotMatch(browser.page.html, new RegExp(`${path}/show`));
  assert.match(browser.page.text, /shown only when they are made/);
  const page = await browser.post(`${path}/show`, { token: browser.token });
  assert.equal(page.status, 409);
  assert.doesNotMatch(page.html, new RegExp(appPassword.expose()));
  await browser.open(`${path}/reset`);
  await browser.submit(`${path}/reset`);
  assert.match(browser.page.text, /Shown only now/);
});

test('one more, with a name, protocols and an expiry', async () => {
  const { portal, browser } = await scene();
  await browser.open(`${LIST}/new`);
  const start = portal.clock.now;
  await browser.submit(`${LIST}/new`, { name: ' Work <laptop> ', scope: ['imap', 'submission'], expiry: 'month' });
  assert.match(browser.page.text, /App password “Work <laptop>” [a-z0-9]{4}( [a-z0-9]{4}){3}/);
  const added = (await showAccount(portal.context, ALICE)).appPasswords[1];
  assert.equal(added?.name, 'Work <laptop>');
  assert.deepEqual(added?.scopes, ['imap', 'submission']);
  assert.equal(added?.expiresAt, start + 30 * 86_400_000);
});

test('what is wrong with a new one is said beside the field, and nothing is lost', async () => {
  const { browser } = await scene();
  await browser.open(`${LIST}/new`);
  const taken = await browser.submit(`${LIST}/new`, { name: 'Mail apps', scope: ['pop3'], expiry: 'year' });
  assert.equal(taken.status, 422);
  assert.match(taken.text, /You have an app password of this name already/);
  assert.match(taken.html, /value="Mail apps"/);
  assert.match(taken.html, /id="scope-pop3"[^>]* checked/);
  assert.doesNotMatch(taken.html, /id="scope-imap"[^>]* checked/);
  assert.match(taken.html, /id="expiry-year"[^>]* checked/);
  assert.match((await browser.submit(`${LIST}/new`, { name: 'x' })).text, /Choose at least one/);
  assert.match((await browser.submit(`${LIST}/new`, { name: '', scope: 'imap' })).text, /Give it a name/);
  assert.match((await browser.submit(`${LIST}/new`, { name: 'a\u0007', scope: 'imap' })).text, /Give it a name/);
});

test('no more than the domain allows', async () => {
  const { portal, browser } = await scene();
  await setDomain(portal.context, 'test', ALICE.domain, { maxAppPasswords: 1 });
  await browser.open(`${LIST}/new`);
  assert.match(
    (await browser.submit(`${LIST}/new`, { name: 'x', scope: 'imap' })).text,
    /as many app passwords as you may/,
  );
});

test('another name, and the end of it', async () => {
  const { portal, browser, path } = await scene();
  await addAppPassword(portal.context, ALICE.name, ALICE, { name: 'Phone', scopes: ['imap'] });
  await browser.open(path);
  assert.match((await browser.submit(`${path}/rename`, { name: 'Phone' })).text, /of this name already/);
  assert.match((await browser.submit(`${path}/rename`, { name: 'Tablet' })).text, /App password “Tablet”/);
  await browser.open(`${path}/revoke`);
  assert.match(browser.page.text, /Revoke “Tablet”\?/);
  await browser.submit(`${path}/revoke`);
  assert.deepEqual(
    (await showAccount(portal.context, ALICE)).appPasswords.map(({ name }) => name),
    ['Phone'],
  );
  assert.equal((await browser.get(path)).status, 404);
});

test("another account's app passwords and sessions are not to be had by their ids", async () => {
  const { portal, browser } = await scene();
  await enrolled(portal.context, BOB);
  const [bobs] = (await showAccount(portal.context, BOB)).appPasswords;
  const path = `${LIST}/${bobs?.id ?? ''}`;
  const { token } = browser;
  for (const action of ['show', 'reset', 'rename', 'revoke']) {
    assert.equal((await browser.post(`${path}/${action}`, { token, name: 'x' })).status, 404, action);
  }
  assert.equal((await browser.get(path)).status, 404);
  // By name neither: only ids are taken.
  assert.equal((await browser.get(`${LIST}/Mail%20apps`)).status, 404);
  await portal.context.store.touchSessions([sessionOf(BOB.name, 's2')]);
  assert.equal((await browser.post('/settings/activity/s2/cut-off', { token })).status, 404);
});

test('who is connected is shown with its app password, and can be cut off', async () => {
  const { portal, browser } = await scene();
  const [first] = (await showAccount(portal.context, ALICE)).appPasswords;
  await portal.context.store.touchSessions([
    {
      ...sessionOf(ALICE.name, 's1'),
      opener: { kind: 'app-password', id: first?.id ?? '', generation: 1 },
    },
  ]);
  const cut: string[] = [];
  await portal.context.store.watch({
    onChange: (change) => {
      if (change.kind === 'session') cut.push(change.id);
    },
    onGap: () => {},
  });
  await browser.open('/settings/activity');
  assert.match(browser.page.text, /Receiving \(IMAP\) From 198\.51\.100\.23 Signed in with app password “Mail apps”/);
  await browser.submit('/settings/activity/s1/cut-off');
  assert.deepEqual(cut, ['s1']);
});

test('recent sign-ins and refusals are told in plain words', async () => {
  const { portal, browser, totp } = await scene();
  const at = portal.clock.now;
  const detail = { reason: 'app-password-required', protocol: 'imap', network: '203.0.113.9/32' };
  await portal.context.store.appendAudit({
    at,
    actor: 'gateway',
    action: 'login.hinted',
    domain: ALICE.domain,
    account: ALICE.name,
    detail,
  });
  await signInFully(portal, ALICE, totp);
  const { text } = await browser.open('/settings/activity');
  assert.match(text, /A mail app was refused: it used your usual password \(Receiving \(IMAP\)\) from 203\.0\.113\.9/);
  assert.match(text, /Signed in with Browser from 192\.0\.2\.0\/24/);
  assert.match(text, /2-Step Authentication set up by you/);
});

function sessionOf(account: string, id: string): SessionRecord {
  return {
    id,
    account,
    domain: ALICE.domain,
    protocol: 'imap',
    opener: { kind: 'ordinary-password' },
    address: '198.51.100.23',
    gateway: 'test',
    openedAt: 0,
  };
}
