/**
 * A person with a browser and a mail app: real Chromium, the real gateway and a real Dovecot. Each path is gone by the
 * words of the page, and the mail app's login is tried before and after.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { generateSync } from 'otplib';
import type { Page } from 'playwright-core';
import { launchChromium, lookAt, newPage } from '../support/chromium.ts';
import { eventually } from '../support/processes.ts';
import { startRealPortal } from '../support/real-portal.ts';
import { Wire } from '../support/wire.ts';

const ALICE = { name: 'alice@two.test', password: 'alice ordinary' };
const BOB = { name: 'bob@two.test', password: 'bob ordinary' };
const CAROL = { name: 'carol@forced.test', password: 'carol ordinary' };
const DAVE = { name: 'dave@two.test', password: 'dave ordinary' };

const portal = await startRealPortal([ALICE, BOB, CAROL, DAVE], { 'two.test': 'enabled', 'forced.test': 'forced' });
const chromium = await launchChromium();
after(async () => {
  await chromium.close();
  await portal.stop();
});

/** A mail app that logs in and stays; undefined when it is refused. */
async function mailApp(user: string, password: string): Promise<Wire | undefined> {
  const wire = await Wire.open(portal.imapPort, { caFile: portal.caFile });
  await wire.until(/^\* OK .*\r\n/m);
  const answer = await wire.say(`1 LOGIN "${user}" "${password}"`, /^1 (OK|NO) .*\r\n/m);
  if (/^1 OK/m.test(answer)) return wire;
  wire.close();
  return undefined;
}

async function letsIn(user: string, password: string): Promise<boolean> {
  const wire = await mailApp(user, password);
  wire?.close();
  return wire !== undefined;
}

/** The code that an authenticator app shows now, or so many half minutes away. */
function codeOf(key: string, steps = 0): string {
  return generateSync({ secret: key, epoch: Math.floor(Date.now() / 1000) + steps * 30 });
}

async function signIn(page: Page, who: { readonly name: string; readonly password: string }): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Email address').fill(who.name);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function giveCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Verification code').fill(code);
  await page.getByRole('button', { name: 'Check' }).click();
}

/** From the choice of the method to the end. Returns the key of the authenticator app and the new app password. */
async function setUpAuthenticator(page: Page, recovery: string, look: (page: Page) => Promise<void> = async () => {}) {
  await look(page);
  await page.getByLabel('Authenticator App').check();
  await page.getByRole('button', { name: 'Next' }).click();
  await look(page);
  await page.getByLabel('Recovery Email Address').fill(recovery);
  await page.getByRole('button', { name: 'Next' }).click();
  await look(page);
  await giveCode(page, await portal.mailedCode(recovery));
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  await look(page);
  const key = (await page.locator('#key').innerText()).replaceAll(/\s/g, '');
  await giveCode(page, '000000');
  await page.getByText('This is not the right code').waitFor();
  await giveCode(page, codeOf(key, -1));
  await page.getByRole('heading', { name: '2-Step Authentication is on' }).waitFor();
  await look(page);
  const appPassword = (await page.locator('#app-password').innerText()).replaceAll(/\s/g, '');
  const codes = await page.locator('.codes code').allInnerTexts();
  return { key, appPassword, codes };
}

