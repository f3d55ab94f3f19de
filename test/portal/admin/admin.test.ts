/** The pages of domain admins: who may open which, and what each does. */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { Secret } from '#core/secret.ts';
import { grantAdmin, revokeAdmin } from '#policy/admins/admins.ts';
import { createLocalAdmin } from '#policy/admins/local-admins.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { ROUTES } from '#portal/routes.ts';
import { codeAt, enrolled, testAccount, testTools, START_MS, withNotices } from '../../support/policy.ts';
import { type Browser, givePassword, QUICK_HASHER, signInFully, startTestPortal } from '../../support/portal.ts';

import type { Account } from '#core/identity.ts';

const A = 'a.test';
const account = (local: string, domain = A): Account => testAccount(local, domain);
const [ADMIN, DESK, ELSEWHERE, OUTSIDER] = [account('admin'), account('desk'), account('x', 'b.test'), account('zoe')];
const PAGE = `/admin/domains/${A}`;
const LOCAL_PASSWORD = 'a long enough password';

const clock = { now: START_MS };
const { context, notices } = withNotices(testTools(clock));
const portal = await startTestPortal({
  context,
  clock,
  mail: true,
  admins: [
    { account: ADMIN.name, role: 'admin', domains: [A] },
    { account: DESK.name, role: 'help-desk', domains: [A] },
    { account: ELSEWHERE.name, role: 'admin', domains: ['b.test'] },
  ],
});
after(() => portal.close());

const totps = new Map<string, Secret>();
for (const one of [ADMIN, DESK, ELSEWHERE, OUTSIDER]) totps.set(one.name, (await enrolled(context, one)).totp);

async function signedIn(who: Account): Promise<Browser> {
  return signInFully(portal, who, totps.get(who.name) ?? new Secret(''));
}

function userPath(local: string): string {
  return `${PAGE}/users/${Buffer.from(local).toString('base64url')}`;
}

function concrete(path: string): string {
  return path.replace(':domain', A).replace(':user', Buffer.from('zoe').toString('base64url'));
}

async function known(...locals: readonly string[]): Promise<void> {
  for (const local of locals) await givePassword(portal.browser(), account(local));
}

async function session(local: string, id: string, domain = A): Promise<void> {
  const { name } = account(local, domain);
  const opener = { kind: 'ordinary-password' } as const;
  const rest = { address: '203.0.113.5', gateway: 'g', openedAt: clock.now } as const;
  await context.store.touchSessions([{ id, account: name, domain, protocol: 'imap', opener, ...rest }]);
}

test('every page of admins is there for those with the right, and for nobody else', async () => {
  const rows = ROUTES.flatMap((route) => ('right' in route ? [route] : []));
  assert.ok(rows.length > 20);
  const helpDesk = new Set(['look', 'reset-factors', 'cut-off', 'unlock', 'enter']);
  const [outsider, elsewhere, desk] = [await signedIn(OUTSIDER), await signedIn(ELSEWHERE), await signedIn(DESK)];
  const before = await context.store.lookupDomain(A);
  for (const { method, path, right } of rows) {
    const ask = (browser: Browser, token: string) =>
      method === 'GET' ? browser.get(concrete(path)) : browser.post(concrete(path), { token });
    const tokens = await Promise.all([outsider, elsewhere, desk].map((browser) => tokenOf(browser)));
    assert.equal((await ask(outsider, tokens[0] ?? '')).status, 404, `${path} for somebody who is no admin`);
    if (right !== 'enter') {
      assert.equal((await ask(elsewhere, tokens[1] ?? '')).status, 404, `${path} for the admin of another domain`);
    }
    if (!helpDesk.has(right)) {
      assert.equal((await ask(desk, tokens[2] ?? '')).status, 403, `${path} for the help desk`);
    }
  }
  assert.deepEqual(await context.store.lookupDomain(A), before);
  assert.equal((await context.store.lookupAccount(OUTSIDER)).record?.suspended, undefined);
});

async function tokenOf(browser: Browser): Promise<string> {
  await browser.get('/sign-in/help');
  return browser.token;
}

test('an admin needs two-step, whatever the own domain has chosen', async () => {
  await grantAdmin(context, 'test', { name: account('bare').name, role: 'admin', domains: [A] });
  const browser = portal.browser();
  await givePassword(browser, account('bare'));
  assert.equal((await browser.get(PAGE)).location, '/settings/account/set-up');
  await setDomain(context, 'test', A, { mode: 'disabled' });
  const off = await browser.get(PAGE);
  assert.equal(off.status, 403);
  assert.match(off.text, /Set up 2-Step Authentication first/);
  await setDomain(context, 'test', A, { mode: 'enabled' });
  await revokeAdmin(context, 'test', account('bare').name);
  assert.equal((await browser.get(PAGE)).status, 303, 'the session of a revoked admin is over');
});

