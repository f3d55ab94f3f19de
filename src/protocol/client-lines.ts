/**
 * Lines from a client that has not logged in, for POP3 and submission. Recognises peers that speak another protocol
 * (TLS on a port that begins in clear, HTTP sent by a browser), with whom there is nothing to say.
 */

import { LineReader } from '../wire/line-reader.ts';
import type { LineEvent } from '../wire/line-reader.ts';

export type ClientLine =
  | LineEvent
  /** Not our protocol: close without an answer. */
  | { readonly kind: 'foreign' };

const FOREIGN: ClientLine = { kind: 'foreign' };

// RFC 8446 §5.1: the first byte of a TLS record that carries a client hello.
const TLS_HANDSHAKE = 0x16;
// RFC 9110 §9, and the preface of HTTP/2. None of them is a mail command.
const HTTP_REQUEST = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI) /;

/** A framer for driveFront. */
export class ClientLines {
  readonly #reader: LineReader;
  #began: 'not yet' | 'with text' | 'with tls' = 'not yet';

  /** `maxLineBytes` counts a line without its line end. */
  constructor(maxLineBytes: number) {
    this.#reader = new LineReader(maxLineBytes);
  }

  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  push(bytes: Uint8Array): void {
    if (this.#began === 'not yet' && bytes.length > 0) {
      this.#began = bytes[0] === TLS_HANDSHAKE ? 'with tls' : 'with text';
    }
    this.#reader.push(bytes);
  }

  next(): ClientLine | undefined {
    if (this.#began === 'with tls') return FOREIGN;
    const event = this.#reader.next();
    return event?.kind === 'line' && HTTP_REQUEST.test(event.line) ? FOREIGN : event;
  }

  take(): Buffer {
    return this.#reader.take();
  }

  clear(): void {
    this.#began = 'not yet';
    this.#reader.clear();
  }
}
