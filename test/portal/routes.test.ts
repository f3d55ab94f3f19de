/** The table of routes as a whole: who gets in where, and what every request is checked for before that. */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { setDomain } from '#policy/domains/domains.ts';
import { missingStep, type Level } from '#portal/http/access-levels.ts';
import { ROUTES } from '#portal/routes.ts';
import { codeAt, enrolled, START_MS, testAccount } from '../support/policy.ts';
import { type Browser, givePassword, PORTAL_URL, signInFully, startTestPortal } from '../support/portal.ts';

const ALICE = testAccount();
const CAROL = testAccount('carol', 'forced.example');
const BARE = testAccount('bare');
const admins = [ALICE, BARE, CAROL].map(({ name, domain }) => {
  return { account: name, role: 'admin', domains: [domain] } as const;
});
const portal = await startTestPortal({ mail: true, admins });
after(() => portal.close());
await setDomain(portal.context, 'test', CAROL.domain, { mode: 'forced' });
const { totp } = await enrolled(portal.context, ALICE);

/** Those who have given less than a route needs, from least to most. */
const stranger = (): Browser => portal.browser();
const halfWay = async (): Promise<Browser> => {
  const browser = portal.browser();
  await givePassword(browser, ALICE);
  return browser;
};
const owingSetUp = async (): Promise<Browser> => {
  const browser = portal.browser();
  await givePassword(browser, CAROL);
  return browser;
};
const notRecent = async (): Promise<Browser> => {
  const browser = await signInFully(portal, ALICE, totp);
  portal.clock.now += 11 * 60_000;
  return browser;
};

const withoutFactor = async (): Promise<Browser> => {
  const browser = portal.browser();
  await givePassword(browser, BARE);
  return browser;
};

const LEAVES_OUT: Readonly<Record<Level, readonly (() => Browser | Promise<Browser>)[]>> = {
  public: [],
  password: [stranger],
  'signed-in': [stranger, halfWay],
  'set-up': [stranger, halfWay, notRecent],
  full: [stranger, halfWay, owingSetUp],
  recent: [stranger, halfWay, owingSetUp, notRecent],
  admin: [stranger, halfWay, owingSetUp, withoutFactor],
  'admin-recent': [stranger, halfWay, owingSetUp, withoutFactor, notRecent],
};
const HALF_WAY = { session: { level: 'password' }, pendingStep: 'nothing', factors: ['totp'] } as const;
const WAYS = ['/sign-in', '/sign-in/code', '/settings/account/set-up', '/confirm'];

for (const { method, path, level } of ROUTES) {
  test(`${method} ${path} needs ${level}`, async () => {
    for (const make of LEAVES_OUT[level]) {
      const browser = await make();
      const concrete = pathFor(path);
      const token = browser.token;
      const before = await portal.context.store.lookupAccount(ALICE);
      const page =
        method === 'GET'
          ? await browser.get(concrete)
          : await browser.post(concrete, { token: token === '' ? await tokenOf(browser) : token });
      assert.equal(page.status, 303, `${make.name}: ${page.text}`);
      assert.ok(WAYS.includes(page.location.split('?')[0] ?? ''), `${make.name} is led to ${page.location}`);
      assert.equal((await portal.context.store.lookupAccount(ALICE)).epoch, before.epoch);
    }
  });
}

/** Of alice's own domain, and of bob. */
function pathFor(path: string): string {
  return path.replace(':id', 'x1').replace(':domain', ALICE.domain).replace(':user', 'Ym9i');
}

async function tokenOf(browser: Browser): Promise<string> {
  await browser.open('/sign-in');
  return browser.token;
}

test('only the pages that lead in are public', () => {
  const open = ROUTES.filter(({ level }) => level === 'public').map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(open.toSorted(), [
    'GET /',
    'GET /admin/sign-in',
    'GET /set-up/:id',
    'GET /set-up/:id/profile',
    'GET /sign-in',
    'GET /sign-in/help',
    'POST /admin/sign-in',
    'POST /language',
    'POST /sign-in',
    'POST /sign-out',
  ]);
});

