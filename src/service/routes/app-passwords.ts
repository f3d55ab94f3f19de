/** App passwords of an account: make, list, show again, reset, rename, revoke. */

import { z } from 'zod';
import { APP_PASSWORD_SCOPES } from '#core/protocols.ts';
import { formatAppPassword } from '#policy/secrets/app-password.ts';
import {
  addAppPassword,
  listAppPasswords,
  renameAppPassword,
  resetAppPasswordOf,
  revealAppPassword,
  revokeAppPassword,
  type FreshAppPassword,
} from '#policy/app-passwords/app-passwords.ts';
import { accountRoute, type Route } from '#service/route.ts';
import { AppPassword, appPasswordBody, Moment, NO_BODY, NOTHING, pageOf } from '#service/schemas.ts';

const Password = z.string().describe('Sixteen characters in four groups.');
const Name = z.string().min(1).max(64).describe('The device or program.');
const Fresh = z.object({ appPassword: AppPassword, password: Password });

const list = accountRoute({
  method: 'GET',
  path: '/v1/accounts/{account}/app-passwords',
  name: 'listAppPasswords',
  summary: 'The app passwords of an account, in the order in which they were made. All in one page.',
  task: 'look',
  query: NOTHING,
  body: NOTHING,
  answer: pageOf(AppPassword),
  handle: async ({ context, target }) => {
    const all = await listAppPasswords(context, target);
    return { body: { items: all.map((one) => appPasswordBody(one)), next: null } };
  },
});

const make = accountRoute({
  method: 'POST',
  path: '/v1/accounts/{account}/app-passwords',
  name: 'makeAppPassword',
  summary: 'Makes an app password for an enrolled account.',
  task: 'manage-app-passwords',
  status: 201,
  idempotent: true,
  query: NOTHING,
  body: z.strictObject({
    name: Name,
    scopes: z
      .array(z.enum(APP_PASSWORD_SCOPES))
      .min(1)
      .default([...APP_PASSWORD_SCOPES]),
    expiresAt: Moment.optional(),
    networks: z.array(z.string()).min(1).optional().describe('CIDR blocks from which it may be used.'),
  }),
  answer: Fresh,
  handle: async ({ context, target, actor, body: { expiresAt, ...asked } }) => {
    const request = { ...asked, expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt) };
    return { body: freshBody(await addAppPassword(context, actor, target, request)) };
  },
});

const reveal = accountRoute({
  method: 'POST',
  path: '/v1/accounts/{account}/app-passwords/{id}/reveal',
  name: 'revealAppPassword',
  summary: 'Shows an app password again, where the domain permits it. Needs the role reveal; the owner sees it.',
  task: 'reveal',
  query: NOTHING,
  body: NOTHING,
  answer: z.object({ password: Password }),
  handle: async ({ context, target, actor, id }) => ({
    body: { password: formatAppPassword(await revealAppPassword(context, actor, target, id)) },
  }),
});

const reset = accountRoute({
  method: 'POST',
  path: '/v1/accounts/{account}/app-passwords/{id}/reset',
  name: 'resetAppPassword',
  summary: 'Gives an app password a new secret; the sessions that the old one opened are closed.',
  task: 'manage-app-passwords',
  idempotent: true,
  query: NOTHING,
  body: NOTHING,
  answer: Fresh,
  handle: async ({ context, target, actor, id }) => ({
    body: freshBody(await resetAppPasswordOf(context, actor, target, id)),
  }),
});

const rename = accountRoute({
  method: 'PATCH',
  path: '/v1/accounts/{account}/app-passwords/{id}',
  name: 'renameAppPassword',
  summary: 'Gives an app password another name. Its secret and its sessions stay.',
  task: 'manage-app-passwords',
  status: 204,
  query: NOTHING,
  body: z.strictObject({ name: Name }),
  answer: NO_BODY,
  handle: async ({ context, target, actor, id, body: { name } }) => {
    await renameAppPassword(context, actor, target, { ref: id, name });
    return { body: undefined };
  },
});

const revoke = accountRoute({
  method: 'DELETE',
  path: '/v1/accounts/{account}/app-passwords/{id}',
  name: 'revokeAppPassword',
  summary: 'Ends an app password; the sessions that it opened are closed.',
  task: 'manage-app-passwords',
  status: 204,
  query: NOTHING,
  body: NOTHING,
  answer: NO_BODY,
  handle: async ({ context, target, actor, id }) => {
    await revokeAppPassword(context, actor, target, id);
    return { body: undefined };
  },
});

export const APP_PASSWORD_ROUTES: readonly Route[] = [list, make, reveal, reset, rename, revoke];

function freshBody({ appPassword, secret }: FreshAppPassword): z.input<typeof Fresh> {
  return { appPassword: appPasswordBody(appPassword), password: formatAppPassword(secret) };
}
