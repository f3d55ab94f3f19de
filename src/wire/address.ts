/** IP addresses as text and as bytes. No names, no zones, no ports. RFC 4291 §2.2, RFC 5952. */

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * The one shortest text of an IPv4 or IPv6 address, undefined when it is neither. An IPv4-mapped IPv6 address is given
 * as IPv4, so that a client counts as one whichever way it reached a dual-stack socket.
 */
export function canonicalAddress(text: string): string | undefined {
  if (IPV4.test(text)) return text;
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(':')) return undefined;
  // The URL standard's parser is strict about IPv6 and writes RFC 5952's form.
  const written = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  return written === undefined ? undefined : (mappedIpv4(written) ?? written);
}

/** The 4 or 16 bytes of an address in canonicalAddress's form, in network order. */
export function addressBytes(canonical: string): Buffer {
  if (!canonical.includes(':')) return Buffer.from(canonical.split('.').map(Number));
  const [head = '', tail] = canonical.split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const between = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...between, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

/** The canonical text of 4 or 16 bytes in network order; undefined for any other number. */
export function addressText(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  return canonicalAddress(Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':'));
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

// RFC 4291 §2.5.5.2; the URL standard writes these with two hexadecimal groups.
function mappedIpv4(written: string): string | undefined {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return groups(`${high}:${low}`)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}
