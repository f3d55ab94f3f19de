/** Waiting, and not for too long. */

/** Resolves after this many milliseconds. */
export async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * The result of some work, or after so many milliseconds what `late` gives then; the work goes on by itself. Rejects as
 * the work does until then.
 */
export async function withTimeout<T, L>(ms: number, work: Promise<T>, late: () => L): Promise<T | L> {
  const limit = Promise.withResolvers<L>();
  const timer = setTimeout(() => limit.resolve(late()), ms);
  try {
    return await Promise.race([work, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A signal that fires when another one does or after so long, whichever is first. */
export class Deadline {
  readonly #of: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(of: AbortSignal, ms: number) {
    this.#of = of;
    this.#timer = setTimeout(this.#fire, ms);
    of.addEventListener('abort', this.#fire);
    if (of.aborted) this.#fire();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** It is not needed any more: it will not fire. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#of.removeEventListener('abort', this.#fire);
  }

  readonly #fire = (): void => {
    this.clear();
    this.#controller.abort();
  };
}

/** Calls once nothing has moved for so long. A movement costs a look at the clock: the timer is set again when it fires. */
export class IdleTimer {
  readonly #ms: number;
  readonly #call: () => void;
  #timer: NodeJS.Timeout;
  #lastMoved = performance.now();

  constructor(ms: number, call: () => void) {
    this.#ms = ms;
    this.#call = call;
    this.#timer = setTimeout(this.#check, ms);
  }

  /** Milliseconds since something moved. */
  get stillMs(): number {
    return performance.now() - this.#lastMoved;
  }

  moved(): void {
    this.#lastMoved = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #check = (): void => {
    const leftMs = this.#ms - this.stillMs;
    if (leftMs <= 1) this.#call();
    else this.#timer = setTimeout(this.#check, leftMs);
  };
}
