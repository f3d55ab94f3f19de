/**
 * Makes a certificate authority and a server certificate for this machine's loopback names, for development only.
 * The authority's key is thrown away at once: nothing else can ever be signed by it. RFC 5280 §4, RFC 5480, RFC 5758.
 *
 * Ours because the demo assumes Node and npm only: openssl may be missing, and the registry's certificate libraries fail
 * beside the versions of their parts that wildduck pins.
 */

import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { bitString, bool, context, integer, octetString, oid, sequence, set, utcTime, utf8 } from './der.ts';

/** Three PEM texts: the authority to trust, the server's certificate, and its private key. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Where the three are kept. */
export interface CertificateFiles {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
const DAY_MS = 86_400_000;
const VALID_DAYS = 365;
const RENEW_DAYS = 14;
const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/** Makes `dev-*.pem` in this folder unless they are there and good for two more weeks. Returns their paths. */
export function ensureCertificates(folder: string, now: Date): CertificateFiles {
  const files: CertificateFiles = {
    authority: join(folder, 'dev-ca.pem'),
    certificate: join(folder, 'dev-cert.pem'),
    key: join(folder, 'dev-key.pem'),
  };
  if (stillGood(files, now)) return files;
  const made = makeCertificates(LOOPBACK_NAMES, now);
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.key, made.key, { mode: 0o600 });
  writeFileSync(files.certificate, made.certificate);
  writeFileSync(files.authority, made.authority);
  return files;
}

/** A fresh authority and a P-256 server certificate for these host names and addresses, valid from yesterday on. */
export function makeCertificates(names: readonly string[], now: Date): Certificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = name('Postern development authority');
  const about = { issuer, issuerKey: authority, now };
  const root = certificate({ ...about, subject: issuer, subjectKey: authority.publicKey, extensions: authorityUses() });
  const uses = serverUses(names);
  const leaf = certificate({ ...about, subject: name(names[0] ?? ''), subjectKey: server.publicKey, extensions: uses });
  return {
    authority: pem(root),
    certificate: pem(leaf),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function stillGood(files: CertificateFiles, now: Date): boolean {
  if (![files.authority, files.certificate, files.key].every((file) => existsSync(file))) return false;
  try {
    const certificate = new X509Certificate(readFileSync(files.certificate));
    const authority = new X509Certificate(readFileSync(files.authority));
    const belong =
      certificate.verify(authority.publicKey) && certificate.checkPrivateKey(createPrivateKey(readFileSync(files.key)));
    return belong && Date.parse(certificate.validTo) - now.getTime() > RENEW_DAYS * DAY_MS;
  } catch {
    return false; // not a certificate: make a new one in its place
  }
}

interface Contents {
  readonly subject: Buffer;
  readonly subjectKey: KeyObject;
  readonly issuer: Buffer;
  readonly issuerKey: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly extensions: readonly Buffer[];
  readonly now: Date;
}

// RFC 5280 §4.1.
function certificate(contents: Contents): Buffer {
  const { subject, subjectKey, issuer, issuerKey, now } = contents;
  const validity = sequence(
    utcTime(new Date(now.getTime() - DAY_MS)),
    utcTime(new Date(now.getTime() + VALID_DAYS * DAY_MS)),
  );
  const keyIds = [
    extension('2.5.29.14', octetString(keyId(subjectKey))),
    extension('2.5.29.35', sequence(context(0, keyId(issuerKey.publicKey), 'primitive'))),
  ];
  const tbs = sequence(
    context(0, integer(Buffer.of(2)), 'constructed'),
    integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    issuer,
    validity,
    subject,
    publicKeyInfo(subjectKey),
    context(3, sequence(...keyIds, ...contents.extensions), 'constructed'),
  );
  return sequence(tbs, ECDSA_WITH_SHA256, bitString(sign('sha256', tbs, issuerKey.privateKey)));
}

// RFC 5280 §4.2.1.3 and §4.2.1.9: keyCertSign and cRLSign; an authority for leaves only.
function authorityUses(): readonly Buffer[] {
  return [
    extension('2.5.29.19', sequence(bool(true), integer(Buffer.of(0))), 'critical'),
    extension('2.5.29.15', bitString(Buffer.of(0b0000_0110), 1), 'critical'),
  ];
}

// RFC 5280 §4.2.1.3 (digitalSignature), §4.2.1.12 (serverAuth), §4.2.1.6 (names and addresses).
function serverUses(names: readonly string[]): readonly Buffer[] {
  return [
    extension('2.5.29.19', sequence(), 'critical'),
    extension('2.5.29.15', bitString(Buffer.of(0b1000_0000), 7), 'critical'),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', sequence(...names.map(alternativeName))),
  ];
}

function extension(id: string, value: Buffer, weight?: 'critical'): Buffer {
  const critical = weight === undefined ? [] : [bool(true)];
  return sequence(oid(id), ...critical, octetString(value));
}

function alternativeName(text: string): Buffer {
  if (isIP(text) === 0) return context(2, Buffer.from(text), 'primitive');
  if (isIP(text) === 4) return context(7, Buffer.from(text.split('.').map(Number)), 'primitive');
  if (text !== '::1') throw new Error(`no other IPv6 address than ::1 is supported: ${text}`);
  return context(7, Buffer.from('00000000000000000000000000000001', 'hex'), 'primitive');
}

function name(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

// RFC 5280 §4.2.1.2, method 1: SHA-1 of the key's bits; the last 65 octets are the uncompressed P-256 point.
function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(publicKeyInfo(key).subarray(-65)).digest();
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
