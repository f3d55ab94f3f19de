/** Domain records and the list of domains. */

import type { Store } from '#policy/ports/store.ts';
import type { KeyOf } from '#store/keys.ts';
import { domainRecords } from '#store/records.ts';
import { ListReply, NumberReply, readReply, versioned, VersionedReply, type RedisContext } from './context.ts';
import { runScript, type Send } from './link.ts';
import { SAVE_DOMAIN } from './scripts.ts';
import type { Page } from '#policy/ports/records.ts';

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

interface NameListing {
  /** A sorted set of names, all with score 0. */
  readonly index: string;
  /** The last name of the page before. */
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface Listing extends NameListing {
  readonly recordKey: KeyOf;
}

/** One page of records in the order of their names' UTF-8 bytes. Names whose record is gone are passed over. */
export async function listRecords(
  { link }: RedisContext,
  { recordKey, ...listing }: Listing,
): Promise<Page<{ readonly name: string; readonly text: string }>> {
  return link.run(async (send) => {
    const { items: names, next } = await pageOfNames(listing, send);
    const texts = await Promise.all(names.map((name) => send('hget', recordKey(name), 'record')));
    const items = names.flatMap((name, at) => {
      const text = texts[at];
      return typeof text === 'string' ? [{ name, text }] : [];
    });
    return { items, next };
  });
}

/** One page of names in the order of their UTF-8 bytes. */
export function listNames({ link }: RedisContext, listing: NameListing): Promise<Page<string>> {
  return link.run((send) => pageOfNames(listing, send));
}

async function pageOfNames({ index, cursor, limit }: NameListing, send: Send): Promise<Page<string>> {
  const from = cursor === undefined ? '-' : `(${cursor}`;
  const reply = await send('zrangebylex', index, from, '+', 'LIMIT', 0, limit + 1);
  const names = readReply(ListReply, reply);
  const items = names.slice(0, limit);
  return { items, next: names.length > limit ? items.at(-1) : undefined };
}
