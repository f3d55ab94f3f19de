/** The pages of a domain's admin. */

import { enrolled, testAccount } from '../../test/support/policy.ts';
import type { Camera, Journey } from './camera.ts';
import { giveCode, givePassword, RUTH, type World } from './world.ts';

const DOMAIN = `/admin/domains/${RUTH.domain}`;

/** Some users, two of them connected with their ordinary password. */
async function furnish({ context, clock }: World): Promise<void> {
  for (const local of ['bella', 'chen', 'devi']) await enrolled(context, testAccount(local));
  const opener = { kind: 'ordinary-password' } as const;
  for (const [index, local] of ['farid', 'grace'].entries()) {
    const { name, domain } = testAccount(local);
    const place = { address: `203.0.113.${index + 5}`, gateway: 'g1', openedAt: clock.now, protocol: 'imap' } as const;
    await context.store.touchSessions([{ id: `o${index}`, account: name, domain, opener, ...place }]);
  }
}

const BELLA = `${DOMAIN}/users/${Buffer.from('bella').toString('base64url')}`;

export const adminJourneys: readonly Journey[] = [
  journey('admin policy', [
    ['admin', '/admin'],
    ['admin-domain', DOMAIN],
    ['admin-forced', `${DOMAIN}/forced`],
    ['admin-disabled', `${DOMAIN}/disabled`],
    ['admin-notice', `${DOMAIN}/notice`],
    ['admin-options', `${DOMAIN}/options`],
  ]),
  journey('admin users', [
    ['admin-users', `${DOMAIN}/users`],
    ['admin-user', BELLA],
    ['admin-user-reset', `${BELLA}/reset`],
  ]),
  journey('admin records', [
    ['admin-audit', `${DOMAIN}/audit`],
    ['admin-dns', `${DOMAIN}/dns`],
  ]),
  { name: 'admin sign-in', go: signIn },
];

function journey(name: string, stops: readonly (readonly [name: string, path: string])[]): Journey {
  return {
    name,
    async go(world, { page, take }) {
      await furnish(world);
      const { totp } = await enrolled(world.context, RUTH);
      await givePassword(page, RUTH);
      await giveCode(world, page, totp);
      await page.getByRole('link', { name: 'Admin' }).waitFor();
      for (const [picture, path] of stops) {
        await page.goto(path);
        await take(picture);
      }
    },
  };
}

async function signIn(_world: World, { page, take }: Camera): Promise<void> {
  await page.goto('/admin/sign-in');
  await take('admin-sign-in');
}
