/**
 * `npm run bench`: installs what is pinned and the proxies to compare with, then runs
 * bench/main.ts on Node, which starts what it measures on the pinned Bun.
 */

import { spawn } from 'node:child_process';
import { install } from './install.mjs';
import { BENCH_PACKAGES, ensurePackages } from './packages.mjs';
import { bunPath, nodePath, ROOT, runMain, supervise } from './runtime.mjs';

await runMain(async () => {
  await install();
  if (!process.argv.includes('--help')) ensurePackages('the bench needs', BENCH_PACKAGES);
  const env = { ...process.env, POSTERN_BUN: bunPath() };
  return supervise(
    spawn(nodePath(), ['bench/main.ts', ...process.argv.slice(2)], { cwd: ROOT, env, stdio: 'inherit' }),
  );
});
