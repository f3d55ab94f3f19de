/**
 * Lines from a client that has not logged in, for POP3 and submission. Recognises peers that speak another protocol
 * (TLS on a port that begins in clear, HTTP sent by a browser), with whom there is nothing to say.
 */

import { LineReader } from '#wire/line-reader.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import { TlsHello } from './tls-hello.ts';

export type ClientLine =
  | LineEvent
  /** Not our protocol: close without an answer. */
  | { readonly kind: 'foreign' };

const FOREIGN: ClientLine = { kind: 'foreign' };

// RFC 9110 §9, and the preface of HTTP/2. None of them is a mail command.
export const HTTP_REQUEST = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI) /;

/** A framer for driveFront. */
export class ClientLines {
  readonly #reader: LineReader;
  readonly #hello = new TlsHello();

  /** `maxLineBytes` counts a line without its line end. */
  constructor(maxLineBytes: number) {
    this.#reader = new LineReader(maxLineBytes);
  }

  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  push(bytes: Uint8Array): void {
    this.#hello.push(bytes);
    this.#reader.push(bytes);
  }

  next(): ClientLine | undefined {
    if (this.#hello.found) return FOREIGN;
    const event = this.#reader.next();
    return event?.kind === 'line' && HTTP_REQUEST.test(event.line) ? FOREIGN : event;
  }

  take(): Buffer {
    return this.#reader.take();
  }

  clear(): void {
    this.#hello.clear();
    this.#reader.clear();
  }
}
