/** A bar that shows on a terminal how far a long command is. */

import { statSync } from 'node:fs';
import type { Terminal } from './terminal.ts';

export interface ProgressBar {
  show(at: { readonly line: number; readonly bytesRead: number }): void;
  /** Takes the bar away. */
  end(): void;
}

const CELLS = 30;
/** Often enough to look alive, seldom enough to cost nothing. */
const EVERY_MS = 100;

/** A bar for the reading of `totalBytes`; undefined where nobody can know: it then counts lines. */
export function progressBar(terminal: Terminal, totalBytes: number | undefined): ProgressBar {
  const { progress } = terminal;
  if (progress === undefined) return { show: () => {}, end: () => {} };
  let shownAt = -EVERY_MS;
  return {
    show: (at) => {
      const now = performance.now();
      if (now - shownAt < EVERY_MS) return;
      shownAt = now;
      progress(barText(at, totalBytes));
    },
    end: () => progress(undefined),
  };
}

/** `[#########...] 42 %  12,345 lines` */
export function barText(
  { line, bytesRead }: { readonly line: number; readonly bytesRead: number },
  totalBytes: number | undefined,
): string {
  const lines = `${line.toLocaleString('en')} lines`;
  if (totalBytes === undefined || totalBytes === 0) return lines;
  const part = Math.min(1, bytesRead / totalBytes);
  const full = Math.floor(part * CELLS);
  return `[${'#'.repeat(full)}${'.'.repeat(CELLS - full)}] ${Math.floor(part * 100)} %  ${lines}`;
}

/** The size of a file in bytes; undefined when it has none, as a pipe. */
export function sizeOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}
