/** Carries what nobody waits for together, a few times a second: each write costs both ends more than its commands. */

export class Convoy<T> {
  readonly #everyMs: number;
  readonly #carry: (items: readonly T[]) => Promise<void>;
  readonly #underWay = new Set<Promise<void>>();
  #waiting: T[] = [];
  #next: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Whatever comes within `everyMs` is carried by one call of `carry`. */
  constructor(everyMs: number, carry: (items: readonly T[]) => Promise<void>) {
    this.#everyMs = everyMs;
    this.#carry = carry;
  }

  /** Resolves or rejects as the call that carries it does. */
  async join(item: T): Promise<void> {
    this.#waiting.push(item);
    this.#next ??= Promise.withResolvers();
    this.#timer ??= setTimeout(() => this.#depart(), this.#everyMs);
    await this.#next.promise;
  }

  /** Carries what waits at once, and resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    this.#depart();
    await Promise.allSettled(this.#underWay);
  }

  #depart(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#next;
    if (next === undefined) return;
    const carried = this.#carry(this.#waiting);
    this.#waiting = [];
    this.#next = undefined;
    next.resolve(carried);
    this.#underWay.add(carried);
    const done = (): void => void this.#underWay.delete(carried);
    carried.then(done, done);
  }
}
