/** The record of all admins, and the users of a domain in name order: what is recorded of them and when they were seen. */

import { z } from 'zod';
import type { AdminsRecord, AdminStore, KnownUser, UserStore } from '#policy/ports/admins.ts';
import type { TokensRecord, TokenStore } from '#policy/ports/tokens.ts';
import { accountRecords, adminsRecords, tokensRecords, type Codec } from '#store/records.ts';
import { versioned, VersionedRow, type EmbeddedContext } from './context.ts';
import type { Database } from './database.ts';
import type { Versioned } from '#policy/ports/records.ts';

const UserRow = z.object({ name: z.string(), record: z.string().nullable(), at: z.number().nullable() });
const NO_ADMINS: AdminsRecord = { admins: [] };
const NO_TOKENS: TokensRecord = { tokens: [] };

// Each half is cut to the page before they are joined, so that a page costs the same however many users there are.
const USERS = `
  SELECT name, max(record) AS record, max(at) AS at FROM (
    SELECT * FROM (
      SELECT name, record, NULL AS at FROM account
      WHERE domain = ?1 AND name > ?2 AND instr(name, ?3) > 0 AND record IS NOT NULL ORDER BY name LIMIT ?4
    )
    UNION ALL
    SELECT * FROM (
      SELECT account AS name, NULL AS record, at FROM seen
      WHERE domain = ?1 AND account > ?2 AND instr(account, ?3) > 0 AND expires_at > ?5 ORDER BY account LIMIT ?4
    )
  ) GROUP BY name ORDER BY name LIMIT ?4`;

/** The part of the store that admins work with. */
export function embeddedAdmins({ durable, brisk }: EmbeddedContext): AdminStore & UserStore & TokenStore {
  return {
    lookupAdmins: async () => lookupSingle(durable, ADMINS),
    updateAdmins: async (change) => updateSingle(durable, ADMINS, change),
    lookupTokens: async () => lookupSingle(durable, TOKENS),
    updateTokens: async (change) => updateSingle(durable, TOKENS, change),
    listUsers: async ({ domain, search, cursor, limit }) => {
      const rows = brisk.all(UserRow, USERS, [domain, cursor ?? '', search, limit + 1, Date.now()]);
      const items = rows.slice(0, limit).map(({ name, record, at }): KnownUser => ({
        account: name,
        record: record === null ? undefined : accountRecords.decode(record, name),
        seenAt: at ?? undefined,
      }));
      return { items, next: rows.length > limit ? items.at(-1)?.account : undefined };
    },
  };
}

/** A record of which there is one, in a table of its own. */
interface Single<T> {
  readonly table: 'admins' | 'tokens';
  readonly codec: Codec<T>;
  readonly empty: T;
}

const ADMINS: Single<AdminsRecord> = { table: 'admins', codec: adminsRecords, empty: NO_ADMINS };
const TOKENS: Single<TokensRecord> = { table: 'tokens', codec: tokensRecords, empty: NO_TOKENS };

function lookupSingle<T>(durable: Database, { table, codec }: Single<T>): Versioned<T> {
  const row = durable.first(VersionedRow, `SELECT epoch, record FROM ${table} WHERE id = 1`);
  return versioned(codec, 'all', row);
}

function updateSingle<T, R>(
  durable: Database,
  single: Single<T>,
  change: (current: T) => { readonly record: T | undefined; readonly result: R },
): R {
  return durable.transaction(() => {
    const current = lookupSingle(durable, single);
    const { record, result } = change(current.record ?? single.empty);
    if (record === undefined) return result;
    const row = [current.epoch + 1, single.codec.encode(record, 'all')];
    durable.run(`INSERT OR REPLACE INTO ${single.table} (id, epoch, record) VALUES (1, ?, ?)`, row);
    return result;
  });
}
