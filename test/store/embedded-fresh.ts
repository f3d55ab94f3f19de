/** A new SQLite file per test, with a door to its raw rows. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '#policy/ports/store.ts';
import type { StoreCaps } from '#store/caps.ts';
import { openStore } from '#store/open.ts';
import { temporaryDirectory } from '../support/processes.ts';
import type { Fresh } from './contract.ts';
import type { Tampering } from './adapter-contract.ts';

export async function openFreshFile(caps: Partial<StoreCaps> = {}): Promise<Fresh & Tampering & { path: string }> {
  const directory = await temporaryDirectory('store');
  const path = join(directory.path, 'data', 'postern.db');
  const opened: Store[] = [];
  const another = async (): Promise<Store> => {
    const store = await openStore({ kind: 'embedded', path, caps, sessionTtlSeconds: caps.sessionTtlSeconds });
    opened.push(store);
    return store;
  };
  const store = await another();
  return {
    path,
    store,
    another,
    tamper: async (kind, name, text) => {
      withDatabase(path, (database) => {
        database.prepare(`UPDATE ${kind} SET record = ? WHERE name = ?`).run(text, name);
      });
    },
    stored: async (kind, name) =>
      withDatabase(path, (database) =>
        String(database.prepare(`SELECT record FROM ${kind} WHERE name = ?`).get(name)?.['record']),
      ),
    fill: async (domain, names, text) => {
      withDatabase(path, (database) => {
        const insert = database.prepare('INSERT INTO account (name, domain, epoch, record) VALUES (?, ?, 1, ?)');
        database.exec('BEGIN IMMEDIATE');
        for (const name of names) insert.run(name, domain, text);
        database.exec('COMMIT');
      });
    },
    close: async () => {
      await Promise.all(opened.map((each) => each.close()));
      await directory.remove();
    },
  };
}

/** Opens the file as a database tool would. */
export function withDatabase<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { timeout: 1000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}
