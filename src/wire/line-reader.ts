/**
 * Bytes to lines, for every protocol that speaks in them. Knows no verb and no character set: a line is one
 * character per byte. RFC 5321 §2.3.8 demands CRLF; a bare LF ends a line too, because clients typed by hand send it.
 */

import { ByteQueue } from './byte-queue.ts';

export type LineEvent =
  | { readonly kind: 'line'; readonly line: string }
  /** A line over the limit has been read to its end and dropped. */
  | { readonly kind: 'too-long' };

const TOO_LONG: LineEvent = { kind: 'too-long' };

/** Cuts lines out of a stream. Holds at most one incomplete line plus what was pushed and not yet asked for. */
export class LineReader {
  readonly #queue = new ByteQueue();
  readonly #maxLineBytes: number;
  /** The line being read is over the limit: its beginning is gone, its end must still be found. */
  #poisoned = false;

  /** `maxLineBytes` counts a line without its line end. */
  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes that were pushed and not yet read. */
  get heldBytes(): number {
    return this.#queue.length;
  }

  push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
  }

  /** The next line without its line end, `too-long` once in place of an oversized one, or undefined: wait for more. */
  next(): LineEvent | undefined {
    const length = this.#queue.lineLength();
    if (length === undefined) {
      this.#dropIfHopeless();
      return undefined;
    }
    const line = withoutLineEnd(this.#queue.takeText(length));
    const tooLong = this.#poisoned || line.length > this.#maxLineBytes;
    this.#poisoned = false;
    return tooLong ? TOO_LONG : { kind: 'line', line };
  }

  /** Takes everything unread, for whoever speaks next on this stream. */
  take(): Buffer {
    this.#poisoned = false;
    return this.#queue.take(this.#queue.length);
  }

  /** Forgets everything unread. */
  clear(): void {
    this.#poisoned = false;
    this.#queue.clear();
  }

  // One byte more than the limit may be the CR of a line that just fits.
  #dropIfHopeless(): void {
    if (!this.#poisoned && this.#queue.length <= this.#maxLineBytes + 1) return;
    this.#poisoned = true;
    this.#queue.clear();
  }
}

/** A line without its LF or CRLF. A CR anywhere else stays, for the parser to refuse. */
export function withoutLineEnd(line: string): string {
  return line.endsWith('\r\n') ? line.slice(0, -2) : line.slice(0, -1);
}
