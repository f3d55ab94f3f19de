/**
 * Loaded into a process before its own code (`probed` in live-memory.ts): at SIGWINCH, which a gateway has no use for,
 * it collects all garbage and writes down how many bytes are left, those of buffers included.
 */

import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const folder = process.env['MEMORY_PROBE'];

function writeDown(): void {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  // To Bun what is external is a part of the heap.
  const bytes = process.versions['bun'] === undefined ? heapUsed + external : heapUsed;
  const file = `${folder}/${process.pid}`;
  writeFileSync(`${file}.new`, String(bytes));
  renameSync(`${file}.new`, file);
}

if (isMainThread) process.on('SIGWINCH', writeDown);
