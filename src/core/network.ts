/**
 * Addresses and CIDR blocks as text and as numbers: parsing, membership, and the network that limits are counted by.
 * Strict: octal or short forms and host bits in a block are refused, not guessed. RFC 4291 §2.2, RFC 4632 §3.1, RFC 5952.
 */

/** One address. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is an IPv4 address here. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A CIDR block. Its first address has no bit set behind the prefix. */
export interface Network {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly prefixBits: number;
}

/** The bucket of clients whose address cannot be read (a Unix socket): they share one, and no block contains them. */
export const UNKNOWN_NETWORK = 'unknown';

const WIDTH = { 4: 32, 6: 128 } as const;
const MAPPED_PREFIX_BITS = 96;
const MAPPED_PREFIX = 0xffffn;
// One subscriber usually holds a whole /56 of IPv6, and a single address of IPv4.
const COUNTED_PREFIX_BITS = { 4: 32, 6: 56 } as const;

// Most addresses are these, and have one text form only.
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const CANONICAL_IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** Reads an IPv4 or IPv6 address; a zone (`%eth0`) is dropped. Undefined when it is neither. */
export function parseAddress(text: string): Address | undefined {
  const [bare = '', zone, ...more] = text.split('%');
  if (zone === '' || more.length > 0) return undefined;
  if (!bare.includes(':')) {
    const value = zone === undefined ? parseIpv4(bare) : undefined;
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIpv6(bare);
  if (value === undefined) return undefined;
  return value >> 32n === MAPPED_PREFIX ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };
}

/** The shortest text form of an address (RFC 5952 §4), IPv4 for an IPv4-mapped one; undefined when it is not one. */
export function canonicalAddress(text: string): string | undefined {
  if (CANONICAL_IPV4.test(text)) return text;
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

/**
 * The address in what a reverse proxy calls one: some add the port (`192.0.2.1:50000`, `[2001:db8::1]:4444`), and
 * RFC 7239 §6 puts an IPv6 address into brackets. The canonical text, or undefined when it is not one.
 */
export function addressFromProxy(text: string): string | undefined {
  const [, bracketed, ipv4] = /^(?:\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|([0-9.]+):\d{1,5})$/.exec(text) ?? [];
  return canonicalAddress(bracketed ?? ipv4 ?? text);
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or one bare address as the block that holds only it. Else undefined. */
export function parseNetwork(text: string): Network | undefined {
  const [host = '', prefix, ...more] = text.split('/');
  const address = host.includes('%') ? undefined : parseAddress(host);
  if (address === undefined || more.length > 0) return undefined;
  const { family, value } = address;
  const prefixBits = prefix === undefined ? WIDTH[family] : parsePrefix(prefix, host, family);
  if (prefixBits === undefined) return undefined;
  const first = clearHostBits(address, prefixBits);
  return first === value ? { family, first, prefixBits } : undefined;
}

/** The block as text, `10.0.0.0/8`. */
export function formatNetwork(network: Network): string {
  return `${formatAddress({ family: network.family, value: network.first })}/${network.prefixBits}`;
}

/** True when the address lies in the block. A text that is no address lies in none. */
export function networkContains(network: Network, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed?.family === network.family && clearHostBits(parsed, network.prefixBits) === network.first;
}

/** True for an address that no other machine can reach (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopbackAddress(address: string): boolean {
  return LOOPBACK.some((network) => networkContains(network, address));
}

/** The network that an address is counted by: `192.0.2.7/32`, `2001:db8:0:100::/56`, or UNKNOWN_NETWORK. */
export function networkOf(address: string): string {
  if (CANONICAL_IPV4.test(address)) return `${address}/${COUNTED_PREFIX_BITS[4]}`;
  const parsed = parseAddress(address);
  if (parsed === undefined) return UNKNOWN_NETWORK;
  const { family } = parsed;
  const prefixBits = COUNTED_PREFIX_BITS[family];
  return formatNetwork({ family, first: clearHostBits(parsed, prefixBits), prefixBits });
}

const LOOPBACK: readonly Network[] = [
  { family: 4, first: 0x7f00_0000n, prefixBits: 8 },
  { family: 6, first: 1n, prefixBits: 128 },
];

function clearHostBits({ family, value }: Address, prefixBits: number): bigint {
  const hostBits = BigInt(WIDTH[family] - prefixBits);
  return (value >> hostBits) << hostBits;
}

// A mapped block counts its prefix from the front of 128 bits: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
function parsePrefix(text: string, host: string, family: 4 | 6): number | undefined {
  if (!/^(0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const mapped = family === 4 && host.includes(':');
  const bits = Number(text) - (mapped ? MAPPED_PREFIX_BITS : 0);
  return bits >= 0 && bits <= WIDTH[family] ? bits : undefined;
}

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split('.');
  // A leading zero is octal to some readers and decimal to others (RFC 6943 §3.1.1).
  const plain =
    octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
  return plain ? octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  // RFC 4291 §2.2: `::` stands for one or more groups of zeros.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

// The groups of one half. RFC 4291 §2.2: dotted IPv4 may stand for the last two groups of the whole address.
function parseGroups(half: string, endsAddress: boolean): readonly number[] | undefined {
  if (half === '') return [];
  const groups: number[] = [];
  const parts = half.split(':');
  for (const [index, part] of parts.entries()) {
    const dotted = endsAddress && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (dotted !== undefined) groups.push(Number(dotted >> 16n), Number(dotted & 0xffffn));
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((value >> shift) & 0xffffn).toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

// RFC 5952 §4.2.3: the longest run of zero groups is shortened, the first of equal ones.
function longestZeroRun(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === '0' ? length + 1 : 0;
    if (length > longest.length) longest = { start: index - length + 1, length };
  }
  return longest;
}
