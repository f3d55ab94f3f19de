/**
 * TLS that asks the client for a certificate and ends unless a given CA has signed it, for this purpose, and it is in
 * force. RFC 5280 §4.2.1.12. Checked here beside the TLS library: runtimes differ in whether a server made from a socket
 * looks at the certificate that it asked for.
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { Fault } from '#core/fault.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM file. Throws CONFIG_INVALID when there is none that can be read. */
export function readAuthorities(file: string): readonly X509Certificate[] {
  try {
    const blocks = readFileSync(file, 'utf8').match(PEM_BLOCK) ?? [];
    if (blocks.length === 0) throw new Error('it holds no certificate');
    return blocks.map((pem) => new X509Certificate(pem));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('CONFIG_INVALID', `the client CA ${file} cannot be used: ${why}`, { cause });
  }
}

/**
 * The server side of TLS over a connected socket, for holders of a certificate of one of the authorities only: nothing
 * may be read from the socket before `admitted` is true.
 */
export function clientVerifyingTls(
  socket: Socket,
  secureContext: SecureContext,
  authorities: readonly X509Certificate[],
): { readonly socket: TLSSocket; readonly admitted: Promise<boolean> } {
  const tls = new TLSSocket(socket, { isServer: true, secureContext, requestCert: true, rejectUnauthorized: true });
  const { promise: admitted, resolve } = Promise.withResolvers<boolean>();
  tls.once('secure', () => resolve(isFromOneOf(authorities, tls, Date.now())));
  tls.once('close', () => resolve(false));
  return { socket: tls, admitted };
}

function isFromOneOf(authorities: readonly X509Certificate[], tls: TLSSocket, now: number): boolean {
  const { raw } = tls.getPeerCertificate(true);
  if (raw === undefined) return false;
  const certificate = new X509Certificate(raw);
  if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) <= now) return false;
  const purposes: readonly string[] | undefined = certificate.keyUsage;
  if (purposes !== undefined && !purposes.includes(CLIENT_AUTH)) return false;
  return authorities.some((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey));
}
