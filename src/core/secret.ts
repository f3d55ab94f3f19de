/** A value that never shows itself: not in a log, an error, a template string or JSON. */

const HIDDEN = '[secret]';

/** Holds a password, token or key. Made where the bytes are parsed, opened only where they are checked or sent on. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself. Call it only to check the secret or to send it to the backend. */
  expose(): string {
    return this.#value;
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
