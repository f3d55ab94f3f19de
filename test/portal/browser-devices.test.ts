/** Passkeys in real Chromium with an authenticator of its own: the gateway, Dovecot and the relay are real too. */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import type { Page } from 'playwright-core';
import { launchChromium, lookAt, newPage } from '../support/chromium.ts';
import { startRealPortal } from '../support/real-portal.ts';

const ERIN = { name: 'erin@two.test', password: 'erin ordinary' };

const portal = await startRealPortal([ERIN], { 'two.test': 'enabled' });
const chromium = await launchChromium();
after(async () => {
  await chromium.close();
  await portal.stop();
});

async function signIn(page: Page, who: { readonly name: string; readonly password: string }): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Email address').fill(who.name);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Gives this page's browser a security key (Chrome DevTools Protocol, WebAuthn domain). */
async function plugIn(page: Page): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  await devTools.send('WebAuthn.addVirtualAuthenticator', { options });
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