test('a grant that is taken away is gone at the next request', async () => {
  const { totp } = await enrolled(context, account('brief'));
  const browser = await signInFully(portal, account('brief'), totp);
  assert.equal((await browser.get(PAGE)).status, 404);
  await grantAdmin(context, 'test', { name: account('brief').name, role: 'admin', domains: 'all' });
  assert.equal((await browser.get(PAGE)).status, 200);
  await grantAdmin(context, 'test', { name: account('brief').name, role: 'admin', domains: ['b.test'] });
  assert.equal((await browser.get(PAGE)).status, 404);
  assert.equal((await browser.get('/admin')).location, '/admin/domains/b.test');
});

test('a browser that is trusted does not open the pages of admins without a code', async () => {
  await setDomain(context, 'test', A, { trustedBrowserDays: 30 });
  const browser = portal.browser();
  await givePassword(browser, ADMIN);
  clock.now += 60_000;
  const code = codeAt(totps.get(ADMIN.name) ?? new Secret(''), clock.now).expose();
  await browser.submit('/sign-in/code', { code, trust: 'yes' });
  assert.equal((await browser.get(PAGE)).status, 200);
  await browser.open(PAGE);
  await browser.submit('/sign-out');
  await givePassword(browser, ADMIN);
  assert.equal((await browser.get('/settings/account')).status, 200, 'the browser is trusted');
  assert.equal((await browser.get(PAGE)).location, `/confirm?next=${encodeURIComponent(PAGE)}`);
  await setDomain(context, 'test', A, { trustedBrowserDays: 0 });
});

test('a local admin signs in with name, password and code, and hears not which of them was wrong', async () => {
  const grant = { name: 'root', role: 'admin', domains: 'all' } as const;
  const local = { ...context, hasher: QUICK_HASHER };
  const { secret } = await createLocalAdmin(local, 'test', grant, new Secret(LOCAL_PASSWORD));
  const browser = portal.browser({ address: '198.51.100.1' });
  const enter = async (user: string, password: string, code: string) => {
    await browser.open('/admin/sign-in');
    return browser.submit('/admin/sign-in', { user, password, code });
  };
  const right = () => codeAt(secret, clock.now).expose();
  const texts = new Set<string>();
  for (const [user, password, code] of [
    ['nobody', LOCAL_PASSWORD, right()],
    ['root', 'another password', right()],
    ['root', LOCAL_PASSWORD, '000000'],
    ['root', '', ''],
  ] as const) {
    const refused = await enter(user, password, code);
    assert.equal(refused.status, 403);
    assert.doesNotMatch(refused.html, /long enough/);
    texts.add(refused.text.replaceAll(user, ''));
  }
  assert.equal(texts.size, 1, 'one answer to all');
  const page = await enter(' Root ', LOCAL_PASSWORD, right());
  assert.match(page.text, /The domains that you manage/);
  assert.match(page.text, /a\.test/);
  assert.equal((await enter('root', LOCAL_PASSWORD, right())).status, 403, 'no code is good twice');
});

test('the name that a local admin typed is in the log where somebody has it, and a password typed there is not', async () => {
  const { browser } = await localAdmin('typist');
  const before = portal.log.entries.length;
  for (const user of ['typist', 'mysecretpassword1', 'mysecretpassword1']) {
    await browser.open('/admin/sign-in');
    await browser.submit('/admin/sign-in', { user, password: 'another password', code: '000000' });
  }
  const users = portal.log.entries.slice(before).map(({ user }) => String(user));
  assert.equal(users[0], 'admin:typist');
  assert.match(users[1] ?? '', /^\[no admin: [0-9a-f]{8}\]$/);
  assert.equal(users[1], users[2]);
});

test('a local admin has no mailbox: its own pages lead to those of admins', async () => {
  const { browser } = await localAdmin('keeper');
  for (const path of [
    '/settings/account',
    '/settings/activity',
    '/sign-in/code',
    '/settings/account/set-up',
    '/confirm',
  ]) {
    assert.equal((await browser.get(path)).location, '/admin', path);
  }
  assert.doesNotMatch((await browser.open('/admin')).text, /Sign-ins/);
});

