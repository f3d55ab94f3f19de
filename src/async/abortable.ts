/** Work that is given up when a signal says so. */

import { Fault } from '#core/fault.ts';

/** The result of the work, or Fault DEADLINE when the signal comes first; the work then goes on unheeded. */
export async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(new Fault('DEADLINE', 'the login was given up before it was answered'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
