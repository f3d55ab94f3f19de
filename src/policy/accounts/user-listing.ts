/** The users of a domain as its admins see them: a page at a time, each with factors, last sign-in and sessions. */

import { factorsOf } from '#policy/factors/factors.ts';

import type { Account } from '#core/identity.ts';
import type { KnownUser, UserQuery } from '#policy/ports/admins.ts';
import type { Store } from '#policy/ports/store.ts';
import { type FactorKind, type Page, EMPTY_ACCOUNT } from '#policy/ports/records.ts';
import type { SessionRecord } from '#core/session.ts';

export interface UserRow {
  readonly account: Account;
  readonly enrolledAt: number | undefined;
  /** None, though enrolled: they were reset, and the next sign-in in a browser leads through a new set-up. */
  readonly factors: readonly FactorKind[];
  readonly suspended: boolean;
  /** With the ordinary password or an app password, whichever was later; undefined: not lately. */
  readonly lastSignInAt: number | undefined;
  /** Connected now. */
  readonly sessions: readonly SessionRecord[];
}

type Reader = Pick<Store, 'listUsers' | 'lookupAccount' | 'lookupLastUses' | 'listSessions'>;

/** One page of the known users whose name contains the search, in name order. Costs the same however many there are. */
export async function listUserRows(store: Reader, query: UserQuery): Promise<Page<UserRow>> {
  const { items, next } = await store.listUsers({ ...query, search: query.search.toLowerCase() });
  return { items: await Promise.all(items.map((user) => rowOf(store, user))), next };
}

/** One user; undefined when nothing is known of it. */
export async function lookupUserRow(store: Reader, account: Account): Promise<UserRow | undefined> {
  const { name, domain } = account;
  const [{ items }, { record }] = await Promise.all([
    // Its own name is the first that contains it whole, unless others end in it.
    store.listUsers({ domain, search: name, cursor: undefined, limit: NAMESAKES }),
    store.lookupAccount(account),
  ]);
  const known = items.find((user) => user.account === name);
  if (known === undefined && record === undefined) return undefined;
  return rowOf(store, { account: name, record, seenAt: known?.seenAt });
}

const NAMESAKES = 50;

async function rowOf(store: Reader, { account: name, record = EMPTY_ACCOUNT, seenAt }: KnownUser): Promise<UserRow> {
  const account = accountNamed(name);
  const [uses, sessions] = await Promise.all([
    store.lookupLastUses(account),
    store.listSessions({ by: 'account', account }),
  ]);
  const times = [...[...uses.values()].map(({ at }) => at), ...(seenAt === undefined ? [] : [seenAt])];
  return {
    account,
    enrolledAt: record.enrolledAt,
    factors: factorsOf(record),
    suspended: record.suspended !== undefined,
    lastSignInAt: times.length === 0 ? undefined : Math.max(...times),
    sessions: sessions.toSorted((a, b) => b.openedAt - a.openedAt),
  };
}

/** The account with this canonical name, which has one `@` (core/identity.ts). */
export function accountNamed(name: string): Account {
  const at = name.lastIndexOf('@');
  return { name, local: name.slice(0, at), domain: name.slice(at + 1) };
}
