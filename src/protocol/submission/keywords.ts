/**
 * The EHLO keywords that a submission client sees before login (RFC 5321 §4.1.1.1): the backend's, without what is
 * ours to answer and without private extensions, some of which are further ways to log in or to start TLS
 * (Exchange's X-EXPS and X-ANONYMOUSTLS, Postfix's XCLIENT and XFORWARD).
 */

import { printable } from '#wire/printable.ts';
import type { FrontOptions } from '#protocol/machine.ts';
import { loginAllowed } from '#protocol/plaintext.ts';
import type { Reply } from './reply.ts';

/** Clients do not send EHLO again after AUTH, so this list is also what they go by once the backend is there. */
export function keywordLines(options: FrontOptions, tlsActive: boolean): readonly string[] {
  const inherited = options.capabilities.filter(mayBeOffered);
  const starttls = options.tls === 'available' && !tlsActive ? ['STARTTLS'] : [];
  const auth = loginAllowed(options, tlsActive) ? [`AUTH ${options.mechanisms.join(' ')}`] : [];
  return [...inherited, ...starttls, ...auth];
}

/** The keyword in upper case, without its parameters. `AUTH=LOGIN` is an old spelling of AUTH. */
function keywordName(line: string): string {
  return line.split(/[ =]/, 1).join('').toUpperCase();
}

/** The keyword lines of a reply to EHLO, printable: all but its first line, which greets. */
export function keywordsOf(reply: Reply): readonly string[] {
  return reply.texts.slice(1).map((text) => printable(text.trim()));
}

/** The parameters of a keyword in upper case, from all its lines, or undefined when it is not listed. */
export function parametersOf(name: string, keywords: readonly string[]): readonly string[] | undefined {
  const lines = keywords.filter((line) => keywordName(line) === name);
  if (lines.length === 0) return undefined;
  return lines.flatMap((line) => line.toUpperCase().split(/[ =]+/).slice(1));
}

/** Whether a keyword line of a backend is for clients: one whose command the gate lets through, or that has none. */
export function mayBeOffered(line: string): boolean {
  const name = keywordName(line);
  return name !== '' && !name.startsWith('X') && !WITHHELD.has(name);
}

const WITHHELD = new Set(['STARTTLS', 'AUTH', 'ETRN', 'ATRN', 'TURN', 'BURL', 'SEND', 'SOML', 'SAML']);
