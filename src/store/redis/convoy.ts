/** Lets commands that nobody waits for travel with others, in one write: each write costs both ends more than the command. */

export class Convoy {
  readonly #maxWaitMs: number;
  #next: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Nobody waits longer than `maxWaitMs` for others to go. */
  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
  }

  /** Resolves at the next departure. */
  async departure(): Promise<void> {
    this.#next ??= Promise.withResolvers();
    this.#timer ??= setTimeout(() => this.depart(), this.#maxWaitMs);
    await this.#next.promise;
  }

  /** To be called by whoever sends a command now: all that wait send theirs in the same tick. */
  depart(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next?.resolve();
    this.#next = undefined;
  }
}
