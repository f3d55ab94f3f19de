/** Text as bytes and back, without guessing. RFC 3629. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, or undefined when the bytes are not well-formed UTF-8 (overlong, surrogate, cut off). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads a line of one character per byte as UTF-8. Undefined when it is not well-formed. */
export function utf8FromLine(line: string): string | undefined {
  return decodeUtf8(Buffer.from(line, 'latin1'));
}

/** Writes text as UTF-8 in a line of one character per byte. */
export function lineFromUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
