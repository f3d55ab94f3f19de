/**
 * What a trusted gateway tells a mail server about the client it brings, as attributes of XCLIENT. How a protocol
 * writes them, and which ones the server takes, is the protocol's matter.
 * Postfix XCLIENT_README; Dovecot's own attributes: TTL, SESSION, CLIENT-TRANSPORT, DESTADDR, DESTPORT.
 */

import type { ForwardedClient } from './machine.ts';

export interface XclientAttribute {
  readonly name: string;
  readonly value: string;
}

// Dovecot cuts an attribute at a space and knows no escape outside SMTP, so anything else is left out.
const VISIBLE = /^[!-~]+$/;

/** The attributes that all protocols share, in Dovecot's order. One that could not be written safely is left out. */
export function xclientAttributes(client: ForwardedClient): readonly XclientAttribute[] {
  const attributes = [
    { name: 'ADDR', value: client.address },
    { name: 'PORT', value: String(client.port) },
    { name: 'DESTADDR', value: client.localAddress },
    { name: 'DESTPORT', value: String(client.localPort) },
    { name: 'SESSION', value: client.sessionId },
    { name: 'TTL', value: String(client.ttl) },
    { name: 'CLIENT-TRANSPORT', value: client.tls ? 'TLS' : 'insecure' },
  ];
  return attributes.filter(({ value }) => VISIBLE.test(value));
}

/** The command as POP3 and ManageSieve write it (Dovecot's extension): attribute=value, separated by spaces. */
export function xclientCommand(client: ForwardedClient): string {
  return ['XCLIENT', ...xclientAttributes(client).map(({ name, value }) => `${name}=${value}`)].join(' ');
}
