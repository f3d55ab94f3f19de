/** Setting up a device: what is told, one-time links, codes with settings, and what mail programs fetch by themselves. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { suspendAccount } from '#policy/accounts/accounts.ts';
import { listAppPasswords } from '#policy/app-passwords/app-passwords.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { resetFactors } from '#policy/factors/factors.ts';
import { dnsRecords } from '#portal/devices/dns-records.ts';
import { enrolled, testAccount } from '../../support/policy.ts';
import {
  givePassword,
  MAIL_SERVERS,
  signInFully,
  startTestPortal,
  type Browser,
  type PortalOptions,
  type TestPortal,
} from '../../support/portal.ts';

const ALICE = testAccount();
const APPLE = '/settings/devices/apple';
const THUNDERBIRD = '/settings/devices/thunderbird';

async function signedIn(options: PortalOptions = {}): Promise<{ portal: TestPortal; browser: Browser }> {
  const portal = await startTestPortal(options);
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled' });
  const { totp } = await enrolled(portal.context, ALICE);
  return { portal, browser: await signInFully(portal, ALICE, totp) };
}

/** Asks for a link and gives its path. */
async function askForLink(browser: Browser, name = 'My iPhone'): Promise<string> {
  await browser.open(APPLE);
  await browser.submit(APPLE, { name });
  return linkOn(browser);
}

function linkOn({ page }: Browser): string {
  const [, path = ''] = /href="(\/set-up\/[\w-]{43})"/.exec(page.html) ?? [];
  assert.notEqual(path, '', page.text);
  return path;
}

async function namesOf(portal: TestPortal): Promise<readonly string[]> {
  return (await listAppPasswords(portal.context, ALICE)).map(({ name }) => name);
}

test('the page tells servers, ports, security and user name, and which password', async () => {
  const { browser } = await signedIn();
  const { text } = await browser.open('/settings/devices');
  assert.match(text, /User name alice@example\.org/);
  assert.match(text, /An app password, not your usual one/);
  assert.match(text, /Receiving \(IMAP\) Server imap\.example\.org Port 993 Security SSL\/TLS/);
  assert.match(text, /Receiving \(POP3\) Server mail\.example\.org Port 110 Security STARTTLS/);
  assert.match(text, /Sending \(SMTP\) Server smtp\.example\.org Port 465 Security SSL\/TLS/);
  for (const program of ['Outlook', 'Thunderbird on a computer', 'iPhone, iPad, Mac', 'Other apps on Android']) {
    assert.ok(text.includes(program), program);
  }
});

test('who has not turned two-step on is told the usual password and offered no code', async () => {
  const portal = await startTestPortal();
  await setDomain(portal.context, 'test', ALICE.domain, { mode: 'enabled' });
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  const { text } = await browser.open('/settings/devices');
  assert.match(text, /The usual password of your mail account/);
  assert.doesNotMatch(text, /Set up iPhone/);
  for (const path of [APPLE, THUNDERBIRD]) assert.equal((await browser.open(path)).status, 409);
});

test('a link is fetched without a sign-in, makes an app password of the device’s name, and works once', async () => {
  const { portal, browser } = await signedIn();
  const link = await askForLink(browser);
  assert.deepEqual(await namesOf(portal), ['Mail apps'], 'asking makes none');
  assert.match(browser.page.html, /<svg/);
  const phone = portal.browser({ address: '198.51.100.9' });
  for (let looks = 0; looks < 3; looks++) assert.match((await phone.open(link)).text, /For alice@example\.org/);
  assert.deepEqual(await namesOf(portal), ['Mail apps'], 'looking makes none');
  const profile = await phone.get(`${link}/profile`);
  assert.equal(profile.headers['content-type'], 'application/x-apple-aspen-config');
  assert.equal(profile.headers['cache-control'], 'no-store');
  assert.match(profile.html, /<key>IncomingMailServerHostName<\/key><string>imap\.example\.org<\/string>/);
  assert.match(profile.html, /<key>OutgoingMailServerPortNumber<\/key><integer>465<\/integer>/);
  assert.match(profile.html, /<key>IncomingMailServerUsername<\/key><string>alice@example\.org<\/string>/);
  assert.match(profile.html, /<key>IncomingPassword<\/key><string>[a-z2-9]{16}<\/string>/);
  const made = (await listAppPasswords(portal.context, ALICE)).find(({ name }) => name === 'My iPhone');
  assert.deepEqual(made?.scopes, ['imap', 'submission']);
  assert.equal((await phone.get(`${link}/profile`)).status, 410);
  assert.equal((await phone.open(link)).status, 410);
  assert.match((await browser.open(APPLE)).text, /The link was used, or its five minutes are over/);
});

