/**
 * Replies of an SMTP server: gathers their lines and says what a code means for a login.
 * RFC 5321 §4.2, RFC 2034 and 3463 (enhanced codes), RFC 4954 §6.
 */

import { printable } from '#wire/printable.ts';
import type { BackendOutcome } from '#protocol/machine.ts';

export interface Reply {
  /** Three digits. */
  readonly code: string;
  /** The lines as they came, codes included, without CRLF. */
  readonly lines: readonly string[];
  /** The text of each line, without the code. */
  readonly texts: readonly string[];
}

export type Gathered =
  | { readonly kind: 'more'; readonly reply: Reply }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'malformed' };

// An EHLO reply has a few dozen lines at most.
const MAX_LINES = 128;
const MALFORMED: Gathered = { kind: 'malformed' };

/** Adds a line to what there is of a reply. */
export function gather(sofar: Reply | undefined, line: string): Gathered {
  const [, code, mark, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? [];
  if (code === undefined) return MALFORMED;
  const { lines, texts } = sofar ?? { lines: [], texts: [] };
  if ((sofar !== undefined && sofar.code !== code) || lines.length >= MAX_LINES) return MALFORMED;
  const reply = { code, lines: [...lines, line], texts: [...texts, text] };
  return { kind: mark === '-' ? 'more' : 'reply', reply };
}

/** The text of all lines as one printable line, with enhanced codes. */
export function textOf(reply: Reply): string {
  return printable(reply.texts.join(' ').trim());
}

/** The enhanced status code (`5.7.8`) of a permanent refusal, '' when there is none. */
function enhancedCode(reply: Reply): string {
  return /^5\.\d{1,3}\.\d{1,3}(?= |$)/.exec(reply.texts.at(-1) ?? '')?.[0] ?? '';
}

/** What a final negative reply to AUTH means. */
export function authRefusal(reply: Reply): BackendOutcome {
  const text = textOf(reply);
  switch (reply.code) {
    // RFC 4954 §6: TLS is wanted, or this mechanism will not do: nothing that a user could change.
    case '530':
    case '538':
      return { kind: 'unusable', why: 'login-disabled', text };
    case '502':
    case '504':
      return { kind: 'unusable', why: 'mechanism-missing', text };
    case '500':
    case '501':
    case '503':
      return { kind: 'unusable', why: 'malformed', text };
    // "Mechanism too weak" by RFC 4954; big providers use it to say that this account must log in otherwise.
    case '534':
      return refusedOtherwise(reply);
    default:
      return temporary(reply) ?? { kind: 'refused' };
  }
}

/** What a final negative reply to EHLO means. Once the client has been introduced it may be the client that is unwelcome. */
export function heloRefusal(reply: Reply, introduced: boolean): BackendOutcome {
  if (introduced) return temporary(reply) ?? refusedOtherwise(reply);
  return temporary(reply) ?? { kind: 'unusable', why: 'greeting', text: textOf(reply) };
}

/** What a negative reply to XCLIENT means: that we are not trusted with it, or that the client is unwelcome. */
export function xclientRefusal(reply: Reply): BackendOutcome {
  const untrusted = reply.code.startsWith('50') || ['5.7.0', '5.7.14'].includes(enhancedCode(reply));
  if (untrusted) return { kind: 'unusable', why: 'xclient-refused', text: textOf(reply) };
  return temporary(reply) ?? refusedOtherwise(reply);
}

function temporary(reply: Reply): BackendOutcome | undefined {
  return reply.code.startsWith('4') ? { kind: 'temporary', text: textOf(reply) } : undefined;
}

function refusedOtherwise(reply: Reply): BackendOutcome {
  const words = reply.texts.map((text) => text.replace(/^[245]\.\d{1,3}\.\d{1,3}(?: +|$)/, ''));
  return { kind: 'refused-otherwise', code: enhancedCode(reply), text: printable(words.join(' ').trim()) };
}
