/** Streams of bytes to feed to a dialogue: words of its protocol among line ends, noise and far too much of one thing. */

import fc from 'fast-check';

/** Words of a protocol, and what leads to each of its states. One character for each byte. */
export interface Grammar {
  readonly words: readonly string[];
  /** Each is played first. */
  readonly beginnings: readonly string[];
}

/** Pieces in the order in which they arrive. */
export function streams({ words, beginnings }: Grammar): fc.Arbitrary<string[]> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...words) },
    { weight: 3, arbitrary: fc.constantFrom('\r\n', '\n', '\r', ' ', '"', '{3}', '{3+}', '{4-}', '=', '*', '\0') },
    { weight: 1, arbitrary: noise },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((length) => 'A'.repeat(length)) },
    { weight: 1, arbitrary: fc.constantFrom('GET / HTTP/1.1\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01') },
  );
  return fc
    .tuple(fc.constantFrom(...beginnings), fc.array(piece, { maxLength: 30 }))
    .map(([beginning, pieces]) => [beginning, ...pieces]);
}

/** Any bytes. */
export const noise = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Cuts a text into pieces of one size. */
export function cut(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}
