/** Carries what no mail client waits for together: each write costs both ends more than its commands. */

export class Convoy<T> {
  readonly #everyMs: number;
  readonly #carry: (items: readonly T[]) => Promise<void>;
  #waiting: T[] = [];
  #next: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Whatever comes within `everyMs` is carried by one call of `carry`, unless it is more than one may take. */
  constructor(everyMs: number, carry: (items: readonly T[]) => Promise<void>) {
    this.#everyMs = everyMs;
    this.#carry = carry;
  }

  /** Resolves or rejects as the call that carries it does. */
  async join(item: T): Promise<void> {
    this.#next ??= Promise.withResolvers();
    const { promise } = this.#next;
    this.#waiting.push(item);
    if (this.#waiting.length >= MOST_AT_ONCE) this.depart();
    else this.#timer ??= setTimeout(() => this.depart(), this.#everyMs);
    await promise;
  }

  /** Carries at once what waits. */
  depart(): void {
    clearTimeout(this.#timer);
    const [items, next] = [this.#waiting, this.#next];
    [this.#waiting, this.#next, this.#timer] = [[], undefined, undefined];
    next?.resolve(Promise.try(this.#carry, items));
  }
}

/** A script must not hold Redis up for long. */
export const MOST_AT_ONCE = 256;
