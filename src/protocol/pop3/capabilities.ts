/**
 * The capability list that a POP3 client sees before login (RFC 2449 §5): the backend's, without what is ours to
 * answer (STLS, USER, SASL) and without what we could not honour before the backend is there (UTF8 and LANG change
 * the session, RFC 6856 §2, §3; IMPLEMENTATION tells strangers what to attack).
 */

import { loginAllowed } from '#protocol/plaintext.ts';
import type { FrontOptions } from '#protocol/machine.ts';

const NOT_FROM_BACKEND = new Set(['STLS', 'USER', 'SASL', 'UTF8', 'LANG', 'IMPLEMENTATION', 'XCLIENT']);

/** The lines between `+OK` and the final dot. */
export function capabilityLines(options: FrontOptions, tlsActive: boolean): readonly string[] {
  const inherited = options.capabilities.filter((line) => !NOT_FROM_BACKEND.has(capabilityName(line)));
  const starttls = options.tls === 'available' && !tlsActive ? ['STLS'] : [];
  // RFC 2595 §4: SASL and USER are named only where a login is taken.
  const login = loginAllowed(options, tlsActive) ? ['USER', `SASL ${options.mechanisms.join(' ')}`] : [];
  return [...inherited, ...starttls, ...login];
}

/** The capability's name in upper case, without its parameters. */
export function capabilityName(line: string): string {
  return line.split(' ', 1).join('').toUpperCase();
}
