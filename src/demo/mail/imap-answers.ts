/** imap-core asks by callback. These turn a result, or an exception, into the one call that it waits for. */

/** Calls back with what `work` returns, a tuple of result and extra, or with the error that it throws. */
export function answer<R, X>(
  done: (error: Error | null, result?: R, extra?: X) => void,
  work: () => readonly [NoInfer<R>, NoInfer<X>?],
): void {
  let result: readonly [R, X?];
  try {
    result = work();
  } catch (error) {
    done(toError(error));
    return;
  }
  done(null, ...result);
}

/** The same for work that takes its time. */
export function answerLater<R>(done: WildduckCallback<R>, work: () => Promise<R>): void {
  void work().then(
    (result) => done(null, result),
    (error: unknown) => done(toError(error)),
  );
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
