/** Writes the few DER types that a certificate is made of. Reads nothing. ITU-T X.690 §8, §10, §11. */

const TAGS = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  oid: 6,
  utf8: 12,
  utcTime: 23,
  sequence: 48,
  set: 49,
};

/** One type-length-value (X.690 §8.1); lengths up to 65,535 octets. */
function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  // §10.1: the shortest form of the length.
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const head = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

export function sequence(...items: readonly Buffer[]): Buffer {
  return tlv(TAGS.sequence, Buffer.concat(items));
}

/** A set of one member, which is all that names need. */
export function set(item: Buffer): Buffer {
  return tlv(TAGS.set, item);
}

/** A non-negative integer from its big-endian octets. */
export function integer(octets: Buffer): Buffer {
  const first = octets.findIndex((octet) => octet !== 0);
  const shortest = first < 0 ? Buffer.of(0) : octets.subarray(first);
  // §8.3.3: a leading one-bit would make it negative.
  const positive = (shortest[0] ?? 0) < 0x80 ? shortest : Buffer.concat([Buffer.of(0), shortest]);
  return tlv(TAGS.integer, positive);
}

export function bool(value: boolean): Buffer {
  return tlv(TAGS.boolean, Buffer.of(value ? 0xff : 0));
}

/** A bit string; `unusedBits` of its last octet do not count. */
export function bitString(octets: Buffer, unusedBits = 0): Buffer {
  return tlv(TAGS.bitString, Buffer.concat([Buffer.of(unusedBits), octets]));
}

export function octetString(octets: Buffer): Buffer {
  return tlv(TAGS.octetString, octets);
}

export function utf8(text: string): Buffer {
  return tlv(TAGS.utf8, Buffer.from(text));
}

/** A time before 2050 in whole seconds (RFC 5280 §4.1.2.5.1). */
export function utcTime(time: Date): Buffer {
  const digits = time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return tlv(TAGS.utcTime, Buffer.from(digits.slice(2)));
}

/** An object identifier from its dotted form (X.690 §8.19). */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(TAGS.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A context-specific value: `[number]`, constructed around other values or primitive around octets. */
export function context(number: number, content: Buffer, form: 'constructed' | 'primitive'): Buffer {
  return tlv((form === 'constructed' ? 0xa0 : 0x80) | number, content);
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
