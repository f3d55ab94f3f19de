/** Everybody comes back at once, as after a restart: how long until all are in, and whether any is refused. */

import type { Client } from '../load/client.ts';
import { closeAll } from '../load/crowd.ts';
import { logIn, userAt } from '../load/login.ts';
import type { Side } from '../sides/side.ts';
import type { World } from '../world.ts';
import { counted, type Outcome, type Scale, type Work } from './work.ts';

/** So many clients connect in one moment and stay. */
export function stormWorks({ storm }: Scale): readonly Work[] {
  return [
    {
      group: 'storm',
      name: `${storm} reconnect at once`,
      sides: ['postern', 'bare', 'nginx', 'haproxy', 'dovecot'],
      heavy: true,
      // As after a restart: all code has run and all pools are open, and little is compiled.
      fresh: { warmUp: 500 },
      run: (side, world) => stormed(side, world, storm),
    },
  ];
}

async function stormed(side: Side, world: World, sessions: number): Promise<Outcome> {
  const clients: Client[] = [];
  let errors = 0;
  const one = async (_: unknown, at: number): Promise<void> => {
    await logIn(side, 'imap', userAt(world, at)).then(
      (client) => void clients.push(client),
      () => void (errors += 1),
    );
  };
  const { cpuSeconds, loadCpuSeconds, wallSeconds } = await counted(side, world, () =>
    Promise.all(Array.from({ length: sessions }, one)),
  );
  await closeAll(clients);
  return {
    readings: [
      { figure: 'CPU', unit: 'ms per login', value: (cpuSeconds * 1000) / sessions },
      { figure: 'all in', unit: 's', value: wallSeconds, wallClock: true },
    ],
    errors,
    loadCpuSeconds,
  };
}
