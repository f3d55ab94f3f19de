/** FETCH for the demo's IMAP server. Whole messages come from the stored bytes, single parts from imap-core's parser. */

import type { ImapFetch, ImapMessage, ImapQueryItem, ImapResponse, ImapSession } from 'wildduck/imap-core/index.js';
import type { Folder, Mailroom } from './folders.ts';
import { loadRaw, pickMessages, updateFlags } from './messages.ts';
import type { Summary } from './messages.ts';
import { imapHandler } from './wildduck.ts';

/** Writes one untagged FETCH per message, marking them as seen first where the query asks for their text. */
export async function fetchMessages(
  room: Mailroom,
  folder: Folder,
  fetch: ImapFetch,
  session: ImapSession,
): Promise<void> {
  const found = pickMessages(room.database, folder, fetch.messages);
  const wanted = found.filter((message) => fetch.changedSince === 0 || message.modseq > fetch.changedSince);
  const seen = fetch.markAsSeen ? markSeen(room, folder, wanted, session) : new Map<number, Summary>();
  for (const message of wanted) {
    const response = toResponse(room, folder, seen.get(message.uid) ?? message, { fetch, session });
    await written(session, response);
  }
}

/** What imap-core wants to know of a message. */
export function toImapMessage(message: Summary): Omit<ImapMessage, 'raw' | 'mimeTree'> {
  const { uid, modseq, flags, size } = message;
  return { uid, modseq, flags, size, idate: new Date(message.receivedAt) };
}

function markSeen(
  room: Mailroom,
  folder: Folder,
  messages: readonly Summary[],
  session: ImapSession,
): ReadonlyMap<number, Summary> {
  const change = { action: 'add', flags: ['\\Seen'], origin: session.id } as const;
  return new Map(updateFlags(room, folder, messages, change).map((message) => [message.uid, message]));
}

function toResponse(
  room: Mailroom,
  folder: Folder,
  message: Summary,
  { fetch, session }: { readonly fetch: ImapFetch; readonly session: ImapSession },
): ImapResponse {
  const needsText = !fetch.metadataOnly || fetch.envelopeExist || fetch.bodystructureExist;
  const raw = needsText ? loadRaw(room.database, folder, message.uid) : Buffer.alloc(0);
  const { query } = fetch;
  // imap-core would take the message apart and put it together again, which loses bytes of unusual messages.
  const texts = query.map((item) => wholeText(item, raw));
  const others = query.map((item, index) => (texts[index] === undefined ? item : { item: 'uid' }));
  const options = { acceptUTF8Enabled: session.isUTF8Enabled() };
  const values = session.getQueryResponse(others, { ...toImapMessage(message), raw }, options);
  return session.formatResponse('FETCH', message.uid, { query, values: values.map((value, at) => texts[at] ?? value) });
}

// One character per octet, as imap-core counts literals in characters.
function wholeText(item: ImapQueryItem, raw: Buffer): string | undefined {
  const text = section(item, raw);
  if (text === undefined || item.partial === undefined) return text?.toString('latin1');
  const { startFrom, maxLength } = item.partial;
  return text.subarray(startFrom, startFrom + maxLength).toString('latin1');
}

// RFC 3501 §6.4.5: BODY[], BODY[HEADER], BODY[TEXT] and their RFC822 forms; undefined for everything else.
function section(item: ImapQueryItem, raw: Buffer): Buffer | undefined {
  const name = item.item === 'body' && item.path === '' ? item.type : item.item;
  if (name === 'content' || name === 'rfc822') return raw;
  if (name === 'header' || name === 'rfc822.header') return raw.subarray(0, endOfHeader(raw));
  if (name === 'text' || name === 'rfc822.text') return raw.subarray(endOfHeader(raw));
  return undefined;
}

function endOfHeader(raw: Buffer): number {
  const blankLine = raw.indexOf('\r\n\r\n');
  return blankLine < 0 ? raw.length : blankLine + 4;
}

function written(session: ImapSession, response: ImapResponse): Promise<void> {
  // A message that this session has not been told about has no sequence number to answer with.
  if (response === false) return Promise.resolve();
  return new Promise((resolve) => {
    session.writeStream.write(imapHandler.compileStream(response), resolve);
  });
}
