/**
 * XCLIENT as Postfix and Dovecot submission take it: tells a server that trusts us who the client is, and with LOGIN
 * also as whom it has logged in. Postfix XCLIENT_README; values are xtext (RFC 3461 §4).
 */

import { isLoopbackAddress } from '#core/network.ts';
import type { BackendOptions, ForwardedClient } from '#protocol/machine.ts';
import { xclientAttributes } from '#protocol/xclient.ts';
import type { XclientAttribute } from '#protocol/xclient.ts';

// RFC 5321 §4.5.3.1.4, without CRLF.
const MAX_COMMAND_CHARACTERS = 510;
/** Postfix takes no longer value, counted as sent. */
export const MAX_VALUE_CHARACTERS = 255;
const UNAVAILABLE = '[UNAVAILABLE]';

/**
 * The commands to send one after the other, each when the one before it has been granted; only with attributes that
 * the server has announced (upper case), and none when it has announced nothing. With no client to forward they take
 * our own address away, and with it the trust that goes with it; so they do for a client on this machine. When one
 * command is too short for all of them, the last one holds those that Postfix forgets at the next XCLIENT (LOGIN, HELO,
 * PROTO), and the address, after which it trusts us no more.
 */
export function xclientCommands(options: BackendOptions, announced: readonly string[]): readonly string[] {
  const write = (attributes: readonly XclientAttribute[]): readonly string[] =>
    attributes.filter(({ name }) => announced.includes(name)).map(({ name, value }) => `${name}=${xtext(value)}`);
  const [aside, together] = [write(asideAttributes(options)), write(togetherAttributes(options))];
  const whole = ['XCLIENT', ...aside, ...together].join(' ');
  if (whole === 'XCLIENT') return [];
  if (whole.length <= MAX_COMMAND_CHARACTERS) return [whole];
  return [aside, together].filter((words) => words.length > 0).map((words) => ['XCLIENT', ...words].join(' '));
}

/** Text as xtext (RFC 3461 §4): UTF-8 octets, where all but printable ASCII and `+` and `=` are written `+XX`. */
export function xtext(text: string): string {
  const octets = Buffer.from(text, 'utf8').toString('latin1');
  return octets.replace(
    /[^!-~]|[+=]/g,
    (octet) => `+${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** A client's EHLO name that any server will take: a domain name or an address literal (RFC 5321 §4.1.2), or undefined. */
export function usableHelo(helo: BackendOptions['helo']): string | undefined {
  const name = helo?.name ?? '';
  return /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?|\[[A-Za-z0-9.:-]{2,64}\])$/.test(name) ? name : undefined;
}

const CLIENT_ITSELF = new Set(['ADDR', 'PORT']);
const NOBODY: XclientAttribute = { name: 'ADDR', value: UNAVAILABLE };

function asideAttributes({ forward }: BackendOptions): readonly XclientAttribute[] {
  return networkAttributes(forward).filter(({ name }) => !CLIENT_ITSELF.has(name));
}

function togetherAttributes({ login, forward, helo }: BackendOptions): readonly XclientAttribute[] {
  const asWhom = login.as === 'xclient' ? [{ name: 'LOGIN', value: login.name }] : [];
  // We look no name up: what a stranger's DNS says about an address belongs in no command (CVE-2026-28753).
  const whoever = [...asWhom, { name: 'NAME', value: UNAVAILABLE }];
  // Were our own address left standing, the client could send XCLIENT LOGIN itself as soon as it has the connection.
  if (forward === undefined) return [...whoever, NOBODY];
  return [
    ...whoever,
    { name: 'PROTO', value: helo?.verb === 'HELO' ? 'SMTP' : 'ESMTP' },
    { name: 'HELO', value: usableHelo(helo) ?? UNAVAILABLE },
    ...(isOurs(forward) ? [NOBODY] : networkAttributes(forward).filter(({ name }) => CLIENT_ITSELF.has(name))),
  ];
}

// A client on this machine: its address is ours, which the server trusts, or the server's own loopback, which it is not.
function isOurs({ address, localAddress }: ForwardedClient): boolean {
  return address === localAddress || isLoopbackAddress(address);
}

// XCLIENT_README: an IPv6 address is written as in an address literal.
function networkAttributes(forward: BackendOptions['forward']): readonly XclientAttribute[] {
  const attributes = forward === undefined ? [] : xclientAttributes(forward);
  return attributes.map(({ name, value }) => ({
    name,
    value: name.endsWith('ADDR') && value.includes(':') ? `IPV6:${value}` : value,
  }));
}
