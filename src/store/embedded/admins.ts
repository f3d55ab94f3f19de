/** The record of all admins, and the users of a domain in name order: what is recorded of them and when they were seen. */

import { z } from 'zod';
import type { AdminsRecord, AdminStore, KnownUser, UserStore } from '../../policy/admin-ports.ts';
import type { Versioned } from '../../policy/ports.ts';
import { accountRecords, adminsRecords } from '../records.ts';
import { versioned, VersionedRow, type EmbeddedContext } from './context.ts';
import type { Database } from './database.ts';

const UserRow = z.object({ name: z.string(), record: z.string().nullable(), at: z.number().nullable() });
const NO_ADMINS: AdminsRecord = { admins: [] };

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
export function embeddedAdmins({ durable, brisk }: EmbeddedContext): AdminStore & UserStore {
  return {
    lookupAdmins: async () => lookupAdmins(durable),
    updateAdmins: async (change) =>
      durable.transaction(() => {
        const current = lookupAdmins(durable);
        const { record, result } = change(current.record ?? NO_ADMINS);
        if (record === undefined) return result;
        const row = [current.epoch + 1, adminsRecords.encode(record, 'all')];
        durable.run('INSERT OR REPLACE INTO admins (id, epoch, record) VALUES (1, ?, ?)', row);
        return result;
      }),
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

function lookupAdmins(durable: Database): Versioned<AdminsRecord> {
  const row = durable.first(VersionedRow, 'SELECT epoch, record FROM admins WHERE id = 1');
  return versioned(adminsRecords, 'all', row);
}
