/** Runs a TypeScript file on the pinned Bun: `node scripts/run.mjs <file.ts> [arguments]`. */

import { spawn } from 'node:child_process';
import { install } from './install.mjs';
import { bunPath, Complaint, ROOT, runMain, supervise } from './runtime.mjs';

await runMain(async () => {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined) throw new Complaint('usage: node scripts/run.mjs <file.ts> [arguments]');
  await install();
  return supervise(spawn(bunPath(), [file, ...args], { cwd: ROOT, stdio: 'inherit' }));
});
