/**
 * ManageSieve capabilities (RFC 5804 §1.7). What a client sees before login are the backend's, without what is ours to
 * answer (SASL, STARTTLS), what is only for somebody who has logged in (OWNER), and what would lead around us
 * (UNAUTHENTICATE, XCLIENT).
 */

import { printable } from '#wire/printable.ts';
import type { FrontOptions } from '#protocol/machine.ts';
import { loginAllowed } from '#protocol/plaintext.ts';
import { quote } from './strings.ts';

export interface Capability {
  /** In upper case. */
  readonly name: string;
  readonly value: string | undefined;
}

const NOT_FROM_BACKEND = new Set(['SASL', 'STARTTLS', 'OWNER', 'UNAUTHENTICATE', 'XCLIENT']);
// The list of Sieve extensions is the longest value there is.
const MAX_VALUE_CHARACTERS = 1024;

/** The capability lines before the final OK. `options.capabilities` are lines as capabilityLine writes them. */
export function capabilityLines(options: FrontOptions, tlsActive: boolean): readonly string[] {
  const inherited = options.capabilities.filter((line) => !NOT_FROM_BACKEND.has(nameIn(line)));
  // RFC 5804 §1.7: SASL is always listed, and empty where no login is taken.
  const mechanisms = loginAllowed(options, tlsActive) ? options.mechanisms : [];
  const starttls = options.tls === 'available' && !tlsActive ? ['"STARTTLS"'] : [];
  return [...inherited, `"SASL" ${quote(mechanisms.join(' '))}`, ...starttls];
}

/** Reads a capability from the strings of its line. */
export function parseCapability([name = '', value]: readonly string[]): Capability {
  return {
    name: printable(name).toUpperCase(),
    value: value === undefined ? undefined : printable(value, MAX_VALUE_CHARACTERS),
  };
}

/** A capability as a line without CRLF. */
export function capabilityLine({ name, value }: Capability): string {
  return value === undefined ? quote(name) : `${quote(name)} ${quote(value)}`;
}

function nameIn(line: string): string {
  return /^"([^"]*)"/.exec(line)?.[1] ?? '';
}
