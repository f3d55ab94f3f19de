/**
 * Splits a stream of bytes into numbered lines of UTF-8, one at a time: a file of any size takes the memory of one line.
 * A line that is too long or is not UTF-8 is reported as such and passed over, so that the next one is read in step.
 */

export type NumberedLine =
  | { readonly kind: 'text'; readonly line: number; readonly text: string; readonly bytesRead: number }
  | { readonly kind: 'faulty'; readonly line: number; readonly why: string; readonly bytesRead: number };

/** What a line may hold: far more than an account with all its app passwords' names. */
const MAX_LINE_BYTES = 1024 * 1024;

const LINE_FEED = 0x0a;

/**
 * Yields every line that is not blank, with its number counted from 1. LF and CRLF both end one; a byte order mark at the
 * beginning is dropped. `bytesRead` counts to the end of the line.
 */
export async function* numberedLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<NumberedLine> {
  const held = { parts: new Array<Uint8Array>(), bytes: 0 };
  let line = 1;
  let bytesRead = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      hold(held, chunk.subarray(start, end), maxBytes);
      bytesRead += end + 1 - start;
      yield* read(held, { line, bytesRead, maxBytes });
      line += 1;
      start = end + 1;
    }
    hold(held, chunk.subarray(start), maxBytes);
    bytesRead += chunk.length - start;
  }
  yield* read(held, { line, bytesRead, maxBytes });
}

interface Held {
  parts: Uint8Array[];
  bytes: number;
}

// What is beyond the limit is counted, not kept.
function hold(held: Held, part: Uint8Array, maxBytes: number): void {
  held.bytes += part.length;
  if (held.bytes <= maxBytes) held.parts.push(part);
  else held.parts = [];
}

function* read(
  held: Held,
  at: { readonly line: number; readonly bytesRead: number; readonly maxBytes: number },
): Generator<NumberedLine> {
  const { line, bytesRead, maxBytes } = at;
  const { parts, bytes } = held;
  held.parts = [];
  held.bytes = 0;
  if (bytes > maxBytes) {
    yield { kind: 'faulty', line, bytesRead, why: `it is longer than ${maxBytes} bytes` };
    return;
  }
  const text = decode(Buffer.concat(parts), line === 1);
  if (text === undefined) yield { kind: 'faulty', line, bytesRead, why: 'it is not UTF-8 text' };
  else if (text.trim() !== '') yield { kind: 'text', line, bytesRead, text };
}

function decode(bytes: Buffer, first: boolean): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: !first }).decode(bytes);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  } catch {
    return undefined;
  }
}
