/** The folders of an account: finding, making, renaming and removing them. RFC 3501 §6.3, RFC 6154 (special use). */

import type { DatabaseSync } from 'node:sqlite';
import type { Changes } from './changes.ts';
import { inTransaction, numberOf, textOf } from './database.ts';
import type { Row } from './database.ts';

/** What every part of the demo mail server works on. */
export interface Mailroom {
  readonly database: DatabaseSync;
  readonly changes: Changes;
}

export interface Folder {
  readonly id: number;
  readonly account: string;
  /** With `/` between levels; `INBOX` in capitals. */
  readonly path: string;
  /** `\Sent` and the like; '' for an ordinary folder. */
  readonly specialUse: string;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly modseq: number;
  readonly subscribed: boolean;
}

export type FolderOutcome = 'done' | 'exists' | 'missing' | 'fixed' | 'malformed';

const FIRST_FOLDERS = [
  ['INBOX', ''],
  ['Drafts', '\\Drafts'],
  ['Sent', '\\Sent'],
  ['Trash', '\\Trash'],
  ['Junk', '\\Junk'],
] as const;

/** Gives an account the folders that mail programs look for. Returns true when it had none before. */
export function ensureFolders({ database }: Mailroom, account: string): boolean {
  if (listFolders(database, account).length > 0) return false;
  for (const [path, specialUse] of FIRST_FOLDERS) insert(database, account, path, specialUse);
  return true;
}

export function listFolders(database: DatabaseSync, account: string): readonly Folder[] {
  return database.prepare('SELECT * FROM folder WHERE account = ? ORDER BY id').all(account).map(toFolder);
}

export function lookupFolder(database: DatabaseSync, account: string, path: string): Folder | undefined {
  const row = database.prepare('SELECT * FROM folder WHERE account = ? AND path = ?').get(account, path);
  return row === undefined ? undefined : toFolder(row);
}

/** The folder with this id if it is this account's own. */
export function lookupFolderById(database: DatabaseSync, account: string, id: number): Folder | undefined {
  const row = database.prepare('SELECT * FROM folder WHERE account = ? AND id = ?').get(account, id);
  return row === undefined ? undefined : toFolder(row);
}

/** Makes a folder, and those above it where they are missing (RFC 3501 §6.3.3). */
export function createFolder({ database }: Mailroom, account: string, path: string): FolderOutcome {
  if (!isPath(path)) return 'malformed';
  if (lookupFolder(database, account, path) !== undefined) return 'exists';
  const levels = path.split('/');
  for (const depth of levels.keys()) {
    const level = levels.slice(0, depth + 1).join('/');
    if (lookupFolder(database, account, level) === undefined) insert(database, account, level, '');
  }
  return 'done';
}

/** Renames a folder and all below it. INBOX and the special folders stay as they are. */
export function renameFolder({ database }: Mailroom, account: string, from: string, to: string): FolderOutcome {
  const folder = lookupFolder(database, account, from);
  if (folder === undefined) return 'missing';
  if (isFixed(folder)) return 'fixed';
  if (!isPath(to) || to.startsWith(`${from}/`)) return 'malformed';
  if (lookupFolder(database, account, to) !== undefined) return 'exists';
  const rename = database.prepare('UPDATE folder SET path = ? WHERE id = ?');
  inTransaction(database, () => {
    for (const { id, path } of listFolders(database, account)) {
      if (path === from || path.startsWith(`${from}/`)) rename.run(to + path.slice(from.length), id);
    }
  });
  return 'done';
}

/** Removes a folder with its messages; sessions that have it selected are ended. */
export function deleteFolder({ database, changes }: Mailroom, account: string, path: string): FolderOutcome {
  const folder = lookupFolder(database, account, path);
  if (folder === undefined) return 'missing';
  if (isFixed(folder)) return 'fixed';
  database.prepare('DELETE FROM folder WHERE id = ?').run(folder.id);
  changes.announceRemoval(account, folder.id);
  return 'done';
}

export function subscribeFolder({ database }: Mailroom, account: string, path: string): FolderOutcome {
  const set = database.prepare('UPDATE folder SET subscribed = 1 WHERE account = ? AND path = ?');
  return set.run(account, path).changes === 0 ? 'missing' : 'done';
}

export function unsubscribeFolder({ database }: Mailroom, account: string, path: string): FolderOutcome {
  const set = database.prepare('UPDATE folder SET subscribed = 0 WHERE account = ? AND path = ?');
  return set.run(account, path).changes === 0 ? 'missing' : 'done';
}

function isFixed(folder: Folder): boolean {
  return folder.path === 'INBOX' || folder.specialUse !== '';
}

function isPath(path: string): boolean {
  return path.length <= 200 && !/\p{Cc}/u.test(path) && path.split('/').every((level) => level !== '');
}

function insert(database: DatabaseSync, account: string, path: string, specialUse: string): void {
  // RFC 3501 §2.3.1.1: a folder made again under an old name must not repeat its UIDVALIDITY, even within a second.
  const uidValidity = "(SELECT unixepoch() + coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'folder')";
  const add = database.prepare(
    `INSERT INTO folder (account, path, special_use, uid_validity) VALUES (?, ?, ?, ${uidValidity})`,
  );
  add.run(account, path, specialUse);
}

function toFolder(row: Row): Folder {
  return {
    id: numberOf(row, 'id'),
    account: textOf(row, 'account'),
    path: textOf(row, 'path'),
    specialUse: textOf(row, 'special_use'),
    uidValidity: numberOf(row, 'uid_validity'),
    uidNext: numberOf(row, 'uid_next'),
    modseq: numberOf(row, 'modseq'),
    subscribed: numberOf(row, 'subscribed') === 1,
  };
}
