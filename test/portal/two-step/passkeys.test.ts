/** Passkeys on the portal: adding, using, taking away, and every way in which an answer is worth nothing. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { setDomain } from '#policy/domains/domains.ts';
import { enrolled, testAccount } from '../../support/policy.ts';
import {
  givePassword,
  signInFully,
  startTestPortal,
  type Browser,
  type Page,
  type PortalOptions,
  type TestPortal,
} from '../../support/portal.ts';
import { softwareAuthenticator, type SoftwareAuthenticator } from '../../support/software-authenticator.ts';

const ALICE = testAccount();
const BOB = testAccount('bob');
const ADD = '/settings/account/set-up/passkey';

/** The challenge of the open page. */
function challengeOn({ page }: Browser): string {
  const [, options = '{}'] = /data-options="([^"]+)"/.exec(page.html) ?? [];
  const asked: unknown = JSON.parse(options.replaceAll('&quot;', '"'));
  if (typeof asked !== 'object' || asked === null || !('challenge' in asked)) throw new Error(page.text);
  return String(asked.challenge);
}

async function add(browser: Browser, key: SoftwareAuthenticator, name: string): Promise<Page> {
  await browser.open(ADD);
  const response = JSON.stringify(key.register({ challenge: challengeOn(browser) }));
  return browser.submit(ADD, { name, response });
}

/** Somebody who has nothing but a passkey, and the codes that came with it. */
async function withPasskey(
  account = ALICE,
  options: PortalOptions = {},
): Promise<{ portal: TestPortal; browser: Browser; key: SoftwareAuthenticator; codes: readonly string[] }> {
  const portal = await startTestPortal(options);
  await setDomain(portal.context, 'test', account.domain, { mode: 'enabled' });
  const browser = portal.browser();
  await givePassword(browser, account);
  const key = softwareAuthenticator();
  await add(browser, key, 'Phone');
  const codes = [...browser.page.html.matchAll(/<li><code>([^<]+)/g)].map(([, code = '']) => code);
  return { portal, browser, key, codes };
}

