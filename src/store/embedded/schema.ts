/**
 * The SQLite file: made with nobody else's rights on it, put into WAL mode, its tables created. A file that a newer
 * release wrote, or that is not ours, is refused.
 */

import { closeSync, fchownSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { Fault } from '#core/fault.ts';
import { Database, type DatabaseOptions } from './database.ts';

/** "PSTN": marks the file as ours (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x50_53_54_4e;

// `expires_at` stands where Redis has a key's lifetime. `network` is '' for marks that count for the whole account,
// `owner` for a record that nobody owns.
const FIRST_TABLES = `
  CREATE TABLE domain (
    name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, record TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE account (
    name TEXT PRIMARY KEY, domain TEXT NOT NULL, epoch INTEGER NOT NULL, record TEXT
  ) STRICT;
  CREATE INDEX account_by_domain ON account (domain, name);
  CREATE TABLE last_use (
    account TEXT NOT NULL, app_password TEXT NOT NULL, record TEXT NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (account, app_password)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX last_use_expiry ON last_use (expires_at);
  CREATE TABLE known_network (
    account TEXT NOT NULL, network TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (account, network)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX known_network_expiry ON known_network (expires_at);
  CREATE TABLE wrong (
    account TEXT NOT NULL, network TEXT NOT NULL, mark TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (account, network, mark)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX wrong_expiry ON wrong (expires_at);
  CREATE TABLE verdict (
    network TEXT PRIMARY KEY, start INTEGER NOT NULL, count INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX verdict_expiry ON verdict (expires_at);
  CREATE TABLE session (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, domain TEXT NOT NULL, record TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX session_by_account ON session (account);
  CREATE INDEX session_by_domain ON session (domain);
  CREATE INDEX session_expiry ON session (expires_at);
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, entry TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_stream ON audit (stream, seq);
  CREATE INDEX audit_expiry ON audit (expires_at);
  CREATE TABLE change (seq INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL) STRICT;
  CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
`;
const EPHEMERAL_TABLE = `
  CREATE TABLE ephemeral (
    kind TEXT NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, version TEXT NOT NULL,
    expires_at INTEGER NOT NULL, UNIQUE (kind, owner, id)
  ) STRICT;
  CREATE INDEX ephemeral_expiry ON ephemeral (expires_at);
  CREATE INDEX ephemeral_by_owner ON ephemeral (owner, kind, expires_at);
`;

const ADMIN_TABLES = `
  CREATE TABLE admins (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
  CREATE TABLE seen (
    domain TEXT NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (domain, account)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_expiry ON seen (expires_at);
`;

const TOKENS_TABLE = `
  CREATE TABLE tokens (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
`;

/** What makes each schema version of the one before it. A step that was released is never changed. */
const STEPS: readonly string[] = [FIRST_TABLES, EPHEMERAL_TABLE, ADMIN_TABLES, TOKENS_TABLE];

/** Makes folder (0700) and file (0600) when missing, and brings the file to this release's form. */
export function prepareFile(options: DatabaseOptions): void {
  createFile(options.path);
  const database = new Database(options);
  try {
    switchToWal(database, options.path);
    database.transaction(() => createTables(database, options.path));
  } finally {
    database.close();
  }
}

function createFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    createEmpty(path);
  } catch (error) {
    const message = `the store's file ${path} cannot be made (${errorCode(error)}): choose a folder that the user that runs this program may write to`;
    throw new Fault('STORE_UNAVAILABLE', message, { cause: error, fields: { path } });
  }
}

// Only ever created here, never opened when it exists: closing a file gives up all locks that the process has on it.
function createEmpty(path: string): void {
  try {
    const handle = openSync(path, 'wx', 0o600);
    try {
      if (process.getuid?.() === 0) giveToOwnerOf(dirname(path), handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

// The gateway has to open what root's restore and import have made. SQLite gives its other files the owner of this one.
function giveToOwnerOf(folder: string, handle: number): void {
  const { uid, gid } = statSync(folder);
  fchownSync(handle, uid, gid);
}

const JournalMode = z.object({ journal_mode: z.string() });

function switchToWal(database: Database, path: string): void {
  const mode = database.first(JournalMode, 'PRAGMA journal_mode = WAL')?.journal_mode;
  if (mode !== 'wal') {
    const message = `the store's file ${path} is on a file system without shared memory, such as a network share: choose a local disk`;
    throw new Fault('STORE_UNAVAILABLE', message, { fields: { path, mode: mode ?? 'unknown' } });
  }
}

const UserVersion = z.object({ user_version: z.number() });
const ApplicationId = z.object({ application_id: z.number() });
const TableCount = z.object({ tables: z.number() });

function createTables(database: Database, path: string): void {
  const version = database.first(UserVersion, 'PRAGMA user_version')?.user_version ?? 0;
  const owner = database.first(ApplicationId, 'PRAGMA application_id')?.application_id ?? 0;
  const { tables } = database.first(TableCount, 'SELECT count(*) AS tables FROM sqlite_schema') ?? { tables: 0 };
  const isNew = version === 0 && owner === 0 && tables === 0;
  if (!isNew && owner !== APPLICATION_ID) throw refused(path, 'is the database of another program: give another path');
  if (version > STEPS.length) {
    throw refused(path, `has schema version ${version}, this release knows ${STEPS.length}: run a matching release`);
  }
  for (const step of STEPS.slice(version)) database.execute(step);
  database.execute(`PRAGMA user_version = ${STEPS.length}; PRAGMA application_id = ${APPLICATION_ID}`);
}

function refused(path: string, why: string): Fault {
  return new Fault('RECORD_INVALID', `the store's file ${path} ${why}`, { fields: { path } });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
