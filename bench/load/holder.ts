/**
 * Holds a crowd for another process, which could not open so many sockets itself. Its one argument is a file that
 * describes it. Prints, as JSON, how many are in and how many failed, and holds them until it is told to end.
 */

import { readFile } from 'node:fs/promises';
import { openIdle, type Crowd } from './crowd.ts';

export interface Held {
  readonly held: number;
  readonly failed: number;
}

const crowd: Crowd = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'));
const { clients, failed } = await openIdle(crowd);
const held: Held = { held: clients.length, failed };
process.stdout.write(`${JSON.stringify(held)}\n`);
