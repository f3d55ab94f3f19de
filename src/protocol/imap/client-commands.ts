/**
 * The commands that we send to a backend, as the pieces to send one after the other, each when the backend asks for
 * more. Whatever came from outside is quoted, a literal or base64, never pasted. RFC 9051 §4.3, RFC 7888, RFC 2971.
 */

import { Fault } from '#core/fault.ts';
import type { Secret } from '#core/secret.ts';
import { plainMessage } from '#sasl/client.ts';
import type { PlainLogin } from '#sasl/client.ts';
import type { ForwardedClient } from '#protocol/machine.ts';
import { offers } from './response.ts';

/** What to send at once, and what after each continuation request. */
export interface Script {
  readonly first: Buffer;
  readonly rest: readonly Buffer[];
}

// RFC 7888 §5: LITERAL-, which IMAP4rev2 includes, allows literals up to this size without being asked.
const MAX_LITERAL_MINUS_BYTES = 4096;

/** AUTHENTICATE PLAIN, in one line where the backend takes an initial response. Throws CLIENT_INVALID for a NUL. */
export function authenticatePlain(tag: string, login: PlainLogin, capabilities: readonly string[]): Script {
  const message = plainMessage(login);
  if (offers(capabilities, 'SASL-IR')) return script([`${tag} AUTHENTICATE PLAIN ${message}\r\n`]);
  return script([`${tag} AUTHENTICATE PLAIN\r\n`, `${message}\r\n`]);
}

/** LOGIN. Throws CLIENT_INVALID for a NUL. */
export function login(tag: string, name: string, password: Secret, capabilities: readonly string[]): Script {
  const words = [
    [`${tag} LOGIN `],
    argument(Buffer.from(name), capabilities),
    [' '],
    argument(password.exposeBytes(), capabilities),
  ];
  return script(glued([...words, ['\r\n']]));
}

/** ID with what a trusted proxy says about its client; the names are Dovecot's. */
export function idCommand(tag: string, client: ForwardedClient): Buffer {
  const fields = {
    'x-session-id': client.sessionId,
    'x-originating-ip': client.address,
    'x-originating-port': String(client.port),
    'x-connected-ip': client.localAddress,
    'x-connected-port': String(client.localPort),
    'x-proxy-ttl': String(client.ttl),
    'x-client-transport': client.tls ? 'TLS' : 'insecure',
  };
  const list = Object.entries(fields).map(([name, value]) => `"${name}" ${quoted(value)}`);
  return Buffer.from(`${tag} ID (${list.join(' ')})\r\n`, 'latin1');
}

/** A string as an argument, one character per byte: in one piece, or cut where the backend must ask for the literal. */
function argument(bytes: Buffer, capabilities: readonly string[]): readonly string[] {
  if (bytes.includes(0)) throw new Fault('CLIENT_INVALID', 'a name or password with a NUL cannot be sent');
  const text = bytes.toString('latin1');
  if (/^[\x20-\x7e]*$/.test(text)) return [quoted(text)];
  const size = bytes.length;
  const minus = offers(capabilities, 'LITERAL-') || offers(capabilities, 'IMAP4REV2');
  const unasked = offers(capabilities, 'LITERAL+') || (minus && size <= MAX_LITERAL_MINUS_BYTES);
  return unasked ? [`{${size}+}\r\n${text}`] : [`{${size}}\r\n`, text];
}

/** The end of one part and the beginning of the next are sent together. */
function glued(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce(
    (sent, [first, ...rest]) => [...sent.slice(0, -1), `${sent.at(-1) ?? ''}${first ?? ''}`, ...rest],
    [],
  );
}

// Callers have made sure that there is nothing but printable ASCII.
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
}

function script(parts: readonly string[]): Script {
  const [first = Buffer.alloc(0), ...rest] = parts.map((part) => Buffer.from(part, 'latin1'));
  return { first, rest };
}
