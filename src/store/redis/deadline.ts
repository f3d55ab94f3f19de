/** The longest that anything here waits. */

export interface Deadline {
  /** Rejects when the time is over; never resolves. */
  readonly reached: Promise<never>;
  /** True from then on. */
  over(): boolean;
  cancel(): void;
}

/**
 * Begins to wait for `ms`, then rejects with `message`. `idle`: nobody may be waiting, so the deadline alone does not
 * keep the process alive.
 */
export function startDeadline(ms: number, message: string, kind: 'awaited' | 'idle' = 'awaited'): Deadline {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    reject(new Error(message));
  }, ms);
  if (kind === 'idle') timer.unref();
  return { reached: promise, over: () => over, cancel: () => clearTimeout(timer) };
}
