/** How many clients the operating system lets this process have. Linux only; elsewhere nothing is known. */

import { closeSync, openSync, readFileSync } from 'node:fs';

/** A client and its session at the backend. */
const PER_CLIENT = 2;
/** Listeners, the store, probes, logins that only ask, and what the runtime itself holds. */
const RESERVED = 100;

/**
 * The clients for whom the open-file limit of this process is enough, at least one; undefined where the limit cannot be
 * read. Beyond them a login would find no descriptor for its backend, so they are better refused at the door.
 */
export function clientsWithinDescriptors(limits = readLimits()): number | undefined {
  const soft = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  return Number.isNaN(soft) ? undefined : Math.max(1, Math.floor((soft - RESERVED) / PER_CLIENT));
}

/** Whether one more file could be opened now. */
export function descriptorsLeft(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch {
    return false;
  }
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
