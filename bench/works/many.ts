/**
 * More idle sessions than one process may open sockets here: clients and backend are several processes, and so are the
 * sides. Memory and CPU as for fewer sessions, without the first sync.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { start, type Running } from '../../test/support/processes.ts';
import type { Crowd } from '../load/crowd.ts';
import type { Held } from '../load/holder.ts';
import { cpuSecondsOf } from '../measure/processes.ts';
import { memoryKbOf, type Side } from '../sides/side.ts';
import type { World } from '../world.ts';
import { counted, type Outcome, type Scale, type Work } from './work.ts';

/** Each of so many processes holds its share. */
const HOLDERS = 4;
/** For six workers. */
const WARM_UP = 10_000;
const PROCESSES = { workers: 6, backends: 4 };
const HOLDER = join(import.meta.dirname, '../load/holder.ts');
const OPEN_DEADLINE_MS = 600_000;
const SETTLE_MS = 5_000;
const IDLE_MS = 20_000;

/** One number of sessions. */
export function manyWorks({ many }: Scale): readonly Work[] {
  return [
    {
      group: 'many',
      name: `${many} idle sessions`,
      sides: ['postern', 'nginx'],
      heavy: true,
      fresh: { warmUp: WARM_UP },
      processes: PROCESSES,
      run: (side, world) => held(side, world, many),
    },
  ];
}

async function held(side: Side, world: World, sessions: number): Promise<Outcome> {
  await pause(SETTLE_MS);
  const baseKb = memoryKbOf(side);
  const holders = await Promise.all(
    Array.from({ length: HOLDERS }, (_, at) => startHolder(side, world, { sessions: sessions / HOLDERS, at })),
  );
  try {
    const counts: readonly Held[] = await Promise.all(
      holders.map(async (holder) => JSON.parse(await holder.line(/^\{/, OPEN_DEADLINE_MS))),
    );
    const [open, errors] = [sum(counts.map((one) => one.held)), sum(counts.map(({ failed }) => failed))];
    await pause(SETTLE_MS);
    const memory = (memoryKbOf(side) - baseKb) / Math.max(1, open);
    const idle = await counted(side, world, () => pause(IDLE_MS));
    return {
      readings: [
        { figure: 'memory', unit: 'KB per session', value: memory },
        { figure: 'memory without sessions', unit: 'MB', value: baseKb / 1024 },
        { figure: 'CPU while idle', unit: 'ms per second', value: (idle.cpuSeconds * 1000) / idle.wallSeconds },
      ],
      errors,
      loadCpuSeconds: cpuSecondsOf(holders.map(({ pid }) => pid)),
    };
  } finally {
    await Promise.all(holders.map((holder) => holder.stop()));
  }
}

// From an address of its own, or the ports of one would run out.
async function startHolder(side: Side, world: World, share: { sessions: number; at: number }): Promise<Running> {
  const { name, ports, tls } = side;
  const { sessions, at } = share;
  const crowd: Crowd = { side: { name, ports, tls }, users: world.users, sessions, from: `127.0.1.${at + 1}` };
  const file = join(world.directory, `crowd-${at}.json`);
  await writeFile(file, JSON.stringify(crowd), { mode: 0o600 });
  return start(process.execPath, [HOLDER, file]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
