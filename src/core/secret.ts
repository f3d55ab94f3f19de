/** A value that never shows itself: not in a log, an error, a template string or JSON. */

const HIDDEN = '[secret]';

/**
 * Holds a password, token or key. Made where the bytes are parsed, opened only where they are checked or sent on. A
 * password is a string of octets: older clients send theirs in Latin-1, and the mail server compares octets.
 */
export class Secret {
  readonly #bytes: Buffer;

  /** A text is held in UTF-8. */
  constructor(value: string | Uint8Array) {
    this.#bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
  }

  /**
   * The secret as text, to compare it with what is text by its nature (an app password, a code, a token). Octets that
   * are not UTF-8 come as U+FFFD: whatever must tell two such secrets apart uses exposeBytes().
   */
  expose(): string {
    return this.#bytes.toString('utf8');
  }

  /** The octets, as they came. Call it only to check the secret or to send it to the backend. */
  exposeBytes(): Buffer {
    return this.#bytes;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}