test('everything about factors and secrets needs all factors, and what changes them a fresh one', () => {
  for (const { method, path, level } of ROUTES.filter(({ path: one }) => one.startsWith('/settings/'))) {
    assert.notEqual(missingStep(level, { ...HALF_WAY, kind: 'mailbox' }, START_MS), undefined, path);
    const harmless = ['/hide', '/kept', '/cut-off', '/distrust'].some((end) => path.endsWith(end));
    if (method === 'POST' && !harmless) assert.ok(level === 'recent' || level === 'set-up', path);
  }
});

for (const { path, level } of ROUTES.filter(({ method }) => method === 'POST')) {
  test(`POST ${path} takes no form of another site, or without its token`, async () => {
    const browser = level === 'public' ? portal.browser() : await signInFully(portal, ALICE, totp);
    const concrete = pathFor(path);
    if (level === 'public') await browser.open('/sign-in');
    const { token } = browser;
    const stolen = portal.browser();
    await stolen.open('/sign-in');
    const refusals = [
      await browser.post(concrete, {}),
      await browser.post(concrete, { token: `${token}x` }),
      await browser.post(concrete, { token: stolen.token }),
      await browser.post(concrete, { token }, { origin: 'https://evil.example' }),
      await browser.post(concrete, { token }, { origin: 'null' }),
      await browser.post(concrete, { token }, { origin: 'http://mail.example.org' }),
      await browser.post(concrete, { token }, { 'sec-fetch-site': 'cross-site' }),
      await browser.post(concrete, { token }, { 'sec-fetch-site': 'same-site' }),
      await portal.browser().post(concrete, { token }),
    ];
    for (const page of refusals) assert.equal(page.status, 403, page.text);
  });
}

test('a request for another host is told the right address and nothing else', async () => {
  for (const host of ['evil.example', 'mail.example.org.evil.example', 'mail.example.org:8443', 'localhost', '']) {
    const page = await portal.browser({ headers: { host } }).get('/sign-in');
    assert.equal(page.status, 421, host);
    assert.match(page.text, /https:\/\/mail\.example\.org\//);
    assert.doesNotMatch(page.html, /evil/);
  }
  const forwarded = await portal.browser({ headers: { 'x-forwarded-host': 'evil.example' } }).get('/sign-in');
  assert.equal(forwarded.status, 200);
  assert.doesNotMatch(forwarded.html, /evil/);
});

test('every answer has the headers that keep it to itself', async () => {
  const browser = await signInFully(portal, ALICE, totp);
  const pages = [
    await browser.get('/settings/account'),
    await browser.get('/nowhere'),
    await browser.get('/'),
    await browser.post('/language', {}),
  ];
  for (const { headers } of pages) {
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /form-action 'self'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'same-origin');
    assert.match(String(headers['strict-transport-security']), /max-age=\d{7}/);
    assert.equal(headers['server'], undefined);
  }
});

