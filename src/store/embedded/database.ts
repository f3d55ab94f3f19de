/**
 * One connection to the SQLite file: prepared statements kept, rows read through schemas, transactions that take the
 * write lock at once, and errors turned into faults that say what to do.
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { z } from 'zod';
import { Fault } from '#core/fault.ts';

export interface DatabaseOptions {
  readonly path: string;
  /** How long to wait for another process that is writing. */
  readonly busyTimeoutMs: number;
  /**
   * `full`: a commit is on the disk when it returns. `normal`: it survives the end of every process, but a power cut
   * may take the last ones; never out of order. https://sqlite.org/pragma.html#pragma_synchronous
   */
  readonly synchronous: 'full' | 'normal';
}

/** The write-ahead log is cut back to this after a burst. */
const MAX_WAL_BYTES = 64 * 1024 * 1024;

export class Database {
  readonly #database: DatabaseSync;
  readonly #options: DatabaseOptions;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens the file, which must exist. Throws STORE_UNAVAILABLE. */
  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#database = this.#guarded(() => new DatabaseSync(options.path, { timeout: options.busyTimeoutMs }));
    this.execute(`PRAGMA synchronous = ${options.synchronous}; PRAGMA trusted_schema = OFF`);
    this.execute(`PRAGMA journal_size_limit = ${MAX_WAL_BYTES}`);
  }

  /** Runs statements without parameters or results. */
  execute(sql: string): void {
    this.#guarded(() => this.#database.exec(sql));
  }

  /** Runs one statement; returns the number of rows changed. */
  run(sql: string, values: readonly SQLInputValue[] = []): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** The first row, or undefined. */
  first<T>(row: z.ZodType<T>, sql: string, values: readonly SQLInputValue[] = []): T | undefined {
    const found = this.#guarded(() => this.#statement(sql).get(...values));
    return found === undefined ? undefined : this.#read(row, found);
  }

  /** Every row. */
  all<T>(row: z.ZodType<T>, sql: string, values: readonly SQLInputValue[] = []): readonly T[] {
    return this.#guarded(() => this.#statement(sql).all(...values)).map((found) => this.#read(row, found));
  }

  /** Runs `work` as one atomic step; what it throws undoes the step and is thrown on as it is. */
  transaction<T>(work: () => T): T {
    // IMMEDIATE: a read lock that is raised to a write lock later can fail without waiting.
    this.execute('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.execute('COMMIT');
      return result;
    } catch (error) {
      // A full disk has ended the transaction already.
      if (this.#database.isOpen && this.#database.isTransaction) this.execute('ROLLBACK');
      throw error;
    }
  }

  /** Runs reads that must see the same state of the file. */
  snapshot<T>(work: () => T): T {
    this.execute('BEGIN DEFERRED');
    try {
      return work();
    } finally {
      this.execute('COMMIT');
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const prepared = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #read<T>(row: z.ZodType<T>, found: unknown): T {
    const parsed = row.safeParse(found);
    if (parsed.success) return parsed.data;
    throw new Fault('RECORD_INVALID', `a row of ${this.#options.path} is not in the form this release knows`);
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw sqliteFault(error, this.#options);
    }
  }
}

// Primary result codes, https://sqlite.org/rescode.html
const ADVICE: Readonly<Record<number, string>> = {
  5: 'is locked by another process: is a backup or a database tool holding it open?',
  6: 'is locked by another process: is a backup or a database tool holding it open?',
  8: 'cannot be written: check that the file and its folder belong to the user that runs this program',
  10: 'cannot be read or written: the disk reports an error',
  11: 'is damaged: stop all processes and restore it from a backup',
  13: 'cannot grow: the disk is full, free some space',
  14: 'cannot be opened: check that the folder exists and belongs to the user that runs this program',
  26: 'is not a database: give another path, or move the file away',
};

function sqliteFault(error: unknown, { path }: DatabaseOptions): Fault {
  if (error instanceof Fault) return error;
  const code = primaryCode(error);
  const reason = error instanceof Error ? error.message : 'unknown';
  return new Fault('STORE_UNAVAILABLE', `the store's file ${path} ${ADVICE[code] ?? `cannot be used: ${reason}`}`, {
    cause: error,
    fields: { path, reason, sqlite: code },
  });
}

function primaryCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : 0;
}