test('Enable, Passkey, Next, Create: on, with an app password and ten recovery codes to keep', async () => {
  const portal = await startTestPortal();
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled' });
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  await browser.open('/settings/account/set-up');
  await browser.submit('/settings/account/set-up', { method: 'passkey' });
  assert.match(browser.page.text, /Add a passkey .* JavaScript is turned off/);
  const key = softwareAuthenticator();
  const response = JSON.stringify(key.register({ challenge: challengeOn(browser) }));
  await browser.submit(ADD, { name: ' ', response });
  assert.equal(browser.page.status, 422);
  assert.match(browser.page.text, /Give it a name/);
  const again = JSON.stringify(key.register({ challenge: challengeOn(browser) }));
  const done = await browser.submit(ADD, { name: 'Phone', response: again });
  assert.match(done.text, /2-Step Authentication is on .* Your new password for mail apps .* Recovery codes/);
  await browser.open('/settings/account');
  assert.match(browser.page.text, /Passkey: Phone since/);
  assert.doesNotMatch(browser.page.html, /passkeys\/[^"]+\/remove/, 'the only factor is not removed but turned off');
});

test('where mail is sent, a recovery address comes first and leads on to the passkey', async () => {
  const portal = await startTestPortal({ mail: true });
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled' });
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  await browser.open('/settings/account/set-up');
  await browser.submit('/settings/account/set-up', { method: 'passkey' });
  await browser.submit('/settings/account/recovery-address', { address: 'alice@elsewhere.example' });
  const [mail] = portal.mails;
  await browser.submit('/settings/account/recovery-address/code', { code: mail?.code.expose() ?? '' });
  assert.match(browser.page.text, /Add a passkey/);
});

test('a domain that does not permit passkeys, and a portal without a host name, offer none', async () => {
  const portal = await startTestPortal();
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled', methods: ['totp'] });
  const { totp } = await enrolled(portal.context, ALICE);
  const browser = await signInFully(portal, ALICE, totp);
  await browser.open('/settings/account/set-up');
  assert.doesNotMatch(browser.page.text, /Passkey/);
  assert.equal((await browser.open(ADD)).status, 409);
  const byAddress = await withTotp({ settings: { url: 'https://192.0.2.1' } });
  await byAddress.browser.open('/settings/account');
  assert.doesNotMatch(byAddress.browser.page.text, /Passkey/);
  assert.equal((await byAddress.browser.open(ADD)).status, 409);
});

async function withTotp(options: PortalOptions = {}) {
  const portal = await startTestPortal(options);
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled' });
  const { totp } = await enrolled(portal.context, ALICE);
  return { portal, browser: await signInFully(portal, ALICE, totp), totp };
}

test('a sign-in asks for the passkey first, says what to do without script, and takes a recovery code too', async () => {
  const { portal, key, codes } = await withPasskey();
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  assert.match(browser.page.text, /Passkeys do not work in this browser: JavaScript is turned off.*recovery code/);
  assert.match(browser.page.text, /Lost your phone\? Use a recovery code/);
  const response = JSON.stringify(key.prove({ challenge: challengeOn(browser) }));
  const page = await browser.submit('/sign-in/code', { response });
  assert.match(page.text, /Settings Account/);
  await browser.open('/settings/account');
  assert.match(browser.page.text, /Passkey: Phone since .* last used/);
  const other = portal.browser();
  await givePassword(other, ALICE);
  await other.open('/sign-in/recovery-code');
  assert.match((await other.submit('/sign-in/code', { code: codes[0] ?? '' })).text, /9 of 10 left/);
});

test('of two parallel uses of one answer one signs in; sent again, in another session or later, it is worth nothing', async () => {
  const { portal, key } = await withPasskey();
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  const response = JSON.stringify(key.prove({ challenge: challengeOn(browser) }));
  const sent = { token: browser.token, way: 'passkey', response };
  const twins = await Promise.all([browser.post('/sign-in/code', sent), browser.post('/sign-in/code', sent)]);
  assert.equal(twins.filter(({ location }) => location === '/settings/account').length, 1);
  const replaying = portal.browser();
  await givePassword(replaying, ALICE);
  const replayed = await replaying.submit('/sign-in/code', { response });
  assert.equal(replayed.status, 403);
  assert.match(replayed.text, /This passkey was not accepted/);
  const late = JSON.stringify(key.prove({ challenge: challengeOn(replaying) }));
  portal.clock.now += 301_000;
  const over = await replaying.submit('/sign-in/code', { response: late });
  assert.match(over.text, /This took too long/);
  const fresh = JSON.stringify(key.prove({ challenge: challengeOn(replaying) }));
  assert.equal((await replaying.submit('/sign-in/code', { response: fresh })).status, 200);
});

test('a copied authenticator, whose count does not go up, is refused', async () => {
  const { portal, key } = await withPasskey();
  const first = portal.browser();
  await givePassword(first, ALICE);
  const used = JSON.stringify(key.prove({ challenge: challengeOn(first), counter: 9 }));
  assert.equal((await first.submit('/sign-in/code', { response: used })).status, 200);
  for (const counter of [9, 8]) {
    const browser = portal.browser();
    await givePassword(browser, ALICE);
    const response = JSON.stringify(key.prove({ challenge: challengeOn(browser), counter }));
    assert.equal((await browser.submit('/sign-in/code', { response })).status, 403, `count ${counter}`);
  }
});

test("another account's passkey, another site's answer and nonsense are refused, and count as guesses", async () => {
  const { portal } = await withPasskey();
  const bob = portal.browser();
  await givePassword(bob, BOB);
  const bobs = softwareAuthenticator();
  await add(bob, bobs, 'Bob’s phone');
  const answers = [
    (challenge: string) => JSON.stringify(bobs.prove({ challenge })),
    (challenge: string) => JSON.stringify(bobs.prove({ challenge, origin: 'https://evil.example' })),
    () => '{"id":',
    () => '',
    () => '[]',
  ];
  for (const answer of answers) {
    const browser = portal.browser();
    await givePassword(browser, ALICE);
    const page = await browser.submit('/sign-in/code', { response: answer(challengeOn(browser)) });
    assert.equal(page.status, 403, page.text);
    assert.equal((await browser.get('/settings/account')).location.split('?')[0], '/sign-in/code');
  }
  const statuses: number[] = [];
  for (let tries = 0; tries < 10; tries++) {
    const browser = portal.browser();
    await givePassword(browser, ALICE);
    statuses.push((await browser.submit('/sign-in/code', { response: `{"try":${tries}}` })).status);
  }
  assert.equal(statuses.at(-1), 429, String(statuses));
});

test('a step-up by passkey, and an answer that was made for it opens no sign-in', async () => {
  const { portal, browser, key } = await withPasskey();
  portal.clock.now += 11 * 60_000;
  await browser.open('/settings/account/app-passwords/new');
  assert.match(browser.page.text, /Confirm that it is you .* JavaScript/);
  const response = JSON.stringify(key.prove({ challenge: challengeOn(browser) }));
  const other = portal.browser();
  await givePassword(other, ALICE);
  assert.equal((await other.submit('/sign-in/code', { response })).status, 403);
  assert.match((await browser.submit('/confirm', { response })).text, /Add an app password/);
});

test('one of several is taken away, by its owner only, and is then refused', async () => {
  const { portal, browser, key } = await withPasskey();
  const spare = softwareAuthenticator();
  await add(browser, spare, 'Blue key');
  const links = [...browser.page.html.matchAll(/href="([^"]+passkeys[^"]+remove)"/g)].map(([, link = '']) => link);
  assert.equal(links.length, 2);
  const [ofPhone = ''] = links;
  const bob = portal.browser();
  await givePassword(bob, BOB);
  await add(bob, softwareAuthenticator(), 'Bob’s phone');
  assert.equal((await bob.get(ofPhone)).status, 404);
  await browser.open(ofPhone);
  assert.match(browser.page.text, /Remove the passkey “Phone”\?/);
  await browser.submit(ofPhone);
  assert.match(browser.page.text, /Passkey: Blue key/);
  assert.doesNotMatch(browser.page.text, /Passkey: Phone/);
  const again = portal.browser();
  await givePassword(again, ALICE);
  const gone = JSON.stringify(key.prove({ challenge: challengeOn(again) }));
  assert.equal((await again.submit('/sign-in/code', { response: gone })).status, 403);
});

test('a passkey page that was opened before there was a factor cannot add one afterwards with the password alone', async () => {
  const portal = await startTestPortal();
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled' });
  const thief = portal.browser();
  await givePassword(thief, ALICE);
  await thief.open(ADD);
  const sent = {
    token: thief.token,
    name: 'Thief',
    response: JSON.stringify(softwareAuthenticator().register({ challenge: challengeOn(thief) })),
  };
  const { totp } = await enrolled(portal.context, ALICE);
  assert.equal((await thief.post(ADD, sent)).location.split('?')[0], '/sign-in');
  const owner = await signInFully(portal, ALICE, totp);
  await owner.open('/settings/account');
  assert.doesNotMatch(owner.page.text, /Thief/);
});
