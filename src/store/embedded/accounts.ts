/** Account records: read, changed and announced in one transaction, so nothing ever has to be tried again. */

import { z } from 'zod';
import type { Account } from '#core/identity.ts';
import type { Store } from '#policy/ports/store.ts';
import { accountRecords } from '#store/records.ts';
import { versioned, VersionedRow, type EmbeddedContext } from './context.ts';
import type { Database } from './database.ts';
import { NamedRow } from './domains.ts';
import type { AccountChange, AccountRecord, Versioned } from '#policy/ports/records.ts';

const DomainRow = z.object({ domain: z.string() });

/** The account part of the store. */
export function embeddedAccounts(
  context: EmbeddedContext,
): Pick<Store, 'lookupAccount' | 'updateAccount' | 'listAccounts' | 'listAccountDomains' | 'epochs'> {
  const { durable, feed } = context;
  return {
    lookupAccount: async ({ name }) => lookupAccount(durable, name),
    updateAccount: async (account, change) => {
      const result = durable.transaction(() => applyChange(context, account, change));
      feed.tell();
      return result;
    },
    listAccounts: async (domain, cursor, limit) => {
      const rows = durable.all(
        NamedRow,
        `SELECT name, record FROM account
          WHERE domain = ? AND name > ? AND record IS NOT NULL ORDER BY name LIMIT ?`,
        [domain, cursor ?? '', limit + 1],
      );
      const items = rows
        .slice(0, limit)
        .map(({ name, record }) => ({ account: name, record: accountRecords.decode(record, name) }));
      return { items, next: rows.length > limit ? items.at(-1)?.account : undefined };
    },
    listAccountDomains: async (cursor, limit) => {
      const rows = durable.all(
        DomainRow,
        'SELECT DISTINCT domain FROM account WHERE domain > ? ORDER BY domain LIMIT ?',
        [cursor ?? '', limit + 1],
      );
      const items = rows.slice(0, limit).map(({ domain }) => domain);
      return { items, next: rows.length > limit ? items.at(-1) : undefined };
    },
    epochs: async (accounts, domains) => ({
      accounts: new Map(accounts.map(({ name }) => [name, epochOf(durable, 'account', name)])),
      domains: new Map(domains.map((name) => [name, epochOf(durable, 'domain', name)])),
    }),
  };
}

function lookupAccount(durable: Database, name: string): Versioned<AccountRecord> {
  const row = durable.first(VersionedRow, 'SELECT epoch, record FROM account WHERE name = ?', [name]);
  return versioned(accountRecords, name, row);
}

function applyChange<T>({ durable, feed }: EmbeddedContext, account: Account, change: AccountChange<T>): T {
  const { name, domain } = account;
  const current = lookupAccount(durable, name);
  const { record, result } = change(current.record);
  if (record === undefined) return result;
  const epoch = current.epoch + 1;
  durable.run(
    `INSERT INTO account (name, domain, epoch, record) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET epoch = excluded.epoch, record = excluded.record`,
    [name, domain, epoch, accountRecords.encode(record, name)],
  );
  // Last uses of app passwords that are no more go with them.
  durable.run('DELETE FROM last_use WHERE account = ? AND app_password NOT IN (SELECT value FROM json_each(?))', [
    name,
    JSON.stringify(record.appPasswords.map(({ id }) => id)),
  ]);
  feed.announce(durable, { kind: 'account', account: name, epoch });
  return result;
}

function epochOf(durable: Database, table: 'account' | 'domain', name: string): number {
  return durable.first(VersionedRow, `SELECT epoch, NULL AS record FROM ${table} WHERE name = ?`, [name])?.epoch ?? 0;
}
