/** NOOP behind a login: what the relay adds to a round trip. */

import type { Client } from '../load/client.ts';
import { logIn, userAt } from '../load/login.ts';
import { quantile } from '../measure/statistics.ts';
import type { Side } from '../sides/side.ts';
import type { World } from '../world.ts';
import { counted, type Outcome, type Work } from './work.ts';

const COUNT = 2000;

/** One client that says NOOP, again and again. */
export function roundtripWorks(): readonly Work[] {
  const sides = ['postern', 'bare', 'nginx', 'haproxy', 'dovecot', 'direct'] as const;
  return [{ group: 'roundtrip', name: 'NOOP after login', sides, run: roundtrips }];
}

async function roundtrips(side: Side, world: World): Promise<Outcome> {
  const client = await logIn(side, 'imap', userAt(world, 0));
  await noops(client, COUNT / 10);
  const took: number[] = [];
  const { cpuSeconds, loadCpuSeconds } = await counted(side, world, async () =>
    took.push(...(await noops(client, COUNT))),
  );
  await client.close();
  const cpu = { figure: 'CPU', unit: 'µs per round trip', value: (cpuSeconds * 1e6) / COUNT };
  const clock = (figure: string, share: number) =>
    ({ figure, unit: 'µs', value: quantile(took, share) * 1000, wallClock: true }) as const;
  const readings = [clock('p50', 0.5), clock('p99', 0.99)];
  // No process of its own, nothing to charge it with.
  return { readings: side.name === 'direct' ? readings : [cpu, ...readings], errors: 0, loadCpuSeconds };
}

async function noops(client: Client, count: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const startedAt = performance.now();
    await client.ask('a NOOP\r\n');
    took.push(performance.now() - startedAt);
  }
  return took;
}
