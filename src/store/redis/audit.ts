/** What was done, by account and by domain: two capped streams per entry, the account's and the domain's. */

import { z } from 'zod';
import type { Store } from '../../policy/ports.ts';
import { auditRecords } from '../records.ts';
import { readReply, type RedisContext } from './context.ts';
import { runScript } from './link.ts';
import { APPEND_AUDIT } from './scripts.ts';

const StreamReply = z.array(z.tuple([z.string(), z.tuple([z.literal('entry'), z.string()])]));

/** The audit part of the store. */
export function redisAudit({ link, keys, caps }: RedisContext): Pick<Store, 'appendAudit' | 'listAudit'> {
  return {
    appendAudit: async (entry) => {
      const { domain, account } = entry;
      const text = auditRecords.encode(entry, account ?? domain);
      const append = (key: string, kept: number) => ({ key, args: [text, kept, caps.auditSeconds] });
      const streams = [append(keys.domainAudit(domain), caps.auditEntriesPerDomain)];
      if (account !== undefined) streams.push(append(keys.accountAudit(account), caps.auditEntriesPerAccount));
      await link.run((send) => Promise.all(streams.map(({ key, args }) => runScript(send, APPEND_AUDIT, [key], args))));
    },
    listAudit: async ({ domain, account, limit }) => {
      const key = account === undefined ? keys.domainAudit(domain) : keys.accountAudit(account);
      const reply = await link.run((send) => send('xrevrange', key, '+', '-', 'COUNT', limit));
      return readReply(StreamReply, reply).map(([, [, text]]) => auditRecords.decode(text, account ?? domain));
    },
  };
}
