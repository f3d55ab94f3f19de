/**
 * The demo's POP3 server: wildduck's over the INBOX of our mailboxes, in clear on a loopback port behind the gateway.
 * RFC 1939, RFC 2449 (CAPA), RFC 5034 (AUTH).
 */

import { Readable } from 'node:stream';
import type Pop3 from 'wildduck/lib/pop3/server.js';
import { authenticate } from './accounts.ts';
import type { MailAccounts } from './accounts.ts';
import { lookupFolder, lookupFolderById } from './folders.ts';
import type { Folder, Mailroom } from './folders.ts';
import { answer } from './imap-answers.ts';
import { listMessages, loadRaw, pickMessages, removeMessages, updateFlags } from './messages.ts';
import { POP3Server } from './wildduck.ts';

type Message = Pop3.Pop3Message;
type Session = Pop3.Pop3Session;

/** A POP3 server that is not listening yet. */
export function createPop3Server(room: Mailroom, accounts: MailAccounts): Pop3 {
  const server = new POP3Server({
    id: { name: 'Postern demo mail server' },
    logger: false,
    disableSTARTTLS: true,
    ignoreSTARTTLS: true,
    disableVersionString: true,
    ...handlers(room, accounts),
  });
  server.loggelf = () => undefined;
  return server;
}

function handlers(room: Mailroom, accounts: MailAccounts): Readonly<Record<string, unknown>> {
  const { database } = room;
  return {
    onAuth(
      login: { readonly username: string; readonly password: string },
      _session: unknown,
      done: WildduckCallback<object>,
    ): void {
      const account = authenticate(accounts, login.username, login.password);
      done(null, account === undefined ? {} : { user: { id: account, username: account } });
    },
    onListMessages(session: Session, done: WildduckCallback<Pop3.Pop3Listing>): void {
      answer(done, () => [listing(room, session.user.id)]);
    },
    onFetchMessage(message: Message, session: Session, done: WildduckCallback<Readable>): void {
      answer(done, () => [Readable.from([loadRaw(database, inboxOf(room, message, session), message.uid)])]);
    },
    onUpdate(
      update: { readonly deleted: readonly Message[]; readonly seen: readonly Message[] },
      session: Session,
      done: WildduckCallback<boolean>,
    ): void {
      answer(done, () => {
        const uids = (messages: readonly Message[]): number[] => messages.map((message) => message.uid);
        const [first] = [...update.deleted, ...update.seen];
        if (first === undefined) return [true];
        const inbox = inboxOf(room, first, session);
        const read = pickMessages(database, inbox, uids(update.seen));
        updateFlags(room, inbox, read, { action: 'add', flags: ['\\Seen'] });
        removeMessages(room, inbox, uids(update.deleted));
        return [true];
      });
    },
  };
}

function listing({ database }: Mailroom, account: string): Pop3.Pop3Listing {
  const inbox = lookupFolder(database, account, 'INBOX');
  const messages = (inbox === undefined ? [] : listMessages(database, inbox)).map(({ uid, size, flags }) => ({
    // RFC 1939 §7: the same for one message in every session, and never used again for another.
    id: `${inbox?.uidValidity}.${uid}`,
    uid,
    mailbox: inbox?.id ?? 0,
    size,
    popped: false,
    seen: flags.includes('\\Seen'),
  }));
  return { messages, count: messages.length, size: messages.reduce((sum, message) => sum + message.size, 0) };
}

function inboxOf({ database }: Mailroom, message: Message, session: Session): Folder {
  const folder = lookupFolderById(database, session.user.id, message.mailbox);
  if (folder === undefined) throw new Error('the mailbox is gone');
  return folder;
}