test('of parallel fetches of one link one gets a profile', async () => {
  const { portal, browser } = await signedIn();
  const link = await askForLink(browser);
  const fetches = await Promise.all(Array.from({ length: 8 }, () => portal.browser().get(`${link}/profile`)));
  assert.equal(fetches.filter(({ status }) => status === 200).length, 1);
  assert.equal(fetches.filter(({ status }) => status === 410).length, 7);
  assert.deepEqual(await namesOf(portal), ['Mail apps', 'My iPhone']);
});

test('a link ends after five minutes, with a change of factors and with a suspension', async () => {
  const { portal, browser } = await signedIn();
  const late = await askForLink(browser);
  portal.clock.now += 301_000;
  assert.equal((await portal.browser().get(`${late}/profile`)).status, 410);
  const link = await askForLink(browser);
  await resetFactors(portal.context, 'test', ALICE);
  assert.equal((await portal.browser().open(link)).status, 410);
  assert.equal((await portal.browser().get(`${link}/profile`)).status, 410);
  assert.deepEqual(await namesOf(portal), ['Mail apps']);
  const other = await signedIn();
  const suspended = await askForLink(other.browser);
  await suspendAccount(other.portal.context, 'test', ALICE);
  assert.equal((await other.portal.browser().get(`${suspended}/profile`)).status, 410);
  assert.equal((await portal.browser().get(`/set-up/${'x'.repeat(43)}`)).status, 410);
});

test('the same name gets a number; a name that is none, and an account that is full, are told at once', async () => {
  const { portal, browser } = await signedIn();
  for (let count = 0; count < 3; count++) await portal.browser().get(`${await askForLink(browser)}/profile`);
  assert.deepEqual(await namesOf(portal), ['Mail apps', 'My iPhone', 'My iPhone 2', 'My iPhone 3']);
  await browser.open(APPLE);
  assert.match((await browser.submit(APPLE, { name: ' ' })).text, /Give it a name/);
  await setDomain(portal.context, 'test', ALICE.domain, { maxAppPasswords: 4 });
  assert.match((await browser.submit(APPLE, { name: 'Fifth' })).text, /as many app passwords as you may/);
});

test('the code for Thunderbird on Android carries account, servers and an app password of its own', async () => {
  const { portal, browser } = await signedIn();
  await browser.open(THUNDERBIRD);
  const page = await browser.submit(THUNDERBIRD, { name: 'Pixel' });
  assert.match(page.html, /<svg/);
  assert.match(page.text, /Show this picture to nobody/);
  assert.deepEqual(await namesOf(portal), ['Mail apps', 'Pixel']);
  const [, made] = await listAppPasswords(portal.context, ALICE);
  const own = `${THUNDERBIRD}/${made?.id ?? ''}`;
  assert.equal((await browser.get(own)).status, 200);
  portal.clock.now += 121_000;
  assert.equal((await browser.get(own)).location, '/settings/devices', 'after two minutes it is gone');
});

