/** The IMAP commands that work on messages: APPEND, FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE. RFC 3501 §6.4. */

import type { ImapCopied, ImapCopy, ImapHandlers, ImapSession, ImapStore } from 'wildduck/imap-core/index.js';
import { lookupFolder, lookupFolderById } from './folders.ts';
import type { Folder, Mailroom } from './folders.ts';
import { fetchMessages, toImapMessage } from './imap-fetch.ts';
import { answer, answerLater } from './imap-answers.ts';
import {
  addMessage,
  copyMessages,
  listMessages,
  loadRaw,
  pickMessages,
  removeMessages,
  updateFlags,
} from './messages.ts';
import type { Summary } from './messages.ts';
import { parseMimeTree } from './wildduck.ts';

type MessageHandlers = Pick<
  ImapHandlers,
  'onAppend' | 'onFetch' | 'onStore' | 'onSearch' | 'onCopy' | 'onMove' | 'onExpunge'
>;

/** The result, and what some commands return beside it. */
type Outcome<X> = readonly [ImapResult, X?];

/** imap-core's message handlers over these mailboxes. */
export function messageHandlers(room: Mailroom): MessageHandlers {
  return { ...readingHandlers(room), ...addingHandlers(room), ...changingHandlers(room) };
}

function readingHandlers(room: Mailroom): Pick<MessageHandlers, 'onFetch' | 'onSearch'> {
  return {
    onFetch(id, fetch, session, done) {
      answerLater(done, async (): Promise<ImapResult> => {
        const folder = selected(room, id, session);
        if (folder === undefined) return 'NONEXISTENT';
        await fetchMessages(room, folder, fetch, session);
        return true;
      });
    },
    onSearch(id, { query }, session, done) {
      answerLater(done, async () => {
        const folder = selected(room, id, session);
        if (folder === undefined) return { uidList: 'NONEXISTENT', highestModseq: 0 };
        const found = await search(room, folder, query, session);
        const modseqs = found.map((message) => message.modseq);
        return { uidList: found.map((message) => message.uid), highestModseq: Math.max(0, ...modseqs) };
      });
    },
  };
}

function addingHandlers(room: Mailroom): Pick<MessageHandlers, 'onAppend' | 'onCopy' | 'onMove'> {
  return {
    onAppend: (...[path, flags, date, raw, session, done]) =>
      answer(done, (): Outcome<object> => {
        const folder = lookupFolder(room.database, session.user.id, path);
        if (folder === undefined) return ['TRYCREATE'];
        const receivedAt = date === false ? Date.now() : Date.parse(date);
        const uid = addMessage(room, folder, { raw, flags, receivedAt });
        return [true, { uidValidity: folder.uidValidity, uid }];
      }),
    onCopy: (...[, id, update, session, done]) =>
      answer(done, () => copy(room, selected(room, id, session), update, session)),
    onMove(id, update, session, done) {
      answer(done, () => {
        const from = selected(room, id, session);
        const copied = copy(room, from, update, session);
        if (from !== undefined && copied[1] !== undefined) expunge(room, from, copied[1].sourceUid, session);
        return copied;
      });
    },
  };
}

function changingHandlers(room: Mailroom): Pick<MessageHandlers, 'onStore' | 'onExpunge'> {
  return {
    onStore(id, update, session, done) {
      answer(done, (): Outcome<readonly number[]> => {
        const folder = selected(room, id, session);
        return folder === undefined ? ['NONEXISTENT'] : [true, storeFlags(room, folder, update, session)];
      });
    },
    onExpunge(id, { isUid, messages = [], silent }, session, done) {
      answer(done, (): Outcome<never> => {
        const folder = selected(room, id, session);
        if (folder === undefined) return ['NONEXISTENT'];
        const candidates = isUid ? pickMessages(room.database, folder, messages) : listMessages(room.database, folder);
        const doomed = candidates.filter(({ flags }) => flags.includes('\\Deleted')).map(({ uid }) => uid);
        if (silent === true) removeMessages(room, folder, doomed, session.id);
        else expunge(room, folder, doomed, session);
        return [true];
      });
    },
  };
}

function selected({ database }: Mailroom, id: number, { user }: ImapSession): Folder | undefined {
  return lookupFolderById(database, user.id, id);
}

// Returns the messages that UNCHANGEDSINCE kept from being changed (RFC 7162 §3.1.3).
function storeFlags(room: Mailroom, folder: Folder, update: ImapStore, session: ImapSession): readonly number[] {
  const { unchangedSince, action, value, silent, isUid } = update;
  const found = pickMessages(room.database, folder, update.messages);
  const stale = found.filter((message) => unchangedSince > 0 && message.modseq > unchangedSince);
  const fresh = found.filter((message) => !stale.includes(message));
  const updated = updateFlags(room, folder, fresh, { action, flags: value, origin: session.id });
  const withModseq = session.selected !== false && session.selected.condstoreEnabled;
  const shown = silent && !withModseq ? [] : updated;
  for (const { uid, flags, modseq } of shown) {
    const data = { uid: isUid ? uid : false, flags: silent ? false : flags, modseq: withModseq ? modseq : false };
    session.writeStream.write(session.formatResponse('FETCH', uid, data));
  }
  return stale.map((message) => message.uid);
}

function copy(room: Mailroom, from: Folder | undefined, update: ImapCopy, session: ImapSession): Outcome<ImapCopied> {
  const to = lookupFolder(room.database, session.user.id, update.destination);
  if (from === undefined) return ['NONEXISTENT'];
  if (to === undefined) return ['TRYCREATE'];
  return [true, { uidValidity: to.uidValidity, ...copyMessages(room, from, to, update.messages) }];
}

function expunge(room: Mailroom, folder: Folder, uids: readonly number[], session: ImapSession): void {
  for (const uid of removeMessages(room, folder, uids, session.id)) {
    session.writeStream.write(session.formatResponse('EXPUNGE', uid));
  }
}

async function search(
  room: Mailroom,
  folder: Folder,
  query: unknown,
  session: ImapSession,
): Promise<readonly Summary[]> {
  const matches: Summary[] = [];
  for (const message of listMessages(room.database, folder)) {
    const candidate = {
      ...toImapMessage(message),
      // Read only by the criteria that look into the text.
      get mimeTree(): unknown {
        return parseMimeTree(loadRaw(room.database, folder, message.uid));
      },
    };
    const matched = await new Promise<boolean>((resolve, reject) => {
      session.matchSearchQuery(candidate, query, (error, match) => (error ? reject(error) : resolve(match === true)));
    });
    if (matched) matches.push(message);
  }
  return matches;
}
