/** Sessions that do nothing: memory of each, before and after its first sync, and CPU while idle. */

import { setTimeout as pause } from 'node:timers/promises';
import { inParallel } from '../../test/support/floods.ts';
import { AT_ONCE, closeAll, openIdle } from '../load/crowd.ts';
import { memoryKbOf, type Side, type SideName } from '../sides/side.ts';
import type { World } from '../world.ts';
import { counted, type Outcome, type Scale, type Work } from './work.ts';

/** Long enough for what is freed to be given back. */
const SETTLE_MS = 3_000;
/** As long as from one heartbeat of Postern's live list to the next. */
const IDLE_MS = 30_000;
/** What code needs once it is compiled is no session's. */
const WARM_UP = 4_000;
const SYNC_BYTES = 200 * 1024;
const SIDES: readonly SideName[] = ['postern', 'bare', 'nginx', 'haproxy', 'dovecot'];

/** Each number of sessions, opened and held by one side at a time. */
export function idleWorks({ idle }: Scale): readonly Work[] {
  return idle.map((sessions) => ({
    group: 'idle',
    name: `${sessions} idle sessions`,
    sides: SIDES,
    heavy: true,
    fresh: { warmUp: WARM_UP },
    run: (side, world) => idled(side, world, sessions),
  }));
}

async function idled(side: Side, world: World, sessions: number): Promise<Outcome> {
  await pause(SETTLE_MS);
  const baseKb = memoryKbOf(side);
  const load = process.cpuUsage();
  const { clients, failed } = await openIdle({ side, users: world.users, sessions });
  await pause(SETTLE_MS);
  const held = Math.max(1, clients.length);
  const each = () => (memoryKbOf(side) - baseKb) / held;
  const fresh = each();
  const idle = await counted(side, world, () => pause(IDLE_MS));
  const fetch = `a FETCH 1 BODY[]<0.${SYNC_BYTES}>\r\n`;
  let errors = failed;
  await inParallel(clients.length, AT_ONCE, async (at) => clients[at]?.ask(fetch).catch(() => (errors += 1)));
  await pause(SETTLE_MS);
  const synced = each();
  await closeAll(clients);
  const { user, system } = process.cpuUsage(load);
  return {
    readings: [
      { figure: 'memory', unit: 'KB per session', value: fresh },
      { figure: 'memory after 200 KB', unit: 'KB per session', value: synced },
      { figure: 'memory without sessions', unit: 'MB', value: baseKb / 1024 },
      { figure: 'CPU while idle', unit: 'ms per second', value: (idle.cpuSeconds * 1000) / idle.wallSeconds },
    ],
    errors,
    loadCpuSeconds: (user + system) / 1e6,
  };
}
