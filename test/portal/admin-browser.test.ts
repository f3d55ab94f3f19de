/**
 * Admins with a browser, and the mail apps of their users: real Chromium, the real gateway and a real Dovecot. The mail
 * app's login is tried before and after each change.
 */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after } from 'node:test';
import { generateSync } from 'otplib';
import type { Page } from 'playwright-core';
import { openHashingThread } from '#adapters/bcrypt-thread.ts';
import { grantAdmin } from '#policy/admins/admins.ts';
import { createLocalAdmin } from '#policy/admins/local-admins.ts';
import { Secret } from '#core/secret.ts';
import { launchChromium, lookAt, newPage } from '../support/chromium.ts';
import { enrolled, testAccount } from '../support/policy.ts';
import { eventually } from '../support/processes.ts';
import { startRealPortal } from '../support/real-portal.ts';
import { Wire } from '../support/wire.ts';

const DOMAIN = 'corp.test';
const mailbox = (local: string) => ({ name: `${local}@${DOMAIN}`, password: `${local} ordinary` });
const [ADMIN, DESK, ERIN, FAY] = [mailbox('admin'), mailbox('desk'), mailbox('erin'), mailbox('fay')];
const ROOT_PASSWORD = 'correct horse battery';

const portal = await startRealPortal([ADMIN, DESK, ERIN, FAY], { [DOMAIN]: 'enabled' });
const chromium = await launchChromium();
after(async () => {
  await chromium.close();
  await portal.stop();
});

const keys = {
  admin: (await enrolled(portal.context, testAccount('admin', DOMAIN))).totp,
  desk: (await enrolled(portal.context, testAccount('desk', DOMAIN))).totp,
  root: await createRoot(),
};
await grantAdmin(portal.context, 'test', { name: ADMIN.name, role: 'admin', domains: [DOMAIN] });
await grantAdmin(portal.context, 'test', { name: DESK.name, role: 'help-desk', domains: [DOMAIN] });

async function createRoot(): Promise<Secret> {
  const hasher = openHashingThread();
  const grant = { name: 'root', role: 'admin', domains: 'all' } as const;
  const totp = await createLocalAdmin({ ...portal.context, hasher }, 'test', grant, new Secret(ROOT_PASSWORD));
  await hasher.close();
  return totp.secret;
}

/** What the authenticator app shows next: what it shows now may have been used to set it up. */
function codeOf(secret: Secret): string {
  return generateSync({ secret: secret.expose(), epoch: Math.floor(Date.now() / 1000) + 30 });
}

/** A mail app that logs in and stays; undefined when it is refused. */
async function mailApp(user: string, password: string): Promise<Wire | undefined> {
  const wire = await Wire.open(portal.imapPort, { caFile: portal.caFile });
  await wire.until(/^\* OK .*\r\n/m);
  const answer = await wire.say(`1 LOGIN "${user}" "${password}"`, /^1 (OK|NO) .*\r\n/m);
  if (/^1 OK/m.test(answer)) return wire;
  wire.close();
  return undefined;
}

async function letsIn({ name, password }: { readonly name: string; readonly password: string }): Promise<boolean> {
  const wire = await mailApp(name, password);
  wire?.close();
  return wire !== undefined;
}

async function signIn(page: Page, who: { readonly name: string; readonly password: string }, key?: Secret) {
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill(who.name);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (key === undefined) return;
  await page.getByLabel('Verification code').fill(codeOf(key));
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByRole('link', { name: 'Admin' }).click();
}

test(
  'a local admin forces a domain: who is not ready is named and told, and the live mail app is cut off',
  { timeout: 180_000 },
  async () => {
    const { page, complaints } = await newPage(chromium, { baseURL: portal.url });
    assert.equal(await letsIn(FAY), true);
    const live = await mailApp(ERIN.name, ERIN.password);
    assert.ok(live, 'the ordinary password works while two-step is optional');
    await eventually('the session on record', async () => {
      const sessions = await portal.context.store.listSessions({ by: 'domain', domain: DOMAIN });
      return sessions.some(({ account }) => account === ERIN.name) || undefined;
    });

    await page.goto('/');
    await page.getByRole('link', { name: 'Sign in as a local administrator' }).click();
    await lookAt(page);
    await page.getByLabel('Name').fill('root');
    await page.getByLabel('Password', { exact: true }).fill(ROOT_PASSWORD);
    await page.getByLabel('Verification code').fill(codeOf(keys.root));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The domains that you manage').waitFor();
    await lookAt(page);
    await page.getByRole('link', { name: DOMAIN }).click();
    await page.getByText('Now: Enabled').waitFor();
    await lookAt(page);

    await page.getByLabel('Forced').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('One connected mail app of one person will be disconnected').waitFor();
    await page.getByText('Show the names').first().click();
    await page.getByText('Show the names').last().click();
    await page.getByText(`${ERIN.name}: Receiving (IMAP) from 127.0.0.1`).waitFor();
    await page.getByText(FAY.name, { exact: true }).waitFor();
    await lookAt(page);

    await page.getByRole('link', { name: 'Send instructions' }).click();
    await lookAt(page);
    await page.getByLabel('Subject').fill('Mail from Friday on');
    await page.getByRole('button', { name: 'Send to' }).click();
    await page.getByText('The instructions are on their way').waitFor();
    await lookAt(page);
    for (const { name } of [ERIN, FAY])
      assert.match(await portal.mailed(name, 'Mail from Friday on'), new RegExp(name));

    await page.getByLabel('Forced').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Save: Forced' }).click();
    await page.getByText('One connected mail app was disconnected').waitFor();
    await lookAt(page);
    await live.closed();
    assert.equal(await letsIn(ERIN), false);

    await page.getByLabel('Disabled').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'What this opens' }).waitFor();
    await lookAt(page);
    await page.getByRole('link', { name: 'Options' }).click();
    await lookAt(page);
    await page.getByLabel('Trusted browsers: days').fill('14');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The options are saved').waitFor();
    assert.deepEqual(complaints, []);
  },
);

