/**
 * The stream of changes between the processes that share the file: rows of the `change` table, read by each process
 * from where it stopped. Our own changes are read at once, those of others when SQLite says that the file has changed.
 */

import { z } from 'zod';
import type { Watcher } from '#policy/ports/store.ts';
import { deliverChange } from '#store/records.ts';
import type { Database } from './database.ts';
import type { Change, TraceRequest } from '#core/session.ts';

/** Asking is one read of shared memory (https://sqlite.org/pragma.html#pragma_data_version). */
const POLL_MS = 200;
/** Rows kept for processes that have been held up; who is further behind is told of a gap. */
const CHANGES_KEPT = 10_000;

const LatestRow = z.object({ seq: z.number() });
const ChangeRow = z.object({ seq: z.number(), message: z.string() });
const DataVersion = z.object({ data_version: z.number() });

export class ChangeFeed {
  readonly #database: Database;
  readonly #watchers = new Set<Watcher>();
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;
  #dataVersion = -1;
  #interrupted = false;

  /** The connection must be this feed's own: SQLite reports only what other connections have changed. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes a change through the connection whose transaction it belongs to. Call tell() after the commit. */
  announce(through: Database, change: Change | TraceRequest): void {
    through.run('INSERT INTO change (message) VALUES (?)', [JSON.stringify(change)]);
    through.run('DELETE FROM change WHERE seq <= (SELECT max(seq) FROM change) - ?', [CHANGES_KEPT]);
  }

  /** Hands what is new to our own watchers, after the caller's turn. */
  tell(): void {
    queueMicrotask(() => this.#deliver());
  }

  watch(watcher: Watcher): () => void {
    if (this.#watchers.size === 0) {
      this.#seen = this.#latest();
      this.#timer = setInterval(() => this.#poll(), POLL_MS);
    }
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) clearInterval(this.#timer);
    };
  }

  close(): void {
    this.#watchers.clear();
    clearInterval(this.#timer);
    this.#database.close();
  }

  #poll(): void {
    try {
      const version = this.#database.first(DataVersion, 'PRAGMA data_version')?.data_version ?? -1;
      if (version === this.#dataVersion && !this.#interrupted) return;
      this.#dataVersion = version;
    } catch {
      this.#interrupted = true; // the calls that matter report it; here the next poll tries again
      return;
    }
    this.#deliver();
  }

  #deliver(): void {
    if (this.#watchers.size === 0) return;
    const news = this.#news();
    if (news === undefined) {
      this.#interrupted = true;
      return;
    }
    const gap = news.gap || this.#interrupted;
    this.#interrupted = false;
    for (const watcher of this.#watchers) {
      const understood = news.changes.map((change) => deliverChange(change, watcher));
      if (gap || understood.includes(false)) watcher.onGap();
    }
  }

  #news(): { readonly changes: readonly string[]; readonly gap: boolean } | undefined {
    try {
      return this.#database.snapshot(() => {
        const sql = 'SELECT seq, message FROM change WHERE seq > ? ORDER BY seq';
        const rows = this.#database.all(ChangeRow, sql, [this.#seen]);
        const expected = this.#seen + rows.length;
        this.#seen = this.#latest();
        return { changes: rows.map(({ message }) => message), gap: this.#seen !== expected };
      });
    } catch {
      return undefined;
    }
  }

  #latest(): number {
    return this.#database.first(LatestRow, "SELECT seq FROM sqlite_sequence WHERE name = 'change'")?.seq ?? 0;
  }
}