test('a local admin confirms by code before a change, and is out when made anew', async () => {
  const { browser, secret, again } = await localAdmin('second');
  clock.now += 11 * 60_000;
  assert.equal((await browser.get(PAGE)).status, 200);
  const forced = `${PAGE}/forced`;
  assert.equal((await browser.get(forced)).location, `/admin/confirm?next=${encodeURIComponent(forced)}`);
  await browser.open(forced);
  assert.equal((await browser.submit('/admin/confirm', { code: '000000' })).status, 403);
  await browser.submit('/admin/confirm', { code: codeAt(secret, clock.now).expose() });
  assert.match(browser.page.text, /Change to Forced/);
  await again();
  assert.equal((await browser.get(PAGE)).status, 303);
});

async function localAdmin(name: string) {
  const grant = { name, role: 'admin', domains: 'all' } as const;
  const local = { ...context, hasher: QUICK_HASHER };
  const again = () => createLocalAdmin(local, 'test', grant, new Secret(LOCAL_PASSWORD));
  const { secret } = await again();
  const browser = portal.browser();
  await browser.open('/admin/sign-in');
  const code = codeAt(secret, clock.now).expose();
  await browser.submit('/admin/sign-in', { user: name, password: LOCAL_PASSWORD, code });
  clock.now += 30_000;
  return { browser, secret, again };
}

test('guessing at a local admin is bounded', async () => {
  const browser = portal.browser({ address: '198.51.100.99' });
  let status = 0;
  for (let tries = 0; tries < 12; tries += 1) {
    await browser.open('/admin/sign-in');
    const guess = { user: 'target', password: `guess ${tries}`, code: '123456' };
    ({ status } = await browser.submit('/admin/sign-in', guess));
  }
  assert.equal(status, 429);
});

test('a sign-in in a browser makes somebody a known user', async () => {
  await known('newcomer');
  const { items } = await context.store.listUsers({ domain: A, search: 'newcomer', cursor: undefined, limit: 5 });
  assert.equal(items[0]?.seenAt, clock.now);
});

test('choosing Forced shows who is not ready and who is connected, and Save says how many were closed', async () => {
  await known('bob', 'carol');
  await session('bob', 's-bob-1');
  await session('bob', 's-bob-2');
  const browser = await signedIn(ADMIN);
  await browser.open(PAGE);
  await browser.submit(PAGE, { mode: 'forced' });
  const { text } = browser.page;
  assert.match(text, /Nothing has been changed yet/);
  assert.match(text, /bob@a\.test: Receiving \(IMAP\) from 203\.0\.113\.5/);
  assert.match(text, /carol@a\.test/);
  assert.match(text, /2 connected mail apps of one person will be disconnected/);
  assert.match(text, /Send instructions/);
  assert.equal((await context.store.lookupDomain(A)).record?.mode, 'enabled');

  const yesterday = new Date(clock.now - 86_400_000).toISOString().slice(0, 10);
  for (const date of ['', 'soon', '2027-02-30', yesterday]) {
    const page = await browser.submit(`${PAGE}/forced`, { when: 'date', date });
    assert.equal(page.status, 422, date);
    assert.match(page.text, /Give a day that is still to come/);
  }
  await browser.submit(`${PAGE}/forced`, { when: 'date', date: '2030-01-31' });
  assert.match(
    browser.page.text,
    /is Forced from January 31, 2030; until then it is Enabled\. No mail app was disconn/,
  );
  assert.equal((await context.store.lookupDomain(A)).record?.forcedFrom, Date.parse('2030-01-31T00:00:00Z'));

  await browser.open(`${PAGE}/forced`);
  await browser.submit(`${PAGE}/forced`, { when: 'now' });
  assert.match(browser.page.text, /a\.test is now Forced\. 2 connected mail apps were disconnected\./);
  assert.doesNotMatch((await browser.open(PAGE)).text, /were disconnected/, 'it is said once');
  const [entry] = await context.store.listAudit({ domain: A, limit: 1 });
  assert.deepEqual([entry?.action, entry?.actor, entry?.detail['mode']], ['domain.changed', ADMIN.name, 'forced']);
});

test('choosing Disabled says what it opens, and choosing nothing is told so', async () => {
  const browser = await signedIn(ADMIN);
  await browser.open(PAGE);
  assert.equal((await browser.submit(PAGE, {})).status, 422);
  await browser.submit(PAGE, { mode: 'disabled' });
  assert.match(browser.page.text, /Whoever knows somebody’s ordinary password can read and send their mail again/);
  assert.match(browser.page.text, /App passwords stop working/);
  const old = await browser.get(`${PAGE}/disabled`);
  await setDomain(context, 'test', A, { hints: 'never' });
  const epoch = /name="epoch" value="(\d+)"/.exec(old.html)?.[1] ?? '';
  const late = await browser.post(`${PAGE}/disabled`, { token: browser.token, epoch });
  assert.equal(late.status, 409, 'a form for another state is refused');
  await browser.open(`${PAGE}/disabled`);
  await browser.submit(`${PAGE}/disabled`);
  assert.match(browser.page.text, /a\.test is now Disabled/);
  await browser.submit(PAGE, { mode: 'enabled' });
  assert.match(browser.page.text, /a\.test is now Enabled|Nothing has been changed yet/);
  await setDomain(context, 'test', A, { mode: 'enabled', hints: 'always' });
});