test(
  'Enable, eye, copy and refresh; the mail app is let in and refused as it should be',
  { timeout: 180_000 },
  async () => {
    const { page, complaints } = await newPage(chromium, { baseURL: portal.url });
    const before = await mailApp(ALICE.name, ALICE.password);
    assert.ok(before, 'the ordinary password works while two-step is off');
    await page.goto('/');
    await lookAt(page);
    await signIn(page, ALICE);
    await lookAt(page);
    await page.getByRole('link', { name: 'Enable' }).click();
    const { appPassword } = await setUpAuthenticator(page, 'alice@elsewhere.test', lookAt);

    await before.closed();
    assert.equal(await letsIn(ALICE.name, ALICE.password), false);
    const live = await mailApp(ALICE.name, appPassword);
    assert.ok(live);

    await page.getByRole('button', { name: 'I have kept them' }).click();
    await lookAt(page);
    await page.getByRole('button', { name: 'Show the app password “Mail apps”' }).click();
    await lookAt(page);
    const shown = await page.locator('.secret output').innerText();
    assert.equal(shown, appPassword.replace(/.{4}(?=.)/g, '$& '));
    await page.getByRole('button', { name: 'Copy the app password “Mail apps”' }).click();
    await page.getByText('Copied').waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), appPassword);

    await page.getByRole('link', { name: 'Reset the app password “Mail apps”' }).click();
    await page.getByText('Reset? Any mail app that uses it will need the new one.').waitFor();
    await lookAt(page);
    assert.equal(await letsIn(ALICE.name, appPassword), true, 'nothing is reset by asking');
    await page.getByRole('button', { name: 'Reset' }).click();
    await lookAt(page);
    const fresh = (await page.locator('.secret output').innerText()).replaceAll(/\s/g, '');
    await live.closed();
    assert.equal(await letsIn(ALICE.name, appPassword), false);
    const again = await mailApp(ALICE.name, fresh);
    assert.ok(again);
    await eventually('it is on the list, and those before are off it', async () => {
      const sessions = await portal.context.store.listSessions({ by: 'domain', domain: 'two.test' });
      return sessions.length === 1;
    });

    await page.getByRole('link', { name: 'Sign-ins' }).click();
    await page.getByText('app password “Mail apps”', { exact: true }).first().waitFor();
    await lookAt(page);
    await page.getByRole('button', { name: 'Disconnect Receiving (IMAP) from 127.0.0.1' }).first().click();
    await again.closed();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goBack();
    assert.equal(await page.getByText(fresh.slice(0, 4)).count(), 0, 'the back button shows nothing of it');
    assert.deepEqual(complaints, []);
  },
);

test(
  'forced: the first sign-in leads through the set-up and ends with the new app password',
  { timeout: 120_000 },
  async () => {
    const { page, complaints } = await newPage(chromium, { baseURL: portal.url });
    assert.equal(await letsIn(CAROL.name, CAROL.password), false);
    await signIn(page, CAROL);
    await page.getByText('forced.test requires 2-Step Authentication').waitFor();
    await page.goto('/settings/activity');
    await page.getByText('forced.test requires 2-Step Authentication').waitFor();
    const { key, appPassword, codes } = await setUpAuthenticator(page, 'carol@elsewhere.test');
    assert.equal(codes.length, 10);
    assert.equal(await letsIn(CAROL.name, appPassword), true);
    assert.equal(await letsIn(CAROL.name, CAROL.password), false);

    // The next sign-in asks for a code; the one that was used is no good any more.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, CAROL);
    await lookAt(page);
    await giveCode(page, codeOf(key, 0));
    await page.getByRole('heading', { name: 'App passwords' }).waitFor();
    await page.getByText('it cannot be turned off').waitFor();

    // Lost phone.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, CAROL);
    await page.getByRole('link', { name: 'Lost your phone?' }).click();
    await lookAt(page);
    await page.getByRole('link', { name: 'No recovery codes either?' }).click();
    await lookAt(page);
    await page.goBack();
    await page.getByLabel('Recovery code').fill(codes[0] ?? '');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('9 of 10 left').waitFor();
    await page.getByRole('link', { name: 'Make new codes' }).click();
    await lookAt(page);
    await page.getByRole('button', { name: 'Make new codes' }).click();
    await page.getByText('Your new recovery codes').waitFor();
    await lookAt(page);
    assert.deepEqual(complaints, []);
  },
);

