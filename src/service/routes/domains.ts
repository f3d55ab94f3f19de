/** What domains have chosen: read, set, list. The version of a choice is its ETag. */

import { z } from 'zod';
import { isFault } from '#core/fault.ts';
import { showDomain, setDomain, type DomainChange, type DomainView } from '#policy/domains/domains.ts';
import { DOMAIN_MODES, FACTOR_KINDS, HINTS, REVEALS } from '#policy/ports/records.ts';
import { PRECONDITION, ProblemError } from '#service/problem.ts';
import { domainRoute, plainRoute, type Asked, type Route } from '#service/route.ts';
import { isoOrNull, Moment, NOTHING, Paging, pageOf } from '#service/schemas.ts';

const Mode = z.enum(DOMAIN_MODES);
const Methods = z.array(z.enum(FACTOR_KINDS));

const Domain = z.object({
  domain: z.string(),
  decided: z.boolean().describe('False while nobody has decided: these are the defaults then.'),
  mode: Mode.describe('Whether accounts have no two-step authentication, may have it, or must.'),
  forcedFrom: Moment.nullable().describe('With mode forced: from when on; null: already.'),
  methods: Methods.describe('Factors that users may enrol.'),
  reveal: z.enum(REVEALS).describe('Whether an app password can be shown again.'),
  hints: z.enum(HINTS).describe('Whether the right ordinary password is told what to do instead.'),
  trustedBrowserDays: z.int().nullable(),
  maxAppPasswords: z.int().nullable(),
  appPasswordDays: z.int().nullable(),
});

const Change = z
  .strictObject({
    mode: Mode,
    forcedFrom: Moment.nullable(),
    methods: Methods,
    reveal: z.enum(REVEALS),
    hints: z.enum(HINTS),
    trustedBrowserDays: z.int().nullable(),
    maxAppPasswords: z.int().nullable(),
    appPasswordDays: z.int().nullable(),
  })
  .partial()
  .describe('What is to change; the rest stays. null takes a setting away.');

const list = plainRoute({
  method: 'GET',
  path: '/v1/domains',
  name: 'listDomains',
  summary: 'The domains that somebody has decided about, of those that the token is good for, in name order.',
  task: 'look',
  query: Paging,
  body: NOTHING,
  answer: pageOf(Domain),
  handle: async ({ token, context, query: { cursor, limit } }) => {
    if (token.domains !== 'all') {
      const names = token.domains.toSorted().filter((name) => cursor === undefined || name > cursor);
      const views = await Promise.all(names.slice(0, limit).map((name) => showDomain(context, name)));
      const next = names.length > limit ? (names[limit - 1] ?? null) : null;
      return { body: { items: views.map((view) => domainBody(view)), next } };
    }
    const page = await context.store.listDomains(cursor, limit);
    const views = await Promise.all(page.items.map(({ domain }) => showDomain(context, domain)));
    return { body: { items: views.map((view) => domainBody(view)), next: page.next ?? null } };
  },
});

const read = domainRoute({
  method: 'GET',
  path: '/v1/domains/{domain}',
  name: 'readDomain',
  summary: 'What a domain has chosen.',
  task: 'look',
  query: NOTHING,
  body: NOTHING,
  answer: Domain,
  handle: async ({ context, target }) => {
    const view = await showDomain(context, target);
    return { body: domainBody(view), etag: String(view.epoch) };
  },
});

const change = domainRoute({
  method: 'PATCH',
  path: '/v1/domains/{domain}',
  name: 'changeDomain',
  summary: 'Changes what a domain has chosen. With If-Match only if nobody has changed it since: else 412.',
  task: 'set-policy',
  query: NOTHING,
  body: Change,
  answer: Domain,
  handle: changeDomain,
});

export const DOMAIN_ROUTES: readonly Route[] = [list, read, change];

async function changeDomain({
  context,
  target,
  body,
  actor,
  ifMatch,
}: Asked<unknown, z.output<typeof Change>, string>): Promise<{
  readonly body: z.input<typeof Domain>;
  readonly etag: string;
}> {
  const expectedEpoch = ifMatch === undefined ? undefined : await epochMatching(context, target, ifMatch);
  try {
    const view = await setDomain(context, actor, target, { ...changeOf(body), expectedEpoch });
    return { body: domainBody(view), etag: String(view.epoch) };
  } catch (error) {
    if (expectedEpoch !== undefined && isFault(error, 'STORE_CONFLICT')) throw new ProblemError(PRECONDITION);
    throw error;
  }
}

// RFC 9110 §13.1.1: a list of entity tags, or `*` for whatever is there.
async function epochMatching(
  context: Parameters<typeof showDomain>[0],
  domain: string,
  ifMatch: string,
): Promise<number | undefined> {
  if (ifMatch.trim() === '*') return undefined;
  const { epoch } = await showDomain(context, domain);
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.includes(`"${epoch}"`)) throw new ProblemError(PRECONDITION);
  return epoch;
}

// What is not given must be absent: given as undefined, it would be taken away.
function changeOf(body: z.output<typeof Change>): DomainChange {
  const { forcedFrom } = body;
  const entries = Object.entries(body).map(([name, value]) => [name, value === null ? undefined : value] as const);
  const date = typeof forcedFrom === 'string' ? { forcedFrom: Date.parse(forcedFrom) } : {};
  return { ...Object.fromEntries(entries), ...date };
}

function domainBody({ domain, decided, record }: DomainView): z.input<typeof Domain> {
  return {
    domain,
    decided,
    mode: record.mode,
    forcedFrom: isoOrNull(record.forcedFrom),
    methods: [...record.methods],
    reveal: record.reveal,
    hints: record.hints,
    trustedBrowserDays: record.trustedBrowserDays ?? null,
    maxAppPasswords: record.maxAppPasswords ?? null,
    appPasswordDays: record.appPasswordDays ?? null,
  };
}
