/** Domain records and the list of domains. */

import { z } from 'zod';
import type { Store } from '#policy/ports/store.ts';
import { domainRecords } from '#store/records.ts';
import { versioned, VersionedRow, type EmbeddedContext } from './context.ts';

const EpochRow = z.object({ epoch: z.number() });
export const NamedRow = z.object({ name: z.string(), record: z.string() });

/** The domain part of the store. */
export function embeddedDomains({
  durable,
  feed,
}: EmbeddedContext): Pick<Store, 'lookupDomain' | 'saveDomain' | 'listDomains'> {
  return {
    lookupDomain: async (domain) => {
      const row = durable.first(VersionedRow, 'SELECT epoch, record FROM domain WHERE name = ?', [domain]);
      return versioned(domainRecords, domain, row);
    },
    saveDomain: async (domain, record, expected) => {
      const text = domainRecords.encode(record, domain);
      const epoch = durable.transaction(() => {
        const present = durable.first(EpochRow, 'SELECT epoch FROM domain WHERE name = ?', [domain])?.epoch ?? 0;
        if (expected !== undefined && expected !== present) return undefined;
        const row = durable.first(
          EpochRow,
          `INSERT INTO domain (name, epoch, record) VALUES (?, 1, ?)
            ON CONFLICT DO UPDATE SET epoch = epoch + 1, record = excluded.record RETURNING epoch`,
          [domain, text],
        );
        const written = row?.epoch ?? 0;
        feed.announce(durable, { kind: 'domain', domain, epoch: written });
        return written;
      });
      feed.tell();
      return epoch;
    },
    listDomains: async (cursor, limit) => {
      const rows = durable.all(
        NamedRow,
        'SELECT name, record FROM domain WHERE name > ? AND record IS NOT NULL ORDER BY name LIMIT ?',
        [cursor ?? '', limit + 1],
      );
      const items = rows
        .slice(0, limit)
        .map(({ name, record }) => ({ domain: name, record: domainRecords.decode(record, name) }));
      return { items, next: rows.length > limit ? items.at(-1)?.domain : undefined };
    },
  };
}
