/**
 * What was done, by account and by domain: two capped lists per entry, the account's and the domain's. Lists, because
 * Redis sets 4 KB aside for every stream, however little is in it.
 */

import type { Store } from '#policy/ports/store.ts';
import { auditRecords } from '#store/records.ts';
import { ListReply, readReply, type RedisContext } from './context.ts';
import { runScript } from './link.ts';
import { APPEND_AUDIT } from './scripts.ts';

/** The audit part of the store. */
export function redisAudit({ link, keys, caps }: RedisContext): Pick<Store, 'appendAudit' | 'listAudit'> {
  return {
    appendAudit: async (entry) => {
      const { domain, account } = entry;
      const text = auditRecords.encode(entry, account ?? domain);
      const append = (key: string, kept: number) => ({ key, args: [text, kept, caps.auditSeconds] });
      const lists = [append(keys.domainAudit(domain), caps.auditEntriesPerDomain)];
      if (account !== undefined) lists.push(append(keys.accountAudit(account), caps.auditEntriesPerAccount));
      await link.run((send) => Promise.all(lists.map(({ key, args }) => runScript(send, APPEND_AUDIT, [key], args))));
    },
    listAudit: async ({ domain, account, limit }) => {
      const key = account === undefined ? keys.domainAudit(domain) : keys.accountAudit(account);
      const reply = await link.run((send) => send('lrange', key, 0, limit - 1));
      return readReply(ListReply, reply).map((item) => auditRecords.decode(withoutTime(item), account ?? domain));
    },
  };
}

function withoutTime(item: string): string {
  return item.slice(item.indexOf(' ') + 1);
}
