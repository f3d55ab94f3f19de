/** The gate after a submission login: mail and idle sessions, with it and without, in turn. */

import { setTimeout as pause } from 'node:timers/promises';
import { inParallel } from '../../test/support/floods.ts';
import type { Client } from '../load/client.ts';
import { AT_ONCE, closeAll } from '../load/crowd.ts';
import { logIn, userAt } from '../load/login.ts';
import { memoryKbOf, type Side } from '../sides/side.ts';
import type { World } from '../world.ts';
import { transferWorks } from './transfers.ts';
import type { Outcome, Scale, Work } from './work.ts';

const SETTLE_MS = 3_000;
const WARM_UP = 4_000;
const SIDES = ['postern', 'ungated'] as const;

/** DATA at each number of sessions, and sessions that rest after a login. */
export function gateWorks(scale: Scale): readonly Work[] {
  const data = transferWorks(scale).filter(({ name }) => name.startsWith('DATA'));
  const idle = scale.idle.slice(0, 1).map((sessions): Work => {
    const run = (side: Side, world: World): Promise<Outcome> => rested(side, world, sessions);
    return {
      group: 'gate',
      name: `${sessions} idle submission sessions`,
      sides: SIDES,
      fresh: { warmUp: WARM_UP },
      run,
    };
  });
  return [...data.map((work): Work => ({ ...work, group: 'gate', sides: SIDES })), ...idle];
}

async function rested(side: Side, world: World, sessions: number): Promise<Outcome> {
  await pause(SETTLE_MS);
  const baseKb = memoryKbOf(side);
  const load = process.cpuUsage();
  const clients: Client[] = [];
  let errors = 0;
  await inParallel(sessions, AT_ONCE, async (at) => {
    try {
      const client = await logIn(side, 'submission', userAt(world, at));
      clients.push(client);
      // A command, so that the gate has been at work.
      await client.ask('RSET\r\n');
      client.rest();
    } catch {
      errors += 1;
    }
  });
  await pause(SETTLE_MS);
  const value = (memoryKbOf(side) - baseKb) / Math.max(1, clients.length);
  await closeAll(clients);
  const { user, system } = process.cpuUsage(load);
  return {
    readings: [{ figure: 'memory', unit: 'KB per session', value }],
    errors,
    loadCpuSeconds: (user + system) / 1e6,
  };
}
