/** The first message in each of the demo's mailboxes. */

import { lookupFolder } from './folders.ts';
import type { Mailroom } from './folders.ts';
import { addMessage } from './messages.ts';

/** Puts one short message into the account's INBOX. */
export function deliverWelcome(room: Mailroom, account: string, now: Date): void {
  const inbox = lookupFolder(room.database, account, 'INBOX');
  if (inbox === undefined) return;
  const lines = [
    'From: Postern demo <postern@localhost>',
    `To: ${account}`,
    'Subject: Welcome to the Postern demo',
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <welcome.${now.getTime()}.${inbox.id}@localhost>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'You are reading this through the gateway: it checked your password,',
    'logged in at the mail server behind it, and has only passed bytes on since.',
    '',
    `This mailbox belongs to ${account}.`,
    '',
  ];
  addMessage(room, inbox, { raw: Buffer.from(lines.join('\r\n')), flags: [], receivedAt: now.getTime() });
}
