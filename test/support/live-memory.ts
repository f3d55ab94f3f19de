/**
 * What a process keeps in memory for good. Its resident memory says little of that: a runtime frees garbage when it sees
 * fit, and gives memory back later still.
 */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './processes.ts';

const PROBE = fileURLToPath(new URL('memory-probe.ts', import.meta.url));

/** The environment that a process, and those that it starts, need to be measured; `folder` is where they write to. */
export function probed(folder: string): Readonly<Record<string, string>> {
  return {
    MEMORY_PROBE: folder,
    NODE_OPTIONS: `--expose-gc --import=${PROBE}`,
    BUN_OPTIONS: `--expose-gc --preload=${PROBE}`,
  };
}

/** How many MB of objects the process keeps alive once all garbage is collected. */
export async function liveMbOf(pid: number, folder: string): Promise<number> {
  const file = join(folder, `${pid}`);
  rmSync(file, { force: true });
  process.kill(pid, 'SIGWINCH');
  const bytes = await eventually(`process ${pid} writes down what it holds`, () => read(file));
  return Number(bytes) / 1024 / 1024;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // not yet
  }
}
