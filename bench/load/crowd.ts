/** Many clients that log in and then say nothing. */

import { inParallel } from '../../test/support/floods.ts';
import type { Target } from '../sides/side.ts';
import type { Client } from './client.ts';
import { logIn, userAt, type User } from './login.ts';

export interface Crowd {
  readonly side: Target;
  readonly users: readonly User[];
  readonly sessions: number;
  /** The loopback address that they come from; default the usual one. */
  readonly from?: string | undefined;
}

/** How many log in at one time. */
export const AT_ONCE = 32;

/** Opens them; those that failed are only counted. */
export async function openIdle(
  crowd: Crowd,
): Promise<{ readonly clients: readonly Client[]; readonly failed: number }> {
  const clients: Client[] = [];
  let failed = 0;
  await inParallel(crowd.sessions, AT_ONCE, async (at) => {
    try {
      const client = await logIn(crowd.side, 'imap', userAt(crowd, at), { from: crowd.from });
      client.rest();
      clients.push(client);
    } catch {
      failed += 1;
    }
  });
  return { clients, failed };
}

/** Closes all of them and waits for it. */
export async function closeAll(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
}
