export interface SemaphoreLimits {
  /** Work that is under way for so many milliseconds holds nobody else up any more. */
  readonly leaseMs: number;
  /** Whoever has waited for so many milliseconds gives up: its work is never begun. */
  readonly queueTimeoutMs: number;
  /** What it is told then. */
  readonly onTimeout: () => Error;
}

/** Lets only so many pieces of work be under way at one time; the others wait in the order in which they came. */
export class Semaphore {
  #free: number;
  readonly #limits: SemaphoreLimits | undefined;
  readonly #waiting = new Set<() => void>();

  /** Without limits a turn lasts as long as its work, and nobody gives up. */
  constructor(atOnce: number, limits?: SemaphoreLimits) {
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
    const timer = this.#limits === undefined ? undefined : setTimeout(giveOn, this.#limits.leaseMs);
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
      const giveUp = ({ onTimeout }: SemaphoreLimits): void => {
        this.#waiting.delete(enter);
        reject(onTimeout());
      };
      const timer =
        this.#limits === undefined ? undefined : setTimeout(giveUp, this.#limits.queueTimeoutMs, this.#limits);
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
