/** What was done, by account and by domain: one capped stream each. */

import { z } from 'zod';
import type { Store } from '#policy/ports/store.ts';
import { auditRecords } from '#store/records.ts';
import type { EmbeddedContext } from './context.ts';

const EntryRow = z.object({ entry: z.string() });

/** The audit part of the store. */
export function embeddedAudit({ durable, caps }: EmbeddedContext): Pick<Store, 'appendAudit' | 'listAudit'> {
  const append = (stream: string, text: string, kept: number): void => {
    durable.run('INSERT INTO audit (stream, entry, expires_at) VALUES (?, ?, ?)', [
      stream,
      text,
      Date.now() + caps.auditSeconds * 1000,
    ]);
    durable.run(
      `DELETE FROM audit WHERE stream = ?1 AND seq <=
        (SELECT seq FROM audit WHERE stream = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)`,
      [stream, kept],
    );
  };
  return {
    appendAudit: async (entry) => {
      const { domain, account } = entry;
      const text = auditRecords.encode(entry, account ?? domain);
      durable.transaction(() => {
        durable.run('DELETE FROM audit WHERE expires_at <= ?', [Date.now()]);
        append(domainStream(domain), text, caps.auditEntriesPerDomain);
        if (account !== undefined) append(accountStream(account), text, caps.auditEntriesPerAccount);
      });
    },
    listAudit: async ({ domain, account, limit }) => {
      const stream = account === undefined ? domainStream(domain) : accountStream(account);
      const sql = 'SELECT entry FROM audit WHERE stream = ? ORDER BY seq DESC LIMIT ?';
      return durable
        .all(EntryRow, sql, [stream, limit])
        .map(({ entry }) => auditRecords.decode(entry, account ?? domain));
    },
  };
}

function domainStream(domain: string): string {
  return `domain:${domain}`;
}

function accountStream(account: string): string {
  return `account:${account}`;
}