test('instructions go to everybody who is not ready, in the words of the admin, once', async () => {
  const browser = await signedIn(ADMIN);
  await browser.open(`${PAGE}/notice`);
  assert.match(browser.page.text, /Please set it up|What to do for \{account\}/);
  const empty = await browser.submit(`${PAGE}/notice`, { subject: 'Mine', body: ' ' });
  assert.equal(empty.status, 422);
  assert.match(empty.html, /value="Mine"/, 'what was typed is kept');
  await browser.submit(`${PAGE}/notice`, { subject: 'Mine', body: 'Hello {account}' });
  assert.match(browser.page.text, /on their way/);
  const { notEnrolled } = await impact();
  assert.deepEqual(portal.instructions.map((mail) => mail.account).toSorted(), notEnrolled);
  assert.ok(portal.instructions.every(({ subject, body }) => subject === 'Mine' && body === 'Hello {account}'));
  await browser.open(`${PAGE}/notice`);
  await browser.submit(`${PAGE}/notice`, { subject: 'Again', body: 'Again' });
  assert.match(browser.page.text, /Nothing was sent again/);
  const [entry] = await context.store.listAudit({ domain: A, limit: 1 });
  assert.deepEqual([entry?.action, entry?.detail['told']], ['domain.notice-sent', notEnrolled.length]);
});

async function impact(): Promise<{ readonly notEnrolled: readonly string[] }> {
  const { items } = await context.store.listUsers({ domain: A, search: '', cursor: undefined, limit: 500 });
  const bare = items.filter(({ record }) => record?.enrolledAt === undefined);
  return { notEnrolled: bare.map((user) => user.account).toSorted() };
}

test('options are saved whole, faults stand beside their fields, and nothing typed is lost', async () => {
  const browser = await signedIn(ADMIN);
  const path = `${PAGE}/options`;
  await browser.open(path);
  const typed = { methods: ['totp'], reveal: 'once', hints: 'never', maxAppPasswords: '5', appPasswordDays: '90' };
  const wrong = await browser.submit(path, { ...typed, methods: [], trustedBrowserDays: '400' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /Permit at least one/);
  assert.match(wrong.text, /whole number from 0 to 365/);
  assert.match(wrong.html, /value="400"/);
  await browser.submit(path, { ...typed, trustedBrowserDays: '14' });
  assert.match(browser.page.text, /The options are saved/);
  const { record } = await context.store.lookupDomain(A);
  assert.deepEqual(
    [record?.methods, record?.reveal, record?.hints, record?.trustedBrowserDays, record?.maxAppPasswords],
    [['totp'], 'once', 'never', 14, 5],
  );
  assert.equal(record?.appPasswordDays, 90);
  await browser.open(path);
  const empty = { ...typed, methods: ['totp', 'email'], maxAppPasswords: '', appPasswordDays: '' };
  await browser.submit(path, { ...empty, trustedBrowserDays: '0' });
  assert.equal((await context.store.lookupDomain(A)).record?.maxAppPasswords, undefined);
});

test('users are searched and paged, and each name leads to its page', async () => {
  const locals = Array.from({ length: 60 }, (_, at) => `user${String(at).padStart(2, '0')}`);
  for (const local of locals) {
    const success = { account: account(local), network: 'n', secretFingerprint: 'm', now: clock.now } as const;
    await context.store.recordSuccess({ ...success, protocol: 'imap', ordinaryPassword: true });
  }
  const browser = await signedIn(DESK);
  const first = await browser.open(`${PAGE}/users?search=user`);
  assert.match(first.text, /user00@a\.test/);
  assert.doesNotMatch(first.text, /user50@a\.test/);
  const next = /href="([^"]+)">Next page/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const second = await browser.open(next);
  assert.match(second.text, /user50@a\.test/);
  assert.match(second.text, /First page/);
  assert.match((await browser.open(`${PAGE}/users?search=nobody-at-all`)).text, /Nobody fits/);
  assert.equal((await browser.open(userPath('user07'))).status, 200);
  for (const path of [userPath('nobody'), `${PAGE}/users/${Buffer.from('../x').toString('base64url')}`]) {
    assert.equal((await browser.open(path)).status, 404, path);
  }
});

