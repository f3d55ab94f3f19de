/**
 * The demo's submission server: smtp-server in clear on a loopback port behind the gateway. It delivers to the demo's
 * own accounts and nowhere else. RFC 6409, RFC 4954.
 */

import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { authenticate, lookupAddress } from './accounts.ts';
import type { MailAccounts } from './accounts.ts';
import { lookupFolder } from './folders.ts';
import type { Mailroom } from './folders.ts';
import { addMessage } from './messages.ts';

const MAX_MESSAGE_BYTES = 50 * 1024 * 1024;

/** A submission server that is not listening yet. */
export function createSubmissionServer(room: Mailroom, accounts: MailAccounts): SMTPServer {
  return new SMTPServer({
    name: 'localhost',
    banner: 'Postern demo mail server',
    size: MAX_MESSAGE_BYTES,
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 1000,
    onAuth({ username, password }, _session, done) {
      const account = authenticate(accounts, username ?? '', password ?? '');
      done(account === undefined ? refusal(535, 'Authentication credentials invalid') : null, { user: account });
    },
    onMailFrom({ address }, { user }, done) {
      const own = lookupAddress(accounts, address) === user;
      done(own ? null : refusal(553, `Send with the address of the account: ${user}`));
    },
    onRcptTo({ address }, _session, done) {
      const known = lookupAddress(accounts, address) !== undefined;
      done(known ? null : refusal(550, 'The demo delivers to its own accounts only'));
    },
    onData(stream, session, done) {
      void receive(room, accounts, stream, session).then(
        () => done(null, 'Delivered'),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
}

async function receive(
  room: Mailroom,
  accounts: MailAccounts,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  if (stream.sizeExceeded) throw refusal(552, 'Message too large');
  const now = new Date();
  const raw = Buffer.concat([Buffer.from(trace(session, now)), ...chunks]);
  const recipients = session.envelope.rcptTo.map(({ address }) => lookupAddress(accounts, address) ?? '');
  for (const account of new Set(recipients)) {
    const inbox = lookupFolder(room.database, account, 'INBOX');
    if (inbox === undefined) throw refusal(451, 'The mailbox is not there');
    addMessage(room, inbox, { raw, flags: [], receivedAt: now.getTime() });
  }
}

// RFC 5321 §4.4: what the last hop adds in front of a message.
function trace(session: SMTPServerSession, now: Date): string {
  const sender = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
  const received = `from [${session.remoteAddress}] by localhost with ESMTPA id ${session.id}`;
  return `Return-Path: <${sender}>\r\nReceived: ${received};\r\n ${now.toUTCString().replace('GMT', '+0000')}\r\n`;
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
