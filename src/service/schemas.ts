/** The values that several rows of the API share, as schemas with the words of the OpenAPI document. */

import { z } from 'zod';
import { APP_PASSWORD_SCOPES, PROTOCOLS } from '#core/protocols.ts';
import type { AppPasswordView } from '#policy/app-passwords/app-passwords.ts';
import type { SessionRecord } from '#core/session.ts';

export const NOTHING = z.object({});
/** The answer of a row with status 204. */
export const NO_BODY = z.undefined();

export const Moment = z.iso.datetime({ offset: true }).describe('A time, ISO 8601.');

export const Paging = z.object({
  cursor: z.string().max(512).optional().describe('The `next` of the page before; left out for the first page.'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('How many items at most.'),
});

/** A page of items; `next` is null at the end. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('The cursor of the following page; null at the end.'),
  });
}

/** A time of ours as the API gives it. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** As iso(), null where there is none. */
export function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : iso(at);
}

export const AppPassword = z.object({
  id: z.string(),
  name: z.string().describe('The device or program, in the words of its owner.'),
  scopes: z.array(z.enum(APP_PASSWORD_SCOPES)),
  createdAt: Moment,
  expiresAt: Moment.nullable(),
  expired: z.boolean(),
  networks: z.array(z.string()).nullable().describe('CIDR blocks from which it may be used; null: everywhere.'),
  revealable: z.boolean().describe('It can be shown again now.'),
  lastUse: z.object({ at: Moment, protocol: z.enum(PROTOCOLS), network: z.string() }).nullable(),
});

/** An app password as the API gives it. */
export function appPasswordBody(view: AppPasswordView): z.input<typeof AppPassword> {
  const { id, name, scopes, createdAt, expiresAt, expired, networks, revealable, lastUse } = view;
  return {
    id,
    name,
    scopes: [...scopes],
    createdAt: iso(createdAt),
    expiresAt: isoOrNull(expiresAt),
    expired,
    networks: networks === undefined ? null : [...networks],
    revealable,
    lastUse: lastUse === undefined ? null : { ...lastUse, at: iso(lastUse.at) },
  };
}

export const Session = z.object({
  id: z.string(),
  account: z.string(),
  protocol: z.enum(PROTOCOLS),
  openedWith: z.enum(['ordinary-password', 'app-password', 'token']),
  appPassword: z.string().nullable().describe('The id of the app password that opened it.'),
  address: z.string(),
  gateway: z.string(),
  openedAt: Moment,
});

/** A session as the API gives it. */
export function sessionBody(session: SessionRecord): z.input<typeof Session> {
  const { id, account, protocol, opener, address, gateway, openedAt } = session;
  const appPassword = opener.kind === 'app-password' ? opener.id : null;
  return { id, account, protocol, openedWith: opener.kind, appPassword, address, gateway, openedAt: iso(openedAt) };
}
