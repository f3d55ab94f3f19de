/**
 * Which command lines of a logged-in client may reach the server: an allow-list of verbs that cannot log in, written so
 * that no server can read the line as anything else.
 */

import type { GateRefusal } from '#protocol/machine.ts';

/** RFC 5321 §4.1.1, RFC 3030 §2. */
export type Verb =
  | 'EHLO'
  | 'HELO'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'BDAT'
  | 'RSET'
  | 'NOOP'
  | 'VRFY'
  | 'EXPN'
  | 'HELP'
  | 'QUIT';

export type JudgedLine =
  | { readonly kind: 'pass'; readonly verb: Exclude<Verb, 'BDAT'> }
  | { readonly kind: 'chunk'; readonly octets: number; readonly last: boolean }
  | { readonly kind: 'refuse'; readonly why: GateRefusal; readonly reply: string }
  /** What is behind it could be read in more than one way. */
  | { readonly kind: 'end'; readonly why: GateRefusal };

/** With CRLF. Postfix takes 2,048, others more; RFC 5321 §4.5.3.1.4 asks for 512 and what extensions add. */
export const MAX_LINE_BYTES = 2048;

const VERBS: readonly Exclude<Verb, 'BDAT'>[] = [
  'EHLO',
  'HELO',
  'MAIL',
  'RCPT',
  'DATA',
  'RSET',
  'NOOP',
  'VRFY',
  'EXPN',
  'HELP',
  'QUIT',
];
/** What a client hears behind a chunk that no recipient is there for. */
export const NO_TRANSACTION = '503 5.5.1 MAIL and RCPT first';
const NO_LOGIN = '503 5.5.1 Not permitted after login';
const UNKNOWN = '500 5.5.2 Unknown command';
const LOGIN_VERBS: Readonly<Record<string, GateRefusal>> = {
  AUTH: 'auth',
  STARTTLS: 'starttls',
  XCLIENT: 'xclient',
  XFORWARD: 'xclient',
};
// Nine digits at most and none too many: where a server counts in 32 bits, or takes a leading zero for octal, it would
// take the rest of the chunk for commands.
const CHUNK = /^BDAT (0|[1-9]\d{0,8})( LAST)?$/i;

/** Judges a line, one character for each octet, up to its LF and without it. */
export function judgeLine(line: string): JudgedLine {
  if (line.includes('\0')) return { kind: 'end', why: 'nul' };
  if (!line.endsWith('\r')) return { kind: 'end', why: 'bare-line-feed' };
  const text = line.slice(0, -1);
  const word = text.split(' ', 1).join('').toUpperCase();
  // Whatever its line is made of, octets follow that are no commands.
  if (/^\s*BDAT(?!\w)/i.test(text)) return judgeChunk(text);
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) return { kind: 'refuse', why: 'control-character', reply: UNKNOWN };
  const verb = VERBS.find((one) => one === word);
  if (verb !== undefined) return { kind: 'pass', verb };
  const why = Object.hasOwn(LOGIN_VERBS, word) ? LOGIN_VERBS[word] : undefined;
  return why === undefined
    ? { kind: 'refuse', why: 'unknown-command', reply: UNKNOWN }
    : { kind: 'refuse', why, reply: NO_LOGIN };
}

function judgeChunk(text: string): JudgedLine {
  const [, octets, last] = CHUNK.exec(text) ?? [];
  if (octets === undefined) return { kind: 'end', why: 'bad-chunk' };
  return { kind: 'chunk', octets: Number(octets), last: last !== undefined };
}
