/**
 * What an IMAP client sends, as events: commands, and while a SASL exchange goes on lines. Recognises a peer that
 * begins with TLS on a port that begins in clear, with whom there is nothing to say.
 */

import { CommandFramer } from '#wire/command-framer.ts';
import type { CommandEvent, FramingLimits } from '#wire/command-framer.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import type { FrontFramer } from '#protocol/front.ts';

export type ImapEvent =
  | CommandEvent
  /** The client's answer to a challenge. */
  | LineEvent
  /** Not our protocol: close without an answer. */
  | { readonly kind: 'foreign' };

/** The part of a dialogue's state that decides how bytes are read. */
export interface ReadingState {
  readonly at: 'command' | 'sasl' | 'deciding';
}

// The longest command before login: RFC 2971 §3.3 has 30 pairs of a name of 30 octets and a value of 1024.
const MAX_ID_BYTES = 32_768;

const LIMITS: FramingLimits = {
  lineBytes: MAX_ID_BYTES,
  literalBytes: 4096,
  commandBytes: MAX_ID_BYTES,
  literals: 60,
  skippedLiteralBytes: 65_536,
  synchronizing: 'accepted',
};

// RFC 8446 §5.1: the first byte of a TLS record that carries a client hello.
const TLS_HANDSHAKE = 0x16;

/** A framer for driveFront. */
export class ImapEvents implements FrontFramer<ReadingState, ImapEvent> {
  readonly #commands = new CommandFramer(LIMITS);
  #began: 'not yet' | 'with text' | 'with tls' = 'not yet';

  get heldBytes(): number {
    return this.#commands.heldBytes;
  }

  push(bytes: Uint8Array): void {
    if (this.#began === 'not yet' && bytes.length > 0) {
      this.#began = bytes[0] === TLS_HANDSHAKE ? 'with tls' : 'with text';
    }
    this.#commands.push(bytes);
  }

  /** An answer to a challenge is a line of its own: one that ends like a literal announces nothing. */
  next({ at }: ReadingState): ImapEvent | undefined {
    if (this.#began === 'with tls') return { kind: 'foreign' };
    return at === 'command' ? this.#commands.next() : this.#commands.nextLine();
  }

  take(): Buffer {
    return this.#commands.take();
  }

  clear(): void {
    this.#began = 'not yet';
    this.#commands.clear();
  }
}
