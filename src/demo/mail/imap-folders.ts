/** The IMAP commands that work on folders: LIST, SELECT, STATUS, CREATE and their like. RFC 3501 §6.3. */

import type { ImapHandlers } from 'wildduck/imap-core/index.js';
import {
  createFolder,
  deleteFolder,
  listFolders,
  lookupFolder,
  renameFolder,
  subscribeFolder,
  unsubscribeFolder,
} from './folders.ts';
import type { FolderOutcome, Mailroom } from './folders.ts';
import { answer } from './imap-answers.ts';
import { listMessages } from './messages.ts';

type FolderHandlers = Pick<
  ImapHandlers,
  'onList' | 'onLsub' | 'onOpen' | 'onStatus' | 'onCreate' | 'onRename' | 'onDelete' | 'onSubscribe' | 'onUnsubscribe'
>;

// RFC 5530 §3.
const RESULTS = {
  done: true,
  exists: 'ALREADYEXISTS',
  missing: 'NONEXISTENT',
  fixed: 'CANNOT',
  malformed: 'CANNOT',
} as const satisfies Record<FolderOutcome, ImapResult>;

/** imap-core's folder handlers over these mailboxes. */
export function folderHandlers(room: Mailroom): FolderHandlers {
  return { ...readingHandlers(room), ...changingHandlers(room) };
}

function readingHandlers({ database }: Mailroom): Pick<FolderHandlers, 'onList' | 'onLsub' | 'onOpen' | 'onStatus'> {
  return {
    onList: (_query, { user }, done) => answer(done, () => [listFolders(database, user.id)]),
    onLsub: (_query, { user }, done) =>
      answer(done, () => [listFolders(database, user.id).filter((folder) => folder.subscribed)]),
    onOpen(path, { user }, done) {
      answer(done, () => {
        const folder = lookupFolder(database, user.id, path);
        if (folder === undefined) return ['NONEXISTENT'];
        const { id, specialUse, uidValidity, uidNext, modseq } = folder;
        const uidList = listMessages(database, folder).map((message) => message.uid);
        return [{ _id: id, specialUse, uidValidity, uidNext, modifyIndex: modseq, uidList }];
      });
    },
    onStatus(path, { user }, done) {
      answer(done, () => {
        const folder = lookupFolder(database, user.id, path);
        if (folder === undefined) return ['NONEXISTENT'];
        const messages = listMessages(database, folder);
        const unseen = messages.filter((message) => !message.flags.includes('\\Seen')).length;
        const { uidNext, uidValidity, modseq } = folder;
        return [{ messages: messages.length, unseen, uidNext, uidValidity, highestModseq: modseq }];
      });
    },
  };
}

function changingHandlers(room: Mailroom): Omit<FolderHandlers, 'onList' | 'onLsub' | 'onOpen' | 'onStatus'> {
  return {
    onCreate: (path, { user }, done) => answer(done, () => [RESULTS[createFolder(room, user.id, path)]]),
    onRename: (path, to, { user }, done) => answer(done, () => [RESULTS[renameFolder(room, user.id, path, to)]]),
    onDelete: (path, { user }, done) => answer(done, () => [RESULTS[deleteFolder(room, user.id, path)]]),
    onSubscribe: (path, { user }, done) => answer(done, () => [RESULTS[subscribeFolder(room, user.id, path)]]),
    onUnsubscribe: (path, { user }, done) => answer(done, () => [RESULTS[unsubscribeFolder(room, user.id, path)]]),
  };
}
