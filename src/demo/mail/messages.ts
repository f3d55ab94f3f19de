/**
 * The messages of a folder: adding, reading, flagging, copying and removing them. Whatever changes a message also
 * raises the folder's modification sequence and announces the change. RFC 3501 §2.3, RFC 7162.
 */

import type { DatabaseSync } from 'node:sqlite';
import type { Change } from './changes.ts';
import { bytesOf, inTransaction, numberOf, textOf } from './database.ts';
import type { Row } from './database.ts';
import type { Folder, Mailroom } from './folders.ts';

/** A message without its text. */
export interface Summary {
  readonly uid: number;
  readonly modseq: number;
  readonly flags: readonly string[];
  /** INTERNALDATE, in milliseconds since 1970. */
  readonly receivedAt: number;
  readonly size: number;
}

export interface NewMessage {
  /** As it came, with CRLF line ends. */
  readonly raw: Buffer;
  readonly flags: readonly string[];
  readonly receivedAt: number;
}

/** How a set of flags is to change. */
export interface FlagUpdate {
  readonly action: 'set' | 'add' | 'remove';
  readonly flags: readonly string[];
}

const SUMMARY = 'uid, modseq, flags, received_at, size';

/** Adds a message and returns its UID. */
export function addMessage(room: Mailroom, folder: Folder, message: NewMessage): number {
  const { database, changes } = room;
  const added = inTransaction(database, () => insert(database, folder.id, message));
  changes.announce(folder.account, folder.id, [{ command: 'EXISTS', ...added }]);
  return added.uid;
}

/** Every message of a folder, in the order of its UIDs. */
export function listMessages(database: DatabaseSync, folder: Folder): readonly Summary[] {
  const list = database.prepare(`SELECT ${SUMMARY} FROM message WHERE folder = ? ORDER BY uid`);
  return list.all(folder.id).map(toSummary);
}

/** Those of these messages that are still there, in the order of their UIDs. */
export function pickMessages(database: DatabaseSync, folder: Folder, uids: readonly number[]): readonly Summary[] {
  const wanted = new Set(uids);
  return listMessages(database, folder).filter((message) => wanted.has(message.uid));
}

/** The text of a message, byte for byte. Throws when it has just been removed. */
export function loadRaw(database: DatabaseSync, folder: Folder, uid: number): Buffer {
  const row = database.prepare('SELECT raw FROM message WHERE folder = ? AND uid = ?').get(folder.id, uid);
  if (row === undefined) throw new Error(`message ${uid} is gone`);
  return bytesOf(row, 'raw');
}

/** Changes the flags of messages; `origin` is the session that does it. Returns those that changed, as they are now. */
export function updateFlags(
  room: Mailroom,
  folder: Folder,
  messages: readonly Summary[],
  change: FlagUpdate & { readonly origin?: string },
): readonly Summary[] {
  const { database, changes } = room;
  const write = database.prepare('UPDATE message SET flags = ?, modseq = ? WHERE folder = ? AND uid = ?');
  const updated = inTransaction(database, () =>
    messages.flatMap((message) => {
      const flags = applied(message.flags, change);
      if (flags.join(' ') === message.flags.join(' ')) return [];
      const modseq = nextModseq(database, folder.id);
      write.run(flags.join(' '), modseq, folder.id, message.uid);
      return [{ ...message, flags, modseq }];
    }),
  );
  const told = updated.map(({ uid, modseq, flags }): Change => {
    return { command: 'FETCH', uid, modseq, flags, ignore: change.origin };
  });
  changes.announce(folder.account, folder.id, told);
  return updated;
}

/** Removes messages; `origin` is the session that does it. Returns the UIDs that were there. */
export function removeMessages(
  room: Mailroom,
  folder: Folder,
  uids: readonly number[],
  origin?: string,
): readonly number[] {
  const { database, changes } = room;
  const remove = database.prepare('DELETE FROM message WHERE folder = ? AND uid = ?');
  const removed = inTransaction(database, () =>
    uids.flatMap((uid): Change[] => {
      if (remove.run(folder.id, uid).changes === 0) return [];
      return [{ command: 'EXPUNGE', uid, modseq: nextModseq(database, folder.id), ignore: origin }];
    }),
  );
  changes.announce(folder.account, folder.id, removed);
  return removed.map((change) => change.uid);
}

/** Copies messages into another folder of the account. Returns the UIDs of both sides, pair by pair. */
export function copyMessages(
  room: Mailroom,
  from: Folder,
  to: Folder,
  uids: readonly number[],
): { readonly sourceUid: readonly number[]; readonly destinationUid: readonly number[] } {
  const { database, changes } = room;
  const messages = pickMessages(database, from, uids);
  const copies = inTransaction(database, () =>
    messages.map((message) => insert(database, to.id, { ...message, raw: loadRaw(database, from, message.uid) })),
  );
  const told = copies.map((copy): Change => ({ command: 'EXISTS', ...copy }));
  changes.announce(to.account, to.id, told);
  return { sourceUid: messages.map((message) => message.uid), destinationUid: copies.map((copy) => copy.uid) };
}

function insert(
  database: DatabaseSync,
  folderId: number,
  message: NewMessage,
): { readonly uid: number; readonly modseq: number } {
  const modseq = nextModseq(database, folderId);
  const row = database
    .prepare('UPDATE folder SET uid_next = uid_next + 1 WHERE id = ? RETURNING uid_next')
    .get(folderId);
  if (row === undefined) throw new Error('the folder is gone');
  const uid = numberOf(row, 'uid_next') - 1;
  const add = database.prepare(
    'INSERT INTO message (folder, uid, modseq, flags, received_at, size, raw) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const { raw, flags, receivedAt } = message;
  add.run(folderId, uid, modseq, flags.join(' '), receivedAt, raw.length, raw);
  return { uid, modseq };
}

function nextModseq(database: DatabaseSync, folderId: number): number {
  const row = database.prepare('UPDATE folder SET modseq = modseq + 1 WHERE id = ? RETURNING modseq').get(folderId);
  if (row === undefined) throw new Error('the folder is gone');
  return numberOf(row, 'modseq');
}

function applied(present: readonly string[], { action, flags }: FlagUpdate): readonly string[] {
  if (action === 'set') return flags;
  if (action === 'remove') return present.filter((flag) => !flags.includes(flag));
  return [...present, ...flags.filter((flag) => !present.includes(flag))];
}

function toSummary(row: Row): Summary {
  return {
    uid: numberOf(row, 'uid'),
    modseq: numberOf(row, 'modseq'),
    flags: textOf(row, 'flags')
      .split(' ')
      .filter((flag) => flag !== ''),
    receivedAt: numberOf(row, 'received_at'),
    size: numberOf(row, 'size'),
  };
}
