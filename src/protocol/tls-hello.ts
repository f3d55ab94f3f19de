/** Recognises a peer that begins with TLS on a port that begins in clear: there is nothing to say to it. */

// RFC 8446 §5.1: the first byte of a TLS record that carries a client hello.
const TLS_HANDSHAKE = 0x16;

/** Looks at the first byte of a stream. */
export class TlsHello {
  #first: number | undefined;

  /** The stream begins with a client hello. */
  get found(): boolean {
    return this.#first === TLS_HANDSHAKE;
  }

  push(bytes: Uint8Array): void {
    this.#first ??= bytes[0];
  }

  /** The stream begins anew. */
  clear(): void {
    this.#first = undefined;
  }
}
