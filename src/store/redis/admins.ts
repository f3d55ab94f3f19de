/** The record of all admins, and the users of a domain in name order: what is recorded of them and when they were seen. */

import { z } from 'zod';
import type { AdminsRecord, AdminStore, KnownUser, UserQuery, UserStore } from '#policy/ports/admins.ts';
import type { TokenStore } from '#policy/ports/tokens.ts';
import { accountRecords, adminsRecords, tokensRecords } from '#store/records.ts';
import { ListReply, readReply, type RedisContext } from './context.ts';
import { lookupSingle, updateSingle } from './singleton-records.ts';
import type { Page } from '#policy/ports/records.ts';

/** Names looked through at once while searching. */
const CHUNK = 2000;
const SeenReply = z.array(z.coerce.number().nullable());
const NO_ADMINS: AdminsRecord = { admins: [] };

/** The part of the store that admins work with. */
export function redisAdmins(context: RedisContext): AdminStore & UserStore & TokenStore {
  const admins = { key: context.keys.admins, codec: adminsRecords, empty: NO_ADMINS, what: 'admins' };
  const tokens = { key: context.keys.tokens, codec: tokensRecords, empty: { tokens: [] }, what: 'tokens' };
  return {
    lookupAdmins: () => lookupSingle(context, admins),
    updateAdmins: (change) => updateSingle(context, admins, change),
    lookupTokens: () => lookupSingle(context, tokens),
    updateTokens: (change) => updateSingle(context, tokens, change),
    listUsers: (query) => listUsers(context, query),
  };
}

async function listUsers(context: RedisContext, query: UserQuery): Promise<Page<KnownUser>> {
  const { domain, search, limit } = query;
  const found: KnownUser[] = [];
  let { cursor } = query;
  do {
    const chunk = search === '' ? Math.min(CHUNK, limit + 1) : CHUNK;
    const names = await namesAfter(context, { index: context.keys.accounts(domain), cursor, limit: chunk });
    // One more than asked for tells whether there is a next page.
    const wanted = names.items.filter((name) => name.includes(search)).slice(0, limit + 1 - found.length);
    found.push(...(await usersNamed(context, domain, wanted)));
    cursor = names.next;
  } while (cursor !== undefined && found.length <= limit);
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? items.at(-1)?.account : undefined };
}

async function usersNamed(
  context: RedisContext,
  domain: string,
  names: readonly string[],
): Promise<readonly KnownUser[]> {
  if (names.length === 0) return [];
  const { link, keys, caps } = context;
  const [records, scores] = await Promise.all([
    recordsOf(context, names.map(keys.account)),
    link.run((send) => send('zmscore', keys.seen(domain), ...names)),
  ]);
  const since = Date.now() - caps.lastUseSeconds * 1000;
  const seen = readReply(SeenReply, scores);
  return names.flatMap((account, index): KnownUser[] => {
    const text = records[index] ?? null;
    const at = seen[index] ?? undefined;
    const seenAt = at === undefined || at <= since ? undefined : at;
    if (text === null && seenAt === undefined) return [];
    return [{ account, record: text === null ? undefined : accountRecords.decode(text, account), seenAt }];
  });
}

// One page of a name index (all scores 0), in the order of UTF-8 bytes. The cursor is the last name seen.
async function namesAfter(
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

// The records of these hashes, null where there is none.
async function recordsOf({ link }: RedisContext, keys: readonly string[]): Promise<readonly (string | null)[]> {
  const texts = await link.run((send) => Promise.all(keys.map((key) => send('hget', key, 'record'))));
  return texts.map((text) => (typeof text === 'string' ? text : null));
}
