/**
 * The capability list that an IMAP client sees before login: the backend's, so that nothing is promised that the
 * session will not have, without what is ours to say. RFC 9051 §6.1.1, RFC 4959 (SASL-IR), RFC 7888 (literals).
 */

import type { FrontOptions } from '#protocol/machine.ts';
import { loginAllowed } from '#protocol/plaintext.ts';

/** Ours to answer, or of no use before login (we refer nobody); a client reads the list again when it is logged in. */
const OURS = new Set(['STARTTLS', 'LOGINDISABLED', 'SASL-IR', 'LITERAL-', 'LOGIN-REFERRALS']);
const OURS_PREFIXES = ['AUTH=', 'COMPRESS='];
// A backend that was not reached yet has no list; every IMAP server has this.
const LEAST = 'IMAP4rev1';

/** The capabilities, one space between each. */
export function capabilityList(options: FrontOptions, tlsActive: boolean): string {
  const inherited = options.capabilities.filter((name) => !isOurs(name.toUpperCase()));
  const revision = inherited.some((name) => /^IMAP4/i.test(name)) ? [] : [LEAST];
  const starttls = options.tls === 'available' && !tlsActive ? ['STARTTLS'] : [];
  const login = loginAllowed(options, tlsActive)
    ? options.mechanisms.map((mechanism) => `AUTH=${mechanism}`)
    : ['LOGINDISABLED'];
  return [...revision, ...inherited, 'SASL-IR', ...starttls, ...login].join(' ');
}

function isOurs(name: string): boolean {
  return OURS.has(name) || OURS_PREFIXES.some((prefix) => name.startsWith(prefix));
}
