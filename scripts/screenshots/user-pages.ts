/** The pages of everybody: signing in, turning two-step on, app passwords, sign-ins. */

import { showAccount } from '#policy/accounts/accounts.ts';
import { addAppPassword } from '#policy/app-passwords/app-passwords.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { Secret } from '#core/secret.ts';
import { enrolled, enrolledByEmail } from '../../test/support/policy.ts';
import type { Camera, Journey } from './camera.ts';
import { ALICE, giveCode, givePassword, mailedCode, type World } from './world.ts';

const RECOVERY = 'alice@elsewhere.example';

export const userJourneys: readonly Journey[] = [
  { name: 'signing in', go: signingIn },
  { name: 'setting up', go: settingUp },
  { name: 'forced set-up', go: forced },
  { name: 'account', go: account },
  { name: 'language', go: language },
];

async function signingIn(world: World, { page, take }: Camera): Promise<void> {
  const { totp } = await enrolled(world.context, ALICE);
  await enrolledByEmail(world.context, ALICE, RECOVERY);
  await page.goto('/');
  await take('sign-in');
  await page.getByLabel('Email address').fill(ALICE.name);
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await take('sign-in-wrong');
  await givePassword(page, ALICE);
  await take('sign-in-code');
  await page.getByLabel('Verification code').fill('000000');
  await page.getByRole('button', { name: 'Check' }).click();
  await take('sign-in-code-wrong');
  await page.getByRole('button', { name: 'Get a code by email' }).click();
  await take('sign-in-email');
  await page.getByRole('link', { name: 'Use a recovery code' }).click();
  await take('sign-in-recovery-code');
  await page.getByRole('link', { name: 'No recovery codes either?' }).click();
  await take('sign-in-help');
  await page.goto('/nowhere');
  await take('not-found');
  await page.goto('/sign-in/code');
  await giveCode(world, page, totp);
}

async function settingUp(world: World, { page, take }: Camera): Promise<void> {
  await givePassword(page, ALICE);
  await take('two-step-off');
  await page.getByRole('link', { name: 'Enable' }).click();
  await take('set-up-method');
  await page.getByLabel('Authenticator App').check();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Recovery Email Address').fill(ALICE.name);
  await page.getByRole('button', { name: 'Next' }).click();
  await take('set-up-recovery-email');
  await page.getByLabel('Recovery Email Address').fill(RECOVERY);
  await page.getByRole('button', { name: 'Next' }).click();
  await take('set-up-email-code');
  await page.getByLabel('Verification code').fill(mailedCode(world));
  await page.getByRole('button', { name: 'Check' }).click();
  await take('set-up-authenticator');
  const key = new Secret((await page.locator('#key').innerText()).replaceAll(/\s/g, ''));
  await giveCode(world, page, key);
  await take('set-up-done');
}

async function forced(world: World, { page, take }: Camera): Promise<void> {
  await setDomain(world.context, 'test', ALICE.domain, { mode: 'forced' });
  await givePassword(page, ALICE);
  await take('set-up-forced');
}

/** Somebody who has everything: two devices, one of them connected. */
async function furnish({ context, clock }: World): Promise<Secret> {
  const { totp } = await enrolled(context, ALICE);
  await enrolledByEmail(context, ALICE, RECOVERY);
  const year = clock.now + 365 * 86_400_000;
  const request = { name: 'Work laptop', scopes: ['imap', 'submission'], expiresAt: year } as const;
  await addAppPassword(context, ALICE.name, ALICE, request);
  const [first] = (await showAccount(context, ALICE)).appPasswords;
  const opener = { kind: 'app-password', id: first?.id ?? '', generation: 1 } as const;
  const place = { account: ALICE.name, domain: ALICE.domain, gateway: 'g1', openedAt: clock.now };
  await context.store.touchSessions([{ id: 's1', protocol: 'imap', address: '198.51.100.23', opener, ...place }]);
  await context.store.touchSessions([{ id: 's2', protocol: 'submission', address: '2001:db8::17', opener, ...place }]);
  return totp;
}

async function account(world: World, { page, take }: Camera): Promise<void> {
  const totp = await furnish(world);
  await givePassword(page, ALICE);
  await giveCode(world, page, totp);
  await take('account');
  await page.getByRole('button', { name: 'Show the app password “Mail apps”' }).click();
  await take('app-password-shown');
  await page.getByRole('link', { name: 'Manage the app password “Work laptop”' }).click();
  await take('app-password');
  await page.getByRole('link', { name: 'Reset the app password' }).click();
  await take('app-password-reset');
  await page.goto('/settings/account/app-passwords/new');
  await take('app-password-new');
  await page.goto('/settings/account/recovery-codes');
  await take('recovery-codes-renew');
  await page.getByRole('button', { name: 'Make new codes' }).click();
  await take('recovery-codes');
  await page.goto('/settings/account/remove/email');
  await take('remove-method');
  await page.goto('/settings/account/turn-off');
  await take('turn-off');
  await page.goto('/settings/activity');
  await take('sign-ins');
  world.clock.now += 11 * 60_000;
  await page.goto('/settings/account/turn-off');
  await take('confirm');
}

async function language(world: World, { page, take }: Camera): Promise<void> {
  const totp = await furnish(world);
  await givePassword(page, ALICE);
  await giveCode(world, page, totp);
  await page.getByRole('button', { name: 'Bahasa Melayu' }).click();
  await take('account-malay');
}
