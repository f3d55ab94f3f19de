/**
 * Which sessions somebody has asked to see, and until when. Bounded in number and time: a request that is forgotten ends
 * by itself, and nothing is spent where there is none.
 */

import type { TraceRequest } from '#core/session.ts';

/** What a trace may name a session by. The account is known once a login has been tried. */
export interface Traceable {
  readonly session: string;
  readonly address: string;
  readonly account?: string | undefined;
}

const MAX_TRACES = 100;
/** The longest that a request may ask for, whatever it says. */
export const MAX_TRACE_SECONDS = 3600;

export class Traces {
  /** When each ends, on the worker's own clock: those of two machines need not agree. */
  readonly #until = new Map<string, number>();
  /** How much had passed when a session was last told of. */
  readonly #told = new WeakMap<object, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Begins a trace, or prolongs it. The oldest of too many makes room. */
  add({ by, value, seconds }: TraceRequest): void {
    const key = `${by} ${value}`;
    this.#until.delete(key);
    this.#until.set(key, this.#now() + Math.min(seconds, MAX_TRACE_SECONDS) * 1000);
    if (this.#until.size > MAX_TRACES) for (const oldest of this.#until.keys()) if (this.#until.delete(oldest)) break;
  }

  /** Whether any trace is on; forgets those that are over. */
  get active(): boolean {
    if (this.#until.size === 0) return false;
    const now = this.#now();
    for (const [key, until] of this.#until) if (until <= now) this.#until.delete(key);
    return this.#until.size > 0;
  }

  /** Whether more has passed in this session than when it was last asked. */
  isNews(session: object, bytes: number): boolean {
    const isNews = this.#told.get(session) !== bytes;
    this.#told.set(session, bytes);
    return isNews;
  }

  /** Whether this session is asked for. */
  covers({ session, address, account }: Traceable): boolean {
    if (!this.active) return false;
    const keys = [`session ${session}`, `address ${address}`];
    if (account !== undefined) keys.push(`account ${account}`);
    return keys.some((key) => this.#until.has(key));
  }
}
