/** Domain records and the list of domains. */

import type { Page, Store } from '../../policy/ports.ts';
import type { KeyOf } from '../keys.ts';
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
      const args = [text, keys.changes, domain, expected ?? '*'];
      const reply = await link.run(async (send) => {
        // The list first: a name without a record is passed over, a record without a name would never be listed.
        await send('zadd', keys.domains, 0, domain);
        return runScript(send, SAVE_DOMAIN, [keys.domain(domain)], args);
      });
      const epoch = readReply(NumberReply, reply);
      return epoch === 0 ? undefined : epoch;
    },
    listDomains: async (cursor, limit) => {
      const page = await listRecords(context, { index: keys.domains, recordKey: keys.domain, cursor, limit });
      return {
        items: page.items.map(({ name, text }) => ({ domain: name, record: domainRecords.decode(text, name) })),
        next: page.next,
      };
    },
  };
}

export interface Listing {
  /** A sorted set of names, all with score 0. */
  readonly index: string;
  readonly recordKey: KeyOf;
  /** The last name of the page before. */
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** One page of records in the order of their names' UTF-8 bytes. Names whose record is gone are passed over. */
export async function listRecords(
  { link }: RedisContext,
  { index, recordKey, cursor, limit }: Listing,
): Promise<Page<{ readonly name: string; readonly text: string }>> {
  const from = cursor === undefined ? '-' : `(${cursor}`;
  return link.run(async (send) => {
    const reply = await send('zrangebylex', index, from, '+', 'LIMIT', 0, limit + 1);
    const names = readReply(ListReply, reply);
    const shown = names.slice(0, limit);
    const texts = await Promise.all(shown.map((name) => send('hget', recordKey(name), 'record')));
    const items = shown.flatMap((name, at) => {
      const text = texts[at];
      return typeof text === 'string' ? [{ name, text }] : [];
    });
    return { items, next: names.length > limit ? shown.at(-1) : undefined };
  });
}
