/** Passkeys, and setting a device up. */

import { enrolled } from '../../test/support/policy.ts';
import { plugIn } from '../../test/support/chromium.ts';
import type { Camera, Journey } from './camera.ts';
import { ALICE, giveCode, givePassword, type World } from './world.ts';

export const deviceJourneys: readonly Journey[] = [
  { name: 'devices', go: devices },
  { name: 'passkeys', go: passkeys },
];

async function devices(world: World, { page, take }: Camera): Promise<void> {
  const { totp } = await enrolled(world.context, ALICE);
  await givePassword(page, ALICE);
  await giveCode(world, page, totp);
  await page.getByRole('link', { name: 'Set up a device' }).click();
  await take('devices');
  await page.getByRole('link', { name: 'Set up iPhone, iPad or Mac' }).click();
  await take('device-apple');
  await page.getByRole('button', { name: 'Show the code' }).click();
  await take('device-apple-code');
  await page.getByRole('link', { name: 'This is the device' }).click();
  await take('device-profile');
  await page.goto('/settings/devices/thunderbird');
  await page.getByRole('button', { name: 'Show the code' }).click();
  await take('device-thunderbird-code');
}

async function passkeys(world: World, { page, take }: Camera): Promise<void> {
  const { totp } = await enrolled(world.context, ALICE);
  await plugIn(page);
  await givePassword(page, ALICE);
  await giveCode(world, page, totp);
  await page.getByRole('link', { name: 'Add a passkey' }).click();
  await take('passkey-add');
  await page.getByLabel('Name').fill('My phone');
  await page.getByRole('button', { name: 'Create the passkey' }).click();
  await page.getByText('Passkey: My phone').waitFor();
  await take('account-with-passkey');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await givePassword(page, ALICE);
  await page.getByRole('button', { name: 'Continue with passkey' }).waitFor();
  await take('sign-in-passkey');
}
