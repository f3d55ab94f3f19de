/**
 * `npm start`: installs what is pinned, then runs the demo on the pinned Bun. What it takes is described in
 * src/demo/options.ts: `npm start -- --help`.
 */

import { spawn } from 'node:child_process';
import { install } from './install.mjs';
import { bunPath, ROOT, runMain, supervise } from './runtime.mjs';

await runMain(async () => {
  await install();
  // Over the channel the demo notices when this process is gone, and ends too.
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
  return supervise(spawn(bunPath(), ['src/demo/main.ts', ...process.argv.slice(2)], { cwd: ROOT, stdio }));
});
