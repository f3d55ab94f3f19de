/**
 * Who is logged in now. Each session is one key that expires unless it is touched; indexes by account and domain hold
 * ids by the time of the last touch and are trimmed as they are touched, so that a dead gateway leaves nothing behind.
 */

import { unreachable } from '#core/fault.ts';
import type { Store } from '#policy/ports/store.ts';
import { sessionIndexSeconds } from '#store/keys.ts';
import { sessionRecords } from '#store/records.ts';
import { ListReply, NumberReply, readReply, type RedisContext } from './context.ts';
import { runScript } from './link.ts';
import { CUT_OFF, TOUCH_INDEX } from './scripts.ts';
import type { SessionFilter, SessionRecord } from '#core/session.ts';

const SESSIONS_AT_ONCE = 500;

/** The session part of the store. */
export function redisSessions(
  context: RedisContext,
): Pick<Store, 'touchSessions' | 'closeSessions' | 'listSessions' | 'cutOffSession' | 'announceTrace'> {
  const { link, keys } = context;
  return {
    touchSessions: async (sessions) => {
      for (const batch of batches(sessions)) await touch(context, batch);
    },
    closeSessions: async (sessions) => {
      for (const batch of batches(sessions)) await close(context, batch);
    },
    listSessions: (filter) => listSessions(context, filter),
    cutOffSession: async (id) => {
      const reply = await link.run((send) => runScript(send, CUT_OFF, [keys.session(id)], [keys.changes, id]));
      return readReply(NumberReply, reply) === 1;
    },
    announceTrace: async (request) => {
      await link.run((send) => send('publish', keys.changes, JSON.stringify(request)));
    },
  };
}

// Writes the whole record, not only its lifetime: sessions that a failover has lost are on record again.
async function touch({ link, keys, caps }: RedisContext, sessions: readonly SessionRecord[]): Promise<void> {
  const byAccount = Map.groupBy(sessions, ({ account }) => account);
  const byDomain = Map.groupBy(sessions, ({ domain }) => domain);
  const moment = [Date.now(), sessionIndexSeconds(caps)];
  await link.run(async (send) => {
    await Promise.all([
      ...sessions.map((session) =>
        send('set', keys.session(session.id), sessionRecords.encode(session, session.id), 'EX', caps.sessionTtlSeconds),
      ),
      ...Array.from(byAccount, ([account, some]) =>
        runScript(send, TOUCH_INDEX, [keys.accountSessions(account)], [...moment, ...idsOf(some)]),
      ),
      ...Array.from(byDomain, ([domain, some]) =>
        runScript(send, TOUCH_INDEX, [keys.domainSessions(domain)], [...moment, ...idsOf(some)]),
      ),
      runScript(send, TOUCH_INDEX, [keys.sessionDomains], [...moment, ...byDomain.keys()]),
    ]);
  });
}

async function close({ link, keys }: RedisContext, sessions: readonly SessionRecord[]): Promise<void> {
  const byAccount = Map.groupBy(sessions, ({ account }) => account);
  const byDomain = Map.groupBy(sessions, ({ domain }) => domain);
  await link.run(async (send) => {
    await Promise.all([
      ...sessions.map(({ id }) => send('del', keys.session(id))),
      ...Array.from(byAccount, ([account, some]) => send('zrem', keys.accountSessions(account), ...idsOf(some))),
      ...Array.from(byDomain, ([domain, some]) => send('zrem', keys.domainSessions(domain), ...idsOf(some))),
    ]);
  });
}

function idsOf(sessions: readonly SessionRecord[]): readonly string[] {
  return sessions.map(({ id }) => id);
}

async function listSessions(context: RedisContext, filter: SessionFilter): Promise<readonly SessionRecord[]> {
  const { keys } = context;
  switch (filter.by) {
    case 'account':
      return sessionsIn(context, [keys.accountSessions(filter.account.name)]);
    case 'domain':
      return sessionsIn(context, [keys.domainSessions(filter.domain)]);
    case 'all': {
      const domains = await members(context, [keys.sessionDomains]);
      return sessionsIn(context, domains.map(keys.domainSessions));
    }
    default:
      return unreachable(filter);
  }
}

async function sessionsIn(context: RedisContext, indexes: readonly string[]): Promise<readonly SessionRecord[]> {
  const { link, keys } = context;
  const found: SessionRecord[] = [];
  for (const ids of batches(await members(context, indexes))) {
    const texts = await link.run((send) => Promise.all(ids.map((id) => send('get', keys.session(id)))));
    for (const [position, id] of ids.entries()) {
      const text = texts[position];
      if (typeof text === 'string') found.push(sessionRecords.decode(text, id));
    }
  }
  return found;
}

async function members({ link }: RedisContext, indexes: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const batch of batches(indexes)) {
    const replies = await link.run((send) => Promise.all(batch.map((index) => send('zrange', index, 0, -1))));
    for (const reply of replies) for (const member of readReply(ListReply, reply)) found.push(member);
  }
  return found;
}

function batches<T>(all: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(all.length / SESSIONS_AT_ONCE);
  return Array.from({ length: count }, (_, at) => all.slice(at * SESSIONS_AT_ONCE, (at + 1) * SESSIONS_AT_ONCE));
}
