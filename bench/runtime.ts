/**
 * The bench itself, its load above all, runs on Node. Bun reads only five sockets in a handshake at each turn of its
 * event loop and the latest first, so a load on Bun would make some of its own clients wait, and show that wait as the
 * side's.
 */

import { runOk } from '../test/support/processes.ts';

/** The Bun that runs Postern, the `auth_http` service and the backend. */
export const BUN = process.env['POSTERN_BUN'] ?? 'bun';

/** "Bun 1.4.5" */
export async function bunVersion(): Promise<string> {
  return `Bun ${(await runOk(BUN, ['--version'])).trim()}`;
}
