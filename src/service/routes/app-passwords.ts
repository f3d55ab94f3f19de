/** App passwords of an account: make, list, show again, revoke. */

import { z } from 'zod';
import { PROTOCOLS } from '../../core/verdict.ts';
import { formatAppPassword } from '../../policy/app-passwords.ts';
import {
  addAppPassword,
  listAppPasswords,
  revealAppPassword,
  revokeAppPassword,
} from '../../policy/managed-app-passwords.ts';
import { accountRoute, type Route } from '../route.ts';
import { AppPassword, appPasswordBody, Moment, NO_BODY, NOTHING, pageOf } from '../schemas.ts';

const Password = z.string().describe('Sixteen characters in four groups.');

const list = accountRoute({
  method: 'GET',
  path: '/v1/accounts/{account}/app-passwords',
  name: 'listAppPasswords',
  summary: 'The app passwords of an account, in the order in which they were made. All in one page.',
  task: 'look',
  query: NOTHING,
  body: NOTHING,
  answer: pageOf(AppPassword),
  handle: async ({ tools, target }) => {
    const all = await listAppPasswords(tools, target);
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
    name: z.string().min(1).max(64).describe('The device or program.'),
    scopes: z
      .array(z.enum(PROTOCOLS))
      .min(1)
      .default([...PROTOCOLS]),
    expiresAt: Moment.optional(),
    networks: z.array(z.string()).min(1).optional().describe('CIDR blocks from which it may be used.'),
  }),
  answer: z.object({ appPassword: AppPassword, password: Password }),
  handle: async ({ tools, target, actor, body: { expiresAt, ...asked } }) => {
    const request = { ...asked, expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt) };
    const { appPassword, secret } = await addAppPassword(tools, actor, target, request);
    return { body: { appPassword: appPasswordBody(appPassword), password: formatAppPassword(secret) } };
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
  handle: async ({ tools, target, actor, id }) => ({
    body: { password: formatAppPassword(await revealAppPassword(tools, actor, target, id)) },
  }),
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
  handle: async ({ tools, target, actor, id }) => {
    await revokeAppPassword(tools, actor, target, id);
    return { body: undefined };
  },
});

export const APP_PASSWORD_ROUTES: readonly Route[] = [list, make, reveal, revoke];
