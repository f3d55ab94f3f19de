/**
 * Keeps who asks too often waiting for the refusal, so that asking again costs them time. All wait equally long, in the
 * order of their arrival, so that one timer serves them all; beyond a number of them nobody is kept waiting.
 */

export interface TarpitOptions {
  readonly delayMs: number;
  /** How many wait at one time. */
  readonly max: number;
}

interface Held {
  /** By performance.now(). */
  readonly until: number;
  readonly release: () => void;
}

export class Tarpit {
  readonly #options: TarpitOptions;
  readonly #held = new Set<Held>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TarpitOptions) {
    this.#options = options;
  }

  /** How many wait now. */
  get size(): number {
    return this.#held.size;
  }

  /** Resolves after the delay; at once when the signal fires or too many wait already. */
  async delay(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#held.size >= this.#options.max) return;
    await new Promise<void>((resolve) => {
      const held: Held = {
        until: performance.now() + this.#options.delayMs,
        release: () => {
          this.#held.delete(held);
          if (this.#held.size === 0) this.#rest();
          signal.removeEventListener('abort', held.release);
          resolve();
        },
      };
      this.#held.add(held);
      signal.addEventListener('abort', held.release);
      if (this.#timer === undefined) this.#releaseAfter(this.#options.delayMs);
    });
  }

  #releaseAfter(ms: number): void {
    this.#timer = setTimeout(() => this.#releaseDue(), ms);
  }

  // With nobody waiting there is nothing to wake up for.
  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #releaseDue(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const held of this.#held) {
      if (held.until > now) {
        return this.#releaseAfter(held.until - now);
      }
      held.release();
    }
  }
}
