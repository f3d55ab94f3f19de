/**
 * What a change of a domain's choice would do, before it is made: who has not enrolled, and which sessions would be
 * closed, by count and by name.
 */

import { coverageOf } from '#policy/rules/session-coverage.ts';

import type { KnownUser } from '#policy/ports/admins.ts';
import type { Store } from '#policy/ports/store.ts';
import type { AccountRecord, DomainRecord } from '#policy/ports/records.ts';
import type { SessionRecord } from '#core/session.ts';

export interface DomainImpact {
  readonly enrolled: number;
  /** Known accounts that have not. Somebody who has never logged in through the gateway is not known. */
  readonly notEnrolled: Sample;
  /** Sessions that are open now. */
  readonly sessions: number;
  /** Those that would be closed. */
  readonly closing: number;
  /** Different accounts with a session opened by the ordinary password and without two-step. */
  readonly unprepared: number;
  /** Accounts with sessions that the ordinary password opened, and those sessions. */
  readonly ordinary: Sample & {
    /** How many sessions these are. */
    readonly open: number;
    /** The first of them. */
    readonly sessions: readonly SessionRecord[];
  };
}

/** How many there are, and the names of the first of them. */
interface Sample {
  readonly count: number;
  readonly names: readonly string[];
}

const PAGE = 500;
/** Names and sessions that are shown; the rest is counted. */
const SHOWN = 200;

/** Looks at a domain as it would be with this record at the time `now` (ms). */
export async function domainImpact(
  store: Pick<Store, 'listUsers' | 'listSessions'>,
  domain: string,
  record: DomainRecord,
  now: number,
): Promise<DomainImpact> {
  const sessions = await store.listSessions({ by: 'domain', domain });
  const byAccount = Map.groupBy(sessions, ({ account }) => account);
  const connected = new Map<string, AccountRecord | undefined>();
  const bare: string[] = [];
  let enrolled = 0;
  let notEnrolled = 0;
  for await (const user of knownUsers(store, domain)) {
    if (byAccount.has(user.account)) connected.set(user.account, user.record);
    if (user.record?.enrolledAt !== undefined) enrolled += 1;
    else {
      notEnrolled += 1;
      if (bare.length < SHOWN) bare.push(user.account);
    }
  }
  const closing = [...byAccount].map(
    ([account, open]) => coverageOf({ domain: record, account: connected.get(account) }, open, now).ended.length,
  );
  const ordinary = sessions.filter(({ opener }) => opener.kind === 'ordinary-password');
  const names = [...new Set(ordinary.map(({ account }) => account))].toSorted();
  return {
    enrolled,
    notEnrolled: { count: notEnrolled, names: bare },
    sessions: sessions.length,
    closing: closing.reduce((sum, count) => sum + count, 0),
    unprepared: names.filter((name) => connected.get(name)?.enrolledAt === undefined).length,
    ordinary: {
      count: names.length,
      names: names.slice(0, SHOWN),
      open: ordinary.length,
      sessions: ordinary.slice(0, SHOWN),
    },
  };
}

/** All known accounts of a domain in name order, a page at a time from the store: none is held longer than needed. */
export async function* knownUsers(
  store: Pick<Store, 'listUsers'>,
  domain: string,
): AsyncGenerator<KnownUser, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await store.listUsers({ domain, search: '', cursor, limit: PAGE });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}