test('pages hold neither script nor style of their own and load nothing from elsewhere', async () => {
  const browser = await signInFully(portal, ALICE, totp);
  for (const { path } of ROUTES.filter(({ method, path: one }) => method === 'GET' && !one.includes(':id'))) {
    const { html } = await browser.get(path);
    assert.doesNotMatch(
      html,
      /<style|style="|\son[a-z]+="|javascript:|<script(?! type="module" src="\/assets\/)/i,
      path,
    );
    for (const [, address = ''] of html.matchAll(/(?:src|href|action)="([^"]*)"/g))
      assert.match(address, /^[/#]/, path);
  }
});

test('style and script may be kept for ever, under a name made of their content', async () => {
  const { html } = await portal.browser().get('/sign-in');
  const paths = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  assert.equal(paths.length, 3);
  for (const path of paths) {
    const asset = await portal.browser().get(path);
    assert.equal(asset.status, 200);
    assert.match(String(asset.headers['cache-control']), /immutable/);
    assert.equal((await portal.browser().get(path.replace(/\.[0-9a-f]{16}\./, '.0123456789abcdef.'))).status, 404);
  }
});

test('cookies are bound to this host, kept from scripts and not sent along by other sites', async () => {
  const page = await portal.browser().get('/sign-in');
  const [cookie = ''] = [page.headers['set-cookie']].flat();
  assert.match(cookie, /^__Host-postern=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
});

test('a sign-in leads on to places of ours only', async () => {
  const dangerous = [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/settings/../../evil',
    '/nowhere',
    'javascript:1',
  ];
  for (const next of dangerous) {
    const browser = portal.browser();
    await browser.open(`/sign-in?next=${encodeURIComponent(next)}`);
    const page = await browser.post('/sign-in', {
      token: browser.token,
      next,
      user: testAccount('bob').name,
      password: 'correct horse',
    });
    assert.equal(page.location, '/settings/account', next);
  }
  const browser = portal.browser();
  await browser.open('/sign-in?next=%2Fsettings%2Factivity');
  const page = await browser.submit('/sign-in', { user: testAccount('bob').name, password: 'correct horse' });
  assert.match(page.text, /Connected now/);
});

test('a body that is too large, no form, or broken is refused in plain words', async () => {
  const browser = portal.browser();
  await browser.open('/sign-in');
  const large = await browser.post('/sign-in', { token: browser.token, user: 'x'.repeat(40_000) });
  assert.equal(large.status, 413);
  assert.match(large.text, /too much/);
  const json = await browser.post('/sign-in', { token: browser.token }, { 'content-type': 'application/json' });
  assert.equal(json.status, 400);
});

test('a portal below a path of its address stays below it', async () => {
  const below = await startTestPortal({ settings: { url: `${PORTAL_URL}/account/` } });
  const browser = below.browser();
  assert.equal((await browser.get('/sign-in')).status, 404);
  assert.equal(
    (await browser.get('/account/settings/account')).location,
    '/account/sign-in?next=%2Fsettings%2Faccount',
  );
  const page = await browser.get('/account/sign-in');
  for (const [, address = ''] of page.html.matchAll(/(?:src|href|action)="(\/[^"]*)"/g)) {
    assert.match(address, /^\/account\//);
  }
  await below.close();
});

test('X-Forwarded-For is believed of a trusted proxy only', async () => {
  const behind = await startTestPortal({ settings: { trustedProxies: ['192.0.2.0/24'] } });
  const headers = { 'x-forwarded-for': '198.51.100.4' };
  await givePassword(behind.browser({ headers, address: '192.0.2.7' }), testAccount('bob'));
  await givePassword(behind.browser({ headers, address: '203.0.113.9' }), testAccount('bob'));
  await givePassword(portal.browser({ headers, address: '192.0.2.7' }), testAccount('bob'));
  assert.deepEqual(
    behind.asked.map(({ client }) => client.address),
    ['198.51.100.4', '203.0.113.9'],
  );
  assert.equal(portal.asked.at(-1)?.client.address, '192.0.2.7');
  await behind.close();
});

test('a proxy that writes ports beside addresses parts browsers as one that does not', async () => {
  const behind = await startTestPortal({ settings: { trustedProxies: ['192.0.2.0/24', '2001:db8:1::/48'] } });
  for (const forwarded of ['198.51.100.40:50000', '[2001:db8::5]:4444', '198.51.100.41:50000, [2001:db8:1::9]:443']) {
    const browser = behind.browser({ headers: { 'x-forwarded-for': forwarded }, address: '192.0.2.7' });
    await givePassword(browser, testAccount('bob'));
  }
  assert.deepEqual(
    behind.asked.map(({ client }) => client.address),
    ['198.51.100.40', '2001:db8::5', '198.51.100.41'],
  );
  await behind.close();
});

test('while the store is out of reach pages say so, and nothing about the account', async () => {
  const { Fault } = await import('#core/fault.ts');
  const store = { ...portal.context.store };
  const broken = { ...store, lookupLogin: () => Promise.reject(new Fault('STORE_UNAVAILABLE', 'gone')) };
  const down = await startTestPortal({ context: { ...portal.context, store: broken } });
  const page = await givePassword(down.browser(), ALICE);
  assert.equal(page.status, 503);
  assert.match(page.text, /nothing is wrong with your password/);
  await down.close();
});

test('no page, and no line of the log, holds a password or a code', async () => {
  const code = codeAt(totp, portal.clock.now + 600_000).expose();
  const browser = portal.browser();
  await givePassword(browser, ALICE, 'an unlucky password');
  assert.doesNotMatch(browser.page.html, /unlucky/);
  await givePassword(browser, ALICE);
  await browser.submit('/sign-in/code', { code });
  assert.doesNotMatch(browser.page.html, new RegExp(code));
  const lines = JSON.stringify(portal.log.entries);
  assert.doesNotMatch(lines, /unlucky|correct horse/);
  assert.doesNotMatch(lines, new RegExp(code));
});
