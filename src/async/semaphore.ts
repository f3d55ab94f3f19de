export interface TurnsLimits {
  /** Work that is under way for so many milliseconds holds nobody else up any more. */
  readonly heldMs: number;
  /** Whoever has waited for so many milliseconds gives up: its work is never begun. */
  readonly waitMs: number;
  /** What it is told then. */
  readonly gaveUp: () => Error;
}

/** Lets only so many pieces of work be under way at one time; the others wait in the order in which they came. */
export class Turns {
  #free: number;
  readonly #limits: TurnsLimits | undefined;
  readonly #waiting = new Set<() => void>();

  /** Without limits a turn lasts as long as its work, and nobody gives up. */
  constructor(atOnce: number, limits?: TurnsLimits) {
    this.#free = atOnce;
    this.#limits = limits;
  }

  /** Runs the work when its turn comes. Resolves or rejects as the work does, or rejects with what gaveUp() says. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn();
    let held = true;
    const giveOn = (): void => {
      if (held) this.#next();
      held = false;
    };
    const timer = this.#limits === undefined ? undefined : setTimeout(giveOn, this.#limits.heldMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      giveOn();
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const giveUp = ({ gaveUp }: TurnsLimits): void => {
        this.#waiting.delete(enter);
        reject(gaveUp());
      };
      const timer = this.#limits === undefined ? undefined : setTimeout(giveUp, this.#limits.waitMs, this.#limits);
      this.#waiting.add(enter);
    });
  }

  // A Set keeps the order of arrival, and taking from its front costs the same however many wait.
  #next(): void {
    for (const enter of this.#waiting) {
      this.#waiting.delete(enter);
      enter();
      return;
    }
    this.#free += 1;
  }
}
