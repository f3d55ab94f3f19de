/** What processes have used, as the kernel counts it: CPU time and memory of a whole tree of them. */

import { readFileSync } from 'node:fs';
import { childrenOf } from '../../test/support/processes.ts';

/** Linux counts CPU time in hundredths of a second for every program (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** A process and all that descend from it. */
function treeOf(root: number): readonly number[] {
  return [root, ...childrenOf(root).flatMap(treeOf)];
}

/** CPU seconds, user and system, of these trees so far; children that have ended count with their parents. */
export function cpuSecondsOf(roots: readonly number[]): number {
  let ticks = 0;
  for (const pid of roots.flatMap(treeOf)) ticks += ticksOf(pid);
  return ticks / TICKS_PER_SECOND;
}

/** Proportional set size of these trees in kB: pages that processes share are counted once in all. */
export function pssKbOf(roots: readonly number[]): number {
  let sum = 0;
  for (const pid of roots.flatMap(treeOf)) {
    sum += Number(/^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  }
  return sum;
}

function ticksOf(pid: number): number {
  // proc(5): the command, which may hold blanks, ends with the last parenthesis; utime is the 14th field.
  const fields = textOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it has just ended
  }
}
