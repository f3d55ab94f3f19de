/**
 * The PROXY protocol, versions 1 and 2, as it stands in front of a connection: who is at the other end of a load
 * balancer. Reads exactly the header and gives back every byte behind it. Whom to believe is the listener's business;
 * TLVs are skipped unread. Source: the PROXY protocol specification of HAProxy, §2.1 (v1) and §2.2 (v2).
 */

import { addressBytes, addressText, canonicalAddress } from './address.ts';
import { ByteQueue } from './byte-queue.ts';

/** An address in its shortest text form (wire/address.ts) and a port. */
interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface ProxiedConnection {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

export type ProxyRead =
  /** The header is not complete yet. */
  | { readonly kind: 'more' }
  | { readonly kind: 'header'; readonly header: ProxyHeader; readonly rest: Buffer }
  /** This is no PROXY header, or one that breaks the rules: close the connection. `why` is for the log. */
  | { readonly kind: 'fault'; readonly why: string };

/** `local`: a health check or a sender that names nobody (LOCAL, UNKNOWN): the socket's own endpoints hold. */
export type ProxyHeader = ({ readonly kind: 'proxied' } & ProxiedConnection) | { readonly kind: 'local' };

const V1_START = Buffer.from('PROXY ');
// §2.1: 107 characters with the CRLF are enough for the longest line.
const V1_MAX_BYTES = 107;

const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED_BYTES = 16;
// Ours: addresses and generous TLVs. The protocol's own limit is 65535.
const V2_MAX_BODY_BYTES = 4096;
const V2_LOCAL = 0x20;
const V2_PROXY = 0x21;

/** Bytes per address of each family and transport we take; 0: a kind of sender that names no IP address. */
const V2_ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0x00, 0], // unspecified
  [0x11, 4], // TCP over IPv4
  [0x21, 16], // TCP over IPv6
  [0x31, 0], // UNIX stream
]);

const MORE: ProxyRead = { kind: 'more' };

/** Reads one header from the first bytes of a connection. After a header or a fault it has done its work. */
export class ProxyHeaderReader {
  readonly #queue = new ByteQueue();

  /** Feed bytes in any pieces until it no longer answers `more`. Never holds more than one header and one piece. */
  push(bytes: Uint8Array): ProxyRead {
    this.#queue.push(bytes);
    if (this.#startsLike(V1_START)) return this.#readV1();
    if (this.#startsLike(V2_SIGNATURE)) return this.#readV2();
    return fault('not a PROXY header');
  }

  #startsLike(start: Buffer): boolean {
    const seen = this.#queue.peek(start.length);
    return seen.equals(start.subarray(0, seen.length));
  }

  #readV1(): ProxyRead {
    const length = this.#queue.lineLength();
    if ((length ?? this.#queue.length) > V1_MAX_BYTES) return fault('v1 header too long');
    if (length === undefined) return MORE;
    const line = this.#queue.takeText(length);
    const header = line.endsWith('\r\n') ? parseV1(line.slice(0, -2)) : undefined;
    return header === undefined ? fault('malformed v1 header') : this.#done(header);
  }

  #readV2(): ProxyRead {
    const fixed = this.#queue.peek(V2_FIXED_BYTES);
    if (fixed.length < V2_FIXED_BYTES) return MORE;
    const bodyBytes = fixed.readUInt16BE(14);
    if (bodyBytes > V2_MAX_BODY_BYTES) return fault('v2 header too long');
    const [command, family] = fixed.subarray(12, 14);
    if (this.#queue.length < V2_FIXED_BYTES + bodyBytes) return MORE;
    this.#queue.skip(V2_FIXED_BYTES);
    const header = parseV2(command, family, this.#queue.take(bodyBytes));
    return header === undefined ? fault('malformed v2 header') : this.#done(header);
  }

  #done(header: ProxyHeader): ProxyRead {
    return { kind: 'header', header, rest: this.#queue.take(this.#queue.length) };
  }
}

/** A version 2 header for a connection that we open: for one client, or `local` for a probe of our own. */
export function encodeProxyV2(connection: ProxiedConnection | 'local'): Buffer {
  if (connection === 'local') return v2(V2_LOCAL, 0x00, []);
  const addresses = [connection.source, connection.destination].map(({ address }) => bytesOf(address));
  const ipv4 = addresses.every((bytes) => bytes.length === 4);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(connection.source.port, 0);
  ports.writeUInt16BE(connection.destination.port, 2);
  return v2(V2_PROXY, ipv4 ? 0x11 : 0x21, [...(ipv4 ? addresses : addresses.map(asIpv6)), ports]);
}

// §2.1: "PROXY" protocol source destination source-port destination-port, one space between each.
function parseV1(line: string): ProxyHeader | undefined {
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { kind: 'local' };
  const [, family, from = '', to = '', fromPort = '', toPort = ''] =
    /^PROXY TCP([46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/.exec(line) ?? [];
  if ([from, to].some((text) => text.includes(':') !== (family === '6'))) return undefined;
  return proxied(
    { address: canonicalAddress(from), port: Number(fromPort) },
    { address: canonicalAddress(to), port: Number(toPort) },
  );
}

function parseV2(command: number | undefined, family: number | undefined, body: Buffer): ProxyHeader | undefined {
  // §2.2: what a LOCAL header says about addresses must be ignored.
  if (command === V2_LOCAL) return { kind: 'local' };
  const size = command === V2_PROXY ? V2_ADDRESS_BYTES.get(family ?? -1) : undefined;
  if (size === undefined || body.length < 2 * size + 4 * Math.sign(size)) return undefined;
  if (size === 0) return { kind: 'local' };
  return proxied(
    { address: addressText(body.subarray(0, size)), port: body.readUInt16BE(2 * size) },
    { address: addressText(body.subarray(size, 2 * size)), port: body.readUInt16BE(2 * size + 2) },
  );
}

interface MaybeEndpoint {
  readonly address: string | undefined;
  readonly port: number;
}

function proxied(from: MaybeEndpoint, to: MaybeEndpoint): ProxyHeader | undefined {
  if (from.address === undefined || to.address === undefined || from.port > 65_535 || to.port > 65_535)
    return undefined;
  return {
    kind: 'proxied',
    source: { address: from.address, port: from.port },
    destination: { address: to.address, port: to.port },
  };
}

function v2(command: number, family: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const fixed = Buffer.alloc(V2_FIXED_BYTES);
  fixed.set(V2_SIGNATURE);
  fixed.set([command, family], 12);
  fixed.writeUInt16BE(body.length, 14);
  return Buffer.concat([fixed, body]);
}

function bytesOf(address: string): Buffer {
  const canonical = canonicalAddress(address);
  if (canonical === undefined) throw new Error('not an IP address');
  return addressBytes(canonical);
}

// RFC 4291 §2.5.5.2: one header has one family, so an IPv4 end of a mixed pair is written as mapped.
function asIpv6(address: Buffer): Buffer {
  return address.length === 16 ? address : Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), address]);
}

function fault(why: string): ProxyRead {
  return { kind: 'fault', why };
}
