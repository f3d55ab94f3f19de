/** Runs a TypeScript file on the pinned Bun: `node scripts/run.mjs <file.ts> [arguments]`. */

import { spawn } from 'node:child_process';
import { install } from './install.mjs';
import { bunPath, Complaint, ROOT, runMain } from './runtime.mjs';

await runMain(async () => {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined) throw new Complaint('usage: node scripts/run.mjs <file.ts> [arguments]');
  await install();
  return supervise(spawn(bunPath(), [file, ...args], { cwd: ROOT, stdio: 'inherit' }));
});

/** Passes signals on and resolves to the child's exit code. */
function supervise(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal === null ? code : 1));
  });
}
