/** Carries what no mail client waits for together: each write costs both ends more than its commands. */

/** Returns what went wrong with each of the items, in their order; undefined where nothing did. */
type Carry<T> = (items: readonly T[]) => Promise<readonly (Error | undefined)[]>;

export class WriteBatch<T> {
  readonly #everyMs: number;
  readonly #carry: Carry<T>;
  #waiting: T[] = [];
  #next: PromiseWithResolvers<readonly (Error | undefined)[]> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Whatever comes within `everyMs` is carried by one call of `carry`, unless it is more than one may take. */
  constructor(everyMs: number, carry: Carry<T>) {
    this.#everyMs = everyMs;
    this.#carry = carry;
  }

  /** Rejects with what went wrong with this item, or with the whole call. */
  async add(item: T): Promise<void> {
    this.#next ??= Promise.withResolvers();
    const { promise } = this.#next;
    const at = this.#waiting.push(item) - 1;
    if (this.#waiting.length >= MOST_AT_ONCE) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#everyMs);
    const fault = (await promise)[at];
    if (fault !== undefined) throw fault;
  }

  /** Carries at once what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    const [items, next] = [this.#waiting, this.#next];
    [this.#waiting, this.#next, this.#timer] = [[], undefined, undefined];
    next?.resolve(Promise.try(this.#carry, items));
  }
}

/** A script must not hold Redis up for long. */
export const MOST_AT_ONCE = 256;
