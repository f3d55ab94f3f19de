/**
 * `npm run build`: makes `dist/postern`, the single executable with Bun and the gateway in it, and tries it out.
 * It needs the packages of production only, and takes no other network.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './install.mjs';
import { bunPath, Complaint, ROOT, runMain } from './runtime.mjs';

const OUTPUT = join(ROOT, 'dist/postern');

await runMain(async () => {
  await install({ only: 'production' });
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  run(bunPath(), ['build', '--compile', '--sourcemap=inline', 'src/main.ts', `--outfile=${OUTPUT}`]);
  rmSync(`${OUTPUT}.map`, { force: true }); // it is in the executable already
  const version = run(OUTPUT, ['--version']).trim();
  process.stdout.write(`dist/postern ${version}, ${Math.round(statSync(OUTPUT).size / 2 ** 20)} MB\n`);
  return 0;
});

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Complaint(`${command} ${args[0]} failed:\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`);
}