test('with a recovery address alone: a code comes by mail at every sign-in', { timeout: 120_000 }, async () => {
  const { page, complaints } = await newPage(chromium, { baseURL: portal.url });
  await signIn(page, DAVE);
  await page.getByRole('link', { name: 'Enable' }).click();
  await page.getByLabel('Recovery Email Address').check();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Recovery Email Address').fill(DAVE.name);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('This is the mailbox that you are protecting').waitFor();
  await lookAt(page);
  await page.getByLabel('Recovery Email Address').fill('dave@elsewhere.test');
  await page.getByRole('button', { name: 'Next' }).click();
  await giveCode(page, await portal.mailedCode('dave@elsewhere.test'));
  await page.getByRole('heading', { name: '2-Step Authentication is on' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(page, DAVE);
  await page.getByText('A code was sent to d•••@elsewhere.test').waitFor();
  await lookAt(page);
  await giveCode(page, await portal.mailedCode('dave@elsewhere.test'));
  await page.getByRole('heading', { name: 'App passwords' }).waitFor();
  await page.getByRole('link', { name: 'Turn off' }).click();
  await lookAt(page);
  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('link', { name: 'Enable' }).waitFor();
  assert.equal(await letsIn(DAVE.name, DAVE.password), true);
  assert.deepEqual(complaints, []);
});

test('all of it works without script', { timeout: 120_000 }, async () => {
  const { page } = await newPage(chromium, { baseURL: portal.url, script: 'off' });
  await signIn(page, BOB);
  await page.getByRole('link', { name: 'Enable' }).click();
  const { appPassword } = await setUpAuthenticator(page, 'bob@elsewhere.test');
  assert.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0, 'no button that does nothing');
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByRole('button', { name: 'Show the app password “Mail apps”' }).click();
  assert.equal((await page.locator('.secret output').innerText()).replaceAll(/\s/g, ''), appPassword);
  await page.getByRole('link', { name: 'Reset the app password “Mail apps”' }).click();
  await page.getByRole('button', { name: 'Reset' }).click();
  const fresh = (await page.locator('.secret output').innerText()).replaceAll(/\s/g, '');
  assert.equal(await letsIn(BOB.name, appPassword), false);
  assert.equal(await letsIn(BOB.name, fresh), true);
  await page.getByRole('link', { name: '2-Step Authentication' }).click();
  await page.getByRole('link', { name: 'Add an app password' }).click();
  await page.getByLabel('Name').fill('Scanner');
  for (const name of ['Receiving (IMAP)', 'Receiving (POP3)', 'Filters (ManageSieve)']) {
    await page.getByLabel(name).uncheck();
  }
  await page.getByRole('button', { name: 'Add' }).click();
  const scanner = (await page.locator('.secret output').innerText()).replaceAll(/\s/g, '');
  assert.equal(await letsIn(BOB.name, scanner), false, 'it is good for sending only');
  await page.getByRole('link', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('heading', { name: 'App passwords' }).waitFor();
  assert.equal(await page.getByText('Scanner').count(), 0);
});

test('all of it works by keyboard, and the focus can be seen', { timeout: 60_000 }, async () => {
  const { page } = await newPage(chromium, { baseURL: portal.url });
  await page.goto('/');
  await page.locator('input:focus').waitFor();
  await page.keyboard.type(DAVE.name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(DAVE.password);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Enable' }).waitFor();
  const seen: string[] = [];
  for (let presses = 0; presses < 12 && seen.at(-1) !== 'Enable'; presses++) {
    await page.keyboard.press('Tab');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineWidth');
    seen.push(String(await page.evaluate('document.activeElement.textContent.trim()')));
    assert.equal(outline, '3px', seen.at(-1) ?? '');
  }
  assert.equal(seen[0], 'Skip to the content');
  assert.equal(seen.at(-1), 'Enable');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Choose how to get your codes' }).waitFor();
});

test('no password and no code is in the log', () => {
  const log = portal.log();
  assert.match(log, /browser\.signed-in/);
  assert.doesNotMatch(log, /ordinary"|alice ordinary|carol ordinary/);
});
