/** Domain records and the list of domains. */

import type { DomainRecord, Page, Store } from '../../policy/ports.ts';
import { domainRecords } from '../records.ts';
import { ListReply, NumberReply, readReply, versioned, VersionedReply, type RedisContext } from './context.ts';
import { runScript } from './link.ts';
import { SAVE_DOMAIN } from './scripts.ts';

/** The domain part of the store. */
export function redisDomains(context: RedisContext): Pick<Store, 'lookupDomain' | 'saveDomain' | 'listDomains'> {
  const { link, keys } = context;
  return {
    lookupDomain: async (domain) => {
      const fields = await link.run((send) => send('hmget', keys.domain(domain), 'epoch', 'record'));
      return versioned(domainRecords, domain, readReply(VersionedReply, fields));
    },
    saveDomain: async (domain, record, expected) => {
      const text = domainRecords.encode(record, domain);
      // The list first: a name without a record is passed over, a record without a name would never be listed.
      await link.run((send) => send('zadd', keys.domains, 0, domain));
      const args = [text, keys.changes, domain, expected ?? '*'];
      const reply = await link.run((send) => runScript(send, SAVE_DOMAIN, [keys.domain(domain)], args));
      const epoch = readReply(NumberReply, reply);
      return epoch === 0 ? undefined : epoch;
    },
    listDomains: async (cursor, limit) => {
      const names = await namesAfter(context, { index: keys.domains, cursor, limit });
      const records = await recordsOf(context, names.items.map(keys.domain));
      return {
        items: names.items.flatMap((domain, index): { domain: string; record: DomainRecord }[] => {
          const text = records[index] ?? null;
          return text === null ? [] : [{ domain, record: domainRecords.decode(text, domain) }];
        }),
        next: names.next,
      };
    },
  };
}

/** One page of a name index (all scores 0), in the order of UTF-8 bytes. The cursor is the last name seen. */
export async function namesAfter(
  { link }: RedisContext,
  { index, cursor, limit }: { readonly index: string; readonly cursor: string | undefined; readonly limit: number },
): Promise<Page<string>> {
  const from = cursor === undefined ? '-' : `(${cursor}`;
  const names = readReply(
    ListReply,
    await link.run((send) => send('zrangebylex', index, from, '+', 'LIMIT', 0, limit + 1)),
  );
  const items = names.slice(0, limit);
  return { items, next: names.length > limit ? items.at(-1) : undefined };
}

/** The records of these hashes, null where there is none. */
export async function recordsOf({ link }: RedisContext, keys: readonly string[]): Promise<readonly (string | null)[]> {
  const texts = await link.run((send) => Promise.all(keys.map((key) => send('hget', key, 'record'))));
  return texts.map((text) => (typeof text === 'string' ? text : null));
}