test(
  'the help desk resets a lost factor and the user sets up anew; policy is not for the help desk',
  {
    timeout: 180_000,
  },
  async () => {
    const { appPassword } = await enrolled(portal.context, testAccount('erin', DOMAIN), { mode: 'forced' });
    const app = { name: ERIN.name, password: appPassword.expose() };
    const { page, complaints } = await newPage(chromium, { baseURL: portal.url });
    await signIn(page, DESK, keys.desk);
    await page.getByText('Only an administrator who may change the rules').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Save' }).count(), 0);
    await lookAt(page);
    for (const part of ['options', 'forced', 'notice']) {
      const answer = await page.goto(`/admin/domains/${DOMAIN}/${part}`);
      assert.equal(answer?.status(), 403, part);
    }
    assert.equal((await page.goto('/admin/domains/other.test'))?.status(), 404);

    await page.goto('/admin');
    await page.getByRole('link', { name: 'Users' }).click();
    await lookAt(page);
    await page.getByLabel('Part of an address').fill('ERIN');
    await page.getByRole('button', { name: 'Search' }).click();
    assert.equal(await page.getByRole('link', { name: FAY.name }).count(), 0);
    await page.getByRole('link', { name: ERIN.name }).click();
    await page.getByText('2-Step on').waitFor();
    await lookAt(page);
    await page.getByRole('link', { name: 'Reset lost factor' }).click();
    await lookAt(page);
    await page.getByRole('button', { name: 'Reset lost factor' }).click();
    await page.getByText('The factors were reset').waitFor();
    await portal.mailed(ERIN.name, 'set it up again');
    assert.equal(await letsIn(app), true, 'mail apps go on');

    const { page: theirs } = await newPage(chromium, { baseURL: portal.url });
    await signIn(theirs, ERIN);
    await theirs.getByRole('heading', { name: 'Choose how to get your codes' }).waitFor();

    await page.getByRole('button', { name: 'Disconnect mail apps' }).click();
    await page.getByText(/No mail app was connected|Disconnected:/).waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText(`Factors reset: ${ERIN.name}`).waitFor();
    await lookAt(page);
    assert.deepEqual(complaints, []);
  },
);

test(
  'an admin with a mailbox, without script and by keyboard: Disabled says what it opens; the audit is exported',
  {
    timeout: 180_000,
  },
  async () => {
    const { page } = await newPage(chromium, { baseURL: portal.url, script: 'off' });
    assert.equal(await letsIn(FAY), false);
    await signIn(page, ADMIN, keys.admin);
    await page.getByLabel('Disabled').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What this opens' }).waitFor();
    await page.getByRole('button', { name: 'Save: Disabled' }).press('Enter');
    await page.getByText(`${DOMAIN} is now Disabled`).waitFor();
    assert.equal(await letsIn(FAY), true);

    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText(`Factors reset: ${ERIN.name}`).waitFor();
    await page.getByLabel('Who', { exact: true }).fill('desk');
    await page.getByRole('button', { name: 'Filter' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export as CSV' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    assert.match(text, /^"time","who","did"/);
    assert.match(text, new RegExp(`"${DESK.name}","account.factors-reset"`));
    assert.doesNotMatch(text, /admin:root/);
  },
);

test('the audit and the sign-in of local admins are accessible in Malay as well', { timeout: 120_000 }, async () => {
  const { page } = await newPage(chromium, { baseURL: portal.url });
  await page.goto('/admin/sign-in');
  await page.getByRole('button', { name: 'Bahasa Melayu' }).click();
  await page.getByRole('heading', { name: 'Log masuk sebagai pentadbir setempat' }).waitFor();
  await lookAt(page);
});

test('no password is in the log', () => {
  const log = portal.log();
  assert.match(log, /browser\.signed-in/);
  assert.doesNotMatch(log, /correct horse|ordinary"|erin ordinary/);
});
