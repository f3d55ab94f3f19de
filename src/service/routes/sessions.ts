/** Who is logged in now, and ending it. */

import type { z } from 'zod';
import { Fault } from '#core/fault.ts';
import { cutOffAccount, cutOffSession } from '#policy/accounts/accounts.ts';
import { accountRoute, domainRoute, type Route } from '#service/route.ts';
import { NO_BODY, NOTHING, Paging, pageOf, Session, sessionBody } from '#service/schemas.ts';
import type { SessionRecord } from '#core/session.ts';

const Sessions = pageOf(Session);

const ofDomain = domainRoute({
  method: 'GET',
  path: '/v1/domains/{domain}/sessions',
  name: 'listDomainSessions',
  summary: 'The open sessions of a domain, on all gateways.',
  task: 'look',
  query: Paging,
  body: NOTHING,
  answer: Sessions,
  handle: async ({ context, target: domain, query }) => ({
    body: page(await context.store.listSessions({ by: 'domain', domain }), query),
  }),
});

const ofAccount = accountRoute({
  method: 'GET',
  path: '/v1/accounts/{account}/sessions',
  name: 'listAccountSessions',
  summary: 'The open sessions of an account, on all gateways.',
  task: 'look',
  query: Paging,
  body: NOTHING,
  answer: Sessions,
  handle: async ({ context, target: account, query }) => ({
    body: page(await context.store.listSessions({ by: 'account', account }), query),
  }),
});

const cutOffAll = accountRoute({
  method: 'DELETE',
  path: '/v1/accounts/{account}/sessions',
  name: 'cutOffAccount',
  summary: 'Closes every session of an account. Its programs may log in again.',
  task: 'cut-off',
  status: 204,
  query: NOTHING,
  body: NOTHING,
  answer: NO_BODY,
  handle: async ({ context, target, actor }) => {
    await cutOffAccount(context, actor, target);
    return { body: undefined };
  },
});

const cutOffOne = accountRoute({
  method: 'DELETE',
  path: '/v1/accounts/{account}/sessions/{id}',
  name: 'cutOffSession',
  summary: 'Closes one session.',
  task: 'cut-off',
  status: 204,
  query: NOTHING,
  body: NOTHING,
  answer: NO_BODY,
  handle: async ({ context, target: account, actor, id }) => {
    const session = (await context.store.listSessions({ by: 'account', account })).find((one) => one.id === id);
    const told = session !== undefined && (await cutOffSession(context, actor, session));
    if (!told) throw new Fault('NOT_FOUND', 'the account has no open session with this id');
    return { body: undefined };
  },
});

export const SESSION_ROUTES: readonly Route[] = [ofDomain, ofAccount, cutOffAll, cutOffOne];

// By id, which does not change while somebody pages through.
function page(
  sessions: readonly SessionRecord[],
  { cursor, limit }: z.output<typeof Paging>,
): z.input<typeof Sessions> {
  const after = sessions
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .filter(({ id }) => cursor === undefined || id > cursor);
  const items = after.slice(0, limit);
  return {
    items: items.map((one) => sessionBody(one)),
    next: after.length > limit ? (items.at(-1)?.id ?? null) : null,
  };
}