test('the help desk resets a lost factor: the user is told, signed out, and sets up anew', async () => {
  const user = account('lostphone');
  const { totp } = await enrolled(context, user);
  const theirs = await signInFully(portal, user, totp);
  const desk = await signedIn(DESK);
  const path = `${userPath('lostphone')}/reset`;
  await desk.open(path);
  assert.match(desk.page.text, /Make sure that it is really them/);
  await desk.submit(path, { appPasswords: 'keep' });
  assert.match(desk.page.text, /The factors were reset/);
  assert.match(desk.page.text, /has to be set up again/);
  assert.match((await theirs.get('/settings/account')).location, /^\/sign-in/);
  const page = await givePassword(portal.browser(), user);
  assert.match(page.text, /Choose how to get your codes/);
  const told = notices.find(({ action }) => action === 'account.factors-reset');
  assert.deepEqual([told?.actor, told?.to], [DESK.name, [user.name]]);
});

test('an admin suspends, resumes, unlocks and disconnects a user; the help desk does not suspend', async () => {
  await known('dora');
  await session('dora', 's-dora');
  const path = userPath('dora');
  const desk = await signedIn(DESK);
  await desk.open(path);
  assert.doesNotMatch(desk.page.html, /suspend"/);
  await desk.submit(`${path}/cut-off`);
  assert.match(desk.page.text, /Disconnected: one connected mail app/);
  const admin = await signedIn(ADMIN);
  await admin.open(path);
  await admin.submit(`${path}/suspend`);
  assert.match(admin.page.text, /The account is suspended/);
  assert.equal((await givePassword(portal.browser(), account('dora'))).status, 403);
  await admin.open(path);
  await admin.submit(`${path}/resume`);
  await admin.open(path);
  await admin.submit(`${path}/unlock`);
  assert.match(admin.page.text, /Wrong tries are forgotten/);
  const { length } = (await context.store.listAudit({ domain: A, account: account('dora').name, limit: 9 })).filter(
    ({ actor }) => [DESK.name, ADMIN.name].includes(actor),
  );
  assert.equal(length, 4);
});

test('the help desk cannot touch the account of an admin, nor anybody their own', async () => {
  const desk = await signedIn(DESK);
  const above = await desk.open(userPath('admin'));
  assert.match(above.text, /rights that you do not have/);
  const { token } = desk;
  assert.equal((await desk.get(`${userPath('admin')}/reset`)).status, 403);
  assert.equal((await desk.post(`${userPath('admin')}/reset`, { token })).status, 403);
  assert.match((await desk.open(userPath('desk'))).text, /your own account/);
  assert.equal((await desk.post(`${userPath('desk')}/reset`, { token })).status, 403);
  assert.notEqual((await context.store.lookupAccount(ADMIN)).record?.totp, undefined);
});

test('the audit tells who did what to whom, is filtered, and is exported as CSV', async () => {
  const browser = await signedIn(ADMIN);
  const all = await browser.open(`${PAGE}/audit`);
  assert.match(all.text, /Factors reset: lostphone@a\.test by desk@a\.test/);
  const some = await browser.open(`${PAGE}/audit?actor=desk&action=account.factors-reset`);
  assert.match(some.text, /One entry\./);
  assert.match(some.html, /value="account\.factors-reset" selected/);
  const none = await browser.open(`${PAGE}/audit?until=2020-01-01`);
  assert.match(none.text, /0 entries/);
  const file = await browser.get(`${PAGE}/audit.csv?action=account.factors-reset`);
  assert.equal(file.status, 200);
  assert.match(String(file.headers['content-type']), /^text\/csv/);
  assert.match(String(file.headers['content-disposition']), /attachment; filename="audit-a\.test\.csv"/);
  const lines = file.html.trimEnd().split('\r\n');
  assert.equal(lines.length, 2);
  assert.match(lines[1] ?? '', /"desk@a\.test","account\.factors-reset","a\.test","lostphone@a\.test"/);
  assert.equal((await browser.get('/admin/domains/b.test/audit.csv')).status, 404);
});

test('an admin of all domains opens any by its name, and what is no name is told so', async () => {
  const { browser } = await localAdmin('third');
  await browser.open('/admin');
  const wrong = await browser.submit('/admin', { domain: 'not a domain' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.html, /value="not a domain"/);
  await browser.submit('/admin', { domain: 'New.Example' });
  assert.match(browser.page.text, /new\.example/);
  assert.match(browser.page.text, /Now: Disabled/);
});
