/** What was done in a domain, by whom and to whom. */

import { z } from 'zod';
import { Fault } from '#core/fault.ts';
import { listAuditPage } from '#policy/admins/audit-listing.ts';
import { domainRoute, type Route } from '#service/route.ts';
import { iso, Moment, NOTHING, Paging, pageOf } from '#service/schemas.ts';

const Entry = z.object({
  at: Moment,
  actor: z.string().describe('An account, `cli:` and a user, `token:` and a name, or `gateway`.'),
  action: z.string().describe('Past tense, dotted: `app-password.added`.'),
  domain: z.string(),
  account: z.string().nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
});

const list = domainRoute({
  method: 'GET',
  path: '/v1/domains/{domain}/audit',
  name: 'listAudit',
  summary: 'The audit of a domain, newest first.',
  task: 'look',
  query: Paging.extend({
    actor: z.string().max(128).optional().describe('Part of the name of who did it.'),
    account: z.string().max(320).optional().describe('Part of the name of the account.'),
    action: z.string().max(64).optional(),
    from: Moment.optional(),
    until: Moment.optional(),
  }),
  body: NOTHING,
  answer: pageOf(Entry),
  handle: async ({ context, target: domain, query: { cursor, limit, from, until, action, ...names } }) => {
    const last = until === undefined ? context.clock() : Date.parse(until);
    const place = cursor === undefined ? { until: last, skip: 0 } : placeOf(cursor);
    const filter = { domain, ...names, from: from === undefined ? undefined : Date.parse(from), until: place.until };
    const all = await listAuditPage(context.store, filter, { skip: 0, limit: Number.POSITIVE_INFINITY });
    const found = action === undefined ? all.entries : all.entries.filter((entry) => entry.action === action);
    const items = found.slice(place.skip, place.skip + limit).map(({ at, account = null, ...entry }) => ({
      ...entry,
      at: iso(at),
      account,
    }));
    const skip = place.skip + limit;
    return { body: { items, next: found.length > skip ? `${place.until}.${skip}` : null } };
  },
});

export const AUDIT_ROUTES: readonly Route[] = [list];

// What is written while somebody pages through comes before the first page and shifts nothing.
function placeOf(cursor: string): { readonly until: number; readonly skip: number } {
  const [, until, skip] = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor) ?? [];
  if (until === undefined || skip === undefined) throw new Fault('USAGE', 'the cursor is none of ours');
  return { until: Number(until), skip: Number(skip) };
}
