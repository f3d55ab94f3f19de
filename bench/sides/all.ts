/** Starts the sides that a run needs. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startBare } from './bare.ts';
import { startDovecotProxy } from './dovecot.ts';
import { direct } from './direct.ts';
import { startHaproxy } from './haproxy.ts';
import { startNginx } from './nginx.ts';
import { startPerdition } from './perdition.ts';
import { startPostern } from './postern.ts';
import type { Side, SideName, Surroundings } from './side.ts';

const STARTERS: Readonly<Record<SideName, (around: Surroundings) => Promise<Side>>> = {
  postern: (around) => startPostern(around),
  ungated: (around) => startPostern(around, 'ungated'),
  bare: startBare,
  nginx: (around) => startNginx(around),
  'nginx 64k': (around) => startNginx(around, '64k'),
  haproxy: startHaproxy,
  dovecot: startDovecotProxy,
  perdition: startPerdition,
  direct: async (around) => direct(around),
};

/** All of their names, in the order of the table. */
export const SIDE_NAMES: readonly SideName[] = [
  'postern',
  'ungated',
  'bare',
  'nginx',
  'nginx 64k',
  'haproxy',
  'dovecot',
  'perdition',
  'direct',
];

let started = 0;

/** Starts one side, beside any other of its name. Rejects with what it said when it does not come up. */
export async function startSide(name: SideName, around: Surroundings): Promise<Side> {
  const directory = join(around.directory, `${name.replace(' ', '-')}-${(started += 1)}`);
  await mkdir(directory);
  return STARTERS[name]({ ...around, directory });
}
