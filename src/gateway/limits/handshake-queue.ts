/**
 * Lets in so many at each turn of the event loop, in the order in which they came. Bun reads only five sockets in a
 * handshake at each turn, and of those that are left over the latest first: where more clients come than can be served at
 * once, the first of them waited until the storm was over.
 */

/** Each handshake has two reads: with more to begin, some would be left over. */
export const HANDSHAKES_PER_TURN = 2;

export class HandshakeQueue {
  readonly #perTurn: number;
  #letIn = 0;
  #waiting: (() => void)[] = [];
  #turning = false;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Undefined: go on. Else go on when it resolves. */
  enter(): Promise<void> | undefined {
    if (!this.#turning) setImmediate(this.#turn);
    this.#turning = true;
    if (this.#waiting.length === 0 && this.#letIn < this.#perTurn) {
      this.#letIn += 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  readonly #turn = (): void => {
    const next = this.#waiting.splice(0, this.#perTurn);
    this.#letIn = next.length;
    this.#turning = next.length > 0;
    if (this.#turning) setImmediate(this.#turn);
    for (const letIn of next) letIn();
  };
}
