/** Logins while many sessions are idle: whether those that are there make those that come dearer. */

import { closeAll, openIdle } from '../load/crowd.ts';
import type { Side } from '../sides/side.ts';
import type { World } from '../world.ts';
import { logins } from './logins.ts';
import type { Outcome, Scale, Work } from './work.ts';

/** Beside each number of sessions. */
export function besideWorks({ idle, logins: count }: Scale): readonly Work[] {
  return idle.map((sessions) => ({
    group: 'beside',
    name: `IMAP login, fresh TLS, beside ${sessions} sessions`,
    sides: ['postern'],
    heavy: true,
    run: (side, world) => loggedInBeside(side, world, { sessions, count }),
  }));
}

async function loggedInBeside(
  side: Side,
  world: World,
  { sessions, count }: { sessions: number; count: number },
): Promise<Outcome> {
  const { clients, failed } = await openIdle({ side, users: world.users, sessions });
  const outcome = await logins(side, world, { protocol: 'imap', handshake: 'fresh', atOnce: 16, count });
  await closeAll(clients);
  return { ...outcome, errors: outcome.errors + failed };
}
