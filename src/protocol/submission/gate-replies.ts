/** Replies of the server as they pass the gate: found whole, and EHLO's without what a client is not to try again. */

import { mayBeOffered } from './keywords.ts';
import { gather, type Reply } from './reply.ts';

export type FoundReply =
  /** All of it, up to `end`. */
  | { readonly kind: 'reply'; readonly reply: Reply; readonly end: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'malformed' };

const LF = 0x0a;
const CR = 0x0d;
// A reply to EHLO or HELP has some kilobytes at most.
const MAX_REPLY_BYTES = 32 * 1024;

/** The reply that begins at `start`. */
export function findReply(bytes: Buffer, start: number): FoundReply {
  let reply: Reply | undefined;
  for (let at = start; ;) {
    const end = bytes.indexOf(LF, at);
    if ((end < 0 ? bytes.length : end) - start > MAX_REPLY_BYTES) return { kind: 'malformed' };
    if (end < 0) return { kind: 'more' };
    if (bytes[end - 1] !== CR) return { kind: 'malformed' };
    const gathered = gather(reply, bytes.toString('latin1', at, end - 1));
    if (gathered.kind === 'malformed') return gathered;
    at = end + 1;
    if (gathered.kind === 'reply') return { ...gathered, end: at };
    reply = gathered.reply;
  }
}

/** A reply to EHLO without the keywords that are not for clients; undefined when it has none of them. */
export function withoutLogins(reply: Reply): Buffer | undefined {
  const [greeting = '', ...keywords] = reply.texts;
  const offered = keywords.filter((text) => mayBeOffered(text.trim()));
  if (!reply.code.startsWith('2') || offered.length === keywords.length) return undefined;
  const lines = [greeting, ...offered];
  const written = lines.map((text, index) => `${reply.code}${index < lines.length - 1 ? '-' : ' '}${text}\r\n`);
  return Buffer.from(written.join(''), 'latin1');
}
