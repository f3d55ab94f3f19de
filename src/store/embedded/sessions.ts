/** Who is logged in now. A row counts until it expires; rows of gateways that died are taken away by later writes. */

import { unreachable } from '#core/fault.ts';
import type { Store } from '#policy/ports/store.ts';
import { sessionRecords } from '#store/records.ts';
import { RecordRow, type EmbeddedContext } from './context.ts';
import type { Database } from './database.ts';
import type { SessionFilter, SessionRecord } from '#core/session.ts';

/** The session part of the store. */
export function embeddedSessions(
  context: EmbeddedContext,
): Pick<Store, 'touchSessions' | 'closeSessions' | 'listSessions' | 'cutOffSession' | 'announceTrace'> {
  const { brisk, feed } = context;
  return {
    touchSessions: async (sessions) => touch(context, sessions),
    closeSessions: async (sessions) => {
      brisk.transaction(() => {
        for (const { id } of sessions) brisk.run('DELETE FROM session WHERE id = ?', [id]);
      });
    },
    listSessions: async (filter) =>
      select(brisk, filter).map(({ record }) => sessionRecords.decode(record, 'one of those listed')),
    cutOffSession: async (id) => {
      const live = brisk.transaction(() => {
        const sql = 'SELECT record FROM session WHERE id = ? AND expires_at > ?';
        if (brisk.first(RecordRow, sql, [id, Date.now()]) === undefined) return false;
        feed.announce(brisk, { kind: 'session', id });
        return true;
      });
      feed.tell();
      return live;
    },
    announceTrace: async (request) => {
      brisk.transaction(() => feed.announce(brisk, request));
      feed.tell();
    },
  };
}

function touch({ brisk, caps }: EmbeddedContext, sessions: readonly SessionRecord[]): void {
  const now = Date.now();
  brisk.transaction(() => {
    brisk.run('DELETE FROM session WHERE expires_at <= ?', [now]);
    for (const session of sessions) {
      const { id, account, domain } = session;
      brisk.run('INSERT OR REPLACE INTO session (id, account, domain, record, expires_at) VALUES (?, ?, ?, ?, ?)', [
        id,
        account,
        domain,
        sessionRecords.encode(session, id),
        now + caps.sessionTtlSeconds * 1000,
      ]);
    }
  });
}

function select(brisk: Database, filter: SessionFilter): readonly { readonly record: string }[] {
  const live = 'SELECT record FROM session WHERE expires_at > ?';
  const now = Date.now();
  switch (filter.by) {
    case 'account':
      return brisk.all(RecordRow, `${live} AND account = ?`, [now, filter.account.name]);
    case 'domain':
      return brisk.all(RecordRow, `${live} AND domain = ?`, [now, filter.domain]);
    case 'all':
      return brisk.all(RecordRow, live, [now]);
    default:
      return unreachable(filter);
  }
}
