/** What a ManageSieve client sends, as events: commands and answers alike are lines with strings (RFC 5804 §1.2, §4). */

import { CommandFramer } from '#wire/command-framer.ts';
import type { CommandEvent, FramingLimits } from '#wire/command-framer.ts';
import { MAX_RESPONSE_BYTES } from '#sasl/exchange.ts';
import { HTTP_REQUEST } from '#protocol/client-lines.ts';
import { TlsHello } from '#protocol/tls-hello.ts';

export type SieveEvent =
  | CommandEvent
  /** Not our protocol: close without an answer. */
  | { readonly kind: 'foreign' };

const LIMITS: FramingLimits = {
  lineBytes: MAX_RESPONSE_BYTES + 128,
  literalBytes: MAX_RESPONSE_BYTES,
  commandBytes: 2 * MAX_RESPONSE_BYTES,
  literals: 4,
  // Scripts that somebody uploads before login are read to their end, within reason.
  skippedLiteralBytes: 65_536,
  synchronizing: 'refused',
};

/** A framer for driveFront. */
export class SieveEvents {
  readonly #commands = new CommandFramer(LIMITS);
  readonly #hello = new TlsHello();

  get heldBytes(): number {
    return this.#commands.heldBytes;
  }

  push(bytes: Uint8Array): void {
    this.#hello.push(bytes);
    this.#commands.push(bytes);
  }

  next(): SieveEvent | undefined {
    if (this.#hello.found) return { kind: 'foreign' };
    const event = this.#commands.next();
    const first = event?.kind === 'command' ? event.pieces[0] : undefined;
    return first?.kind === 'text' && HTTP_REQUEST.test(first.text) ? { kind: 'foreign' } : event;
  }

  take(): Buffer {
    return this.#commands.take();
  }

  clear(): void {
    this.#hello.clear();
    this.#commands.clear();
  }
}