test('autoconfig says the same for every address of a domain, known or not, at every host', async () => {
  const { portal } = await signedIn();
  const ask = async (path: string, host: string) => portal.browser({ headers: { host } }).get(path);
  const known = await ask('/mail/config-v1.1.xml?emailaddress=alice%40example.org', 'autoconfig.example.org');
  assert.equal(known.status, 200);
  assert.match(String(known.headers['content-type']), /^text\/xml/);
  assert.match(known.html, /<emailProvider id="example\.org">/);
  assert.match(
    known.html,
    /<incomingServer type="imap">\s*<hostname>imap\.example\.org<\/hostname>\s*<port>993<\/port>/,
  );
  assert.match(known.html, /<outgoingServer type="smtp">[\s\S]*<socketType>SSL<\/socketType>/);
  assert.match(known.html, /<incomingServer type="pop3">[\s\S]*<socketType>STARTTLS<\/socketType>/);
  assert.match(known.html, /<username>%EMAILADDRESS%<\/username>/);
  for (const path of ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml']) {
    const unknown = await ask(`${path}?emailaddress=nobody%40example.org`, 'example.org');
    assert.equal(unknown.html, known.html);
  }
  for (const odd of ['', '?emailaddress=', '?emailaddress=%22%3E%3Cx%2F%3E%40%3Cevil%3E', '?emailaddress=a@b@@']) {
    const page = await ask(`/mail/config-v1.1.xml${odd}`, 'mail.example.org');
    assert.match(page.html, /<emailProvider id="mail\.example\.org">/, odd);
    assert.doesNotMatch(page.html, /evil/);
  }
});

const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a';

function outlookRequest(address: string, schema = OUTLOOK, head = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?>${head}
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>
<EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${schema}</AcceptableResponseSchema>
</Request></Autodiscover>`;
}

test('autodiscover answers Outlook in any letter case, the same for every address, and expands nothing', async () => {
  const { portal } = await signedIn();
  const outlook = portal.browser({ headers: { host: 'autodiscover.example.org' } });
  const send = async (text: string, path = '/autodiscover/autodiscover.xml') =>
    outlook.postRaw(path, text, { 'content-type': 'text/xml; charset=utf-8' });
  const known = await send(outlookRequest('alice@example.org'));
  assert.equal(known.status, 200);
  assert.match(known.html, /<Type>IMAP<\/Type>\s*<Server>imap\.example\.org<\/Server>\s*<Port>993<\/Port>/);
  assert.match(known.html, /<Type>SMTP<\/Type>[\s\S]*<LoginName>alice@example\.org<\/LoginName>/);
  assert.match(known.html, /<SPA>off<\/SPA>/);
  const unknown = await send(outlookRequest('nobody@example.org'), '/AutoDiscover/AutoDiscover.XML');
  assert.equal(unknown.html, known.html.replaceAll('alice@', 'nobody@'));
  const ampersand = await send(outlookRequest('a&amp;b&#x2b;c&#33;@example.org'));
  assert.match(ampersand.html, /<LoginName>a&(?:amp|#38);b\+c!@example\.org<\/LoginName>/);
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>';
  const refused = [
    outlookRequest('&b;@example.org'),
    outlookRequest('alice@example.org', OUTLOOK, bomb),
    outlookRequest(
      'alice@example.org',
      'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006',
    ),
    outlookRequest('<x>@example.org'),
    outlookRequest('a&lt;b@example.org'),
    outlookRequest('a&amp@example.org'),
    outlookRequest('a&#0;b@example.org'),
    outlookRequest('a&#99999999;@example.org'),
    '',
    'EMailAddress',
  ];
  for (const text of refused) {
    const page = await send(text);
    assert.match(page.html, /<ErrorCode>600<\/ErrorCode>/, text);
    assert.doesNotMatch(page.html, /aaaaaaaaaa|root:|alice/);
  }
  assert.equal((await send(outlookRequest('a'.repeat(40_000)))).status, 413);
});

test('DNS records name each service, and say of those that are not there that they are not', () => {
  assert.deepEqual(dnsRecords('example.org', MAIL_SERVERS, new URL('https://portal.example.org:8443/account')), [
    '_imaps._tcp.example.org. IN SRV 0 1 993 imap.example.org.',
    '_imap._tcp.example.org. IN SRV 0 0 0 .',
    '_pop3s._tcp.example.org. IN SRV 0 0 0 .',
    '_pop3._tcp.example.org. IN SRV 0 1 110 mail.example.org.',
    '_submissions._tcp.example.org. IN SRV 0 1 465 smtp.example.org.',
    '_submission._tcp.example.org. IN SRV 0 0 0 .',
    '_sieve._tcp.example.org. IN SRV 0 0 0 .',
    '_autodiscover._tcp.example.org. IN SRV 0 1 8443 portal.example.org.',
    'autoconfig.example.org. IN CNAME portal.example.org.',
  ]);
});
