/** The longest that anything here waits. */

/** A promise that rejects after `ms`, unless it is cancelled before. */
export function startDeadline(ms: number, message: string): { reached: Promise<never>; cancel(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const timer = setTimeout(() => reject(new Error(message)), ms);
  return { reached: promise, cancel: () => clearTimeout(timer) };
}
