/** The signals that end a gateway. */

interface ShutdownSignals {
  /** The first SIGTERM or SIGINT: drain. */
  readonly first: Promise<string>;
  /** Any further one: end at once. */
  readonly again: AbortSignal;
}

export function listenToSignals(): ShutdownSignals {
  const again = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  let heard = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (heard) again.abort();
      heard = true;
      resolve(name);
    });
  }
  return { first: promise, again: again.signal };
}
