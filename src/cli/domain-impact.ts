/** What a change of a domain's choice would do: who has enrolled, and which sessions would be closed. */

import { coverageOf } from '../policy/coverage.ts';
import type { AccountRecord, DomainRecord, SessionRecord, Store } from '../policy/ports.ts';

export interface DomainImpact {
  readonly enrolled: number;
  /** Sessions that are open now. */
  readonly sessions: number;
  /** Those that would be closed. */
  readonly closing: number;
  /** Different accounts with a session opened by the ordinary password and without two-step. */
  readonly unprepared: number;
}

const PAGE = 500;

/** Looks at a domain as it would be with this record. */
export async function domainImpact(
  store: Store,
  domain: string,
  record: DomainRecord,
  now: number,
): Promise<DomainImpact> {
  const [records, sessions] = await Promise.all([
    accountsOf(store, domain),
    store.listSessions({ by: 'domain', domain }),
  ]);
  const closing = [...Map.groupBy(sessions, ({ account }) => account)].map(
    ([account, open]) => coverageOf({ domain: record, account: records.get(account) }, open, now).ended.length,
  );
  return {
    enrolled: [...records.values()].filter(({ enrolledAt }) => enrolledAt !== undefined).length,
    sessions: sessions.length,
    closing: closing.reduce((sum, count) => sum + count, 0),
    unprepared: new Set(sessions.filter((session) => isUnprepared(session, records)).map(({ account }) => account))
      .size,
  };
}

/** All accounts of a domain that anything is recorded of, in name order. */
export async function accountsOf(store: Store, domain: string): Promise<ReadonlyMap<string, AccountRecord>> {
  const records = new Map<string, AccountRecord>();
  let cursor: string | undefined;
  do {
    const page = await store.listAccounts(domain, cursor, PAGE);
    for (const { account, record } of page.items) records.set(account, record);
    cursor = page.next;
  } while (cursor !== undefined);
  return records;
}

function isUnprepared({ account, opener }: SessionRecord, records: ReadonlyMap<string, AccountRecord>): boolean {
  return opener.kind === 'ordinary-password' && records.get(account)?.enrolledAt === undefined;
}
