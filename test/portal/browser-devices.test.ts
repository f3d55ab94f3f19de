/** Passkeys, and setting a device up, in real Chromium: the gateway, Dovecot, the relay and openssl are real too. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { Page } from 'playwright-core';
import { launchChromium, lookAt, newPage, plugIn } from '../support/chromium.ts';
import { runOk, temporaryDirectory } from '../support/processes.ts';
import { startRealPortal } from '../support/real-portal.ts';
import { Wire } from '../support/wire.ts';

const ERIN = { name: 'erin@two.test', password: 'erin ordinary' };
const FRED = { name: 'fred@two.test', password: 'fred ordinary' };

const portal = await startRealPortal([ERIN, FRED], { 'two.test': 'enabled' });
const chromium = await launchChromium();
const directory = await temporaryDirectory('devices');
after(async () => {
  await chromium.close();
  await portal.stop();
  await directory.remove();
});

async function signIn(page: Page, who: { readonly name: string; readonly password: string }): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Email address').fill(who.name);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test(
  'a passkey alone: set up, asked for at the next sign-in, by keyboard, with a way out without script',
  { timeout: 120_000 },
  async () => {
    const { page, complaints } = await newPage(chromium, { baseURL: portal.url });
    await plugIn(page);
    await signIn(page, ERIN);
    await page.getByRole('link', { name: 'Enable' }).click();
    await page.getByLabel('Passkey').check();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByLabel('Recovery Email Address').fill('erin@elsewhere.test');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByLabel('Verification code').fill(await portal.mailedCode('erin@elsewhere.test'));
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('button', { name: 'Create the passkey' }).waitFor();
    await lookAt(page);
    assert.equal(await page.getByText('Passkeys do not work').isVisible(), false);
    await page.getByLabel('Name').fill('My phone');
    await page.getByRole('button', { name: 'Create the passkey' }).click();
    await page.getByRole('heading', { name: '2-Step Authentication is on' }).waitFor();
    const codes = await page.locator('.codes code').allInnerTexts();
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByText('Passkey: My phone').waitFor();
    await lookAt(page);

    // The same device is not taken twice.
    await page.getByRole('link', { name: 'Add a passkey' }).click();
    await page.getByRole('button', { name: 'Create the passkey' }).click();
    await page.getByText('This device has a passkey for your account already').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, ERIN);
    await page.locator('button:focus', { hasText: 'Continue with passkey' }).waitFor();
    await lookAt(page);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'App passwords' }).waitFor();
    assert.deepEqual(complaints, []);

    const plain = await newPage(chromium, { baseURL: portal.url, script: 'off' });
    await signIn(plain.page, ERIN);
    await plain.page.getByText('Passkeys do not work in this browser: JavaScript is turned off').waitFor();
    assert.equal(await plain.page.getByRole('button', { name: 'Continue with passkey' }).count(), 0);
    await plain.page.getByRole('link', { name: 'Use a recovery code' }).click();
    await plain.page.getByLabel('Recovery code').fill(codes[0] ?? '');
    await plain.page.getByRole('button', { name: 'Check' }).click();
    await plain.page.getByText('9 of 10 left').waitFor();
  },
);

async function letsIn(user: string, password: string): Promise<boolean> {
  const wire = await Wire.open(portal.imapPort, { caFile: portal.caFile });
  await wire.until(/^\* OK .*\r\n/m);
  const answer = await wire.say(`1 LOGIN "${user}" "${password}"`, /^1 (OK|NO) .*\r\n/m);
  wire.close();
  return /^1 OK/m.test(answer);
}

/** The content of a signed profile, which openssl has found whole. */
async function verified(signedFile: string): Promise<string> {
  const content = join(directory.path, 'content');
  const words = ['smime', '-verify', '-inform', 'DER', '-in', signedFile, '-CAfile', portal.caFile];
  await runOk('openssl', [...words, '-purpose', 'any', '-out', content]);
  return readFile(content, 'utf8');
}

test(
  'a phone opens the one-time link, gets a signed profile, and its app password lets it in',
  { timeout: 120_000 },
  async () => {
    const { page, complaints } = await newPage(chromium, { baseURL: portal.url });
    await plugIn(page);
    await signIn(page, FRED);
    await page.goto('/settings/account/set-up/recovery-email');
    await page.getByLabel('Recovery Email Address').fill('fred@elsewhere.test');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByLabel('Verification code').fill(await portal.mailedCode('fred@elsewhere.test'));
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByRole('link', { name: 'Set up a device' }).click();
    await page.getByText('Receiving (IMAP)').waitFor();
    await lookAt(page);
    await page.getByRole('link', { name: 'Set up iPhone, iPad or Mac' }).click();
    await lookAt(page);
    await page.getByLabel('Name of the device').fill('Fred’s iPhone');
    await page.getByRole('button', { name: 'Show the code' }).click();
    await page.getByRole('img', { name: 'QR code with the set-up link' }).waitFor();
    await lookAt(page);
    const link = (await page.getByRole('link', { name: 'This is the device' }).getAttribute('href')) ?? '';

    const phone = await newPage(chromium, { baseURL: portal.url, script: 'off' });
    await phone.page.goto(link);
    await phone.page.getByText('For fred@two.test').waitFor();
    const download = phone.page.waitForEvent('download');
    await phone.page.getByRole('link', { name: 'Download the profile' }).click();
    const profile = await verified(await (await download).path());
    const password = /<key>IncomingPassword<\/key><string>(\w{16})</.exec(profile)?.[1] ?? '';
    assert.equal(await letsIn(FRED.name, password), true);
    await phone.page.goto(link);
    await phone.page.getByText('This link is no longer good').waitFor();
    await page.goto('/settings/account');
    await page.getByRole('heading', { name: 'Fred’s iPhone' }).waitFor();

    await page.goto('/settings/devices/thunderbird');
    await page.getByRole('button', { name: 'Show the code' }).click();
    await page.getByRole('img', { name: 'QR code for Thunderbird on Android' }).waitFor();
    await lookAt(page);
    assert.deepEqual(complaints, []);
  },
);
