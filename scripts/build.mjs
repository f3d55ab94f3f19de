/**
 * `npm run build`: makes `dist/postern`, the single executable with Bun and the gateway in it, and tries it out.
 * Another file can be named: `npm run build -- <file>`. Needs the packages of production only.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { install } from './install.mjs';
import { bunPath, Complaint, ROOT, runMain } from './runtime.mjs';

await runMain(async () => {
  const [given = join(ROOT, 'dist/postern')] = process.argv.slice(2);
  const output = resolve(given);
  await install({ only: 'production' });
  mkdirSync(dirname(output), { recursive: true });
  run(bunPath(), ['build', '--compile', '--sourcemap=inline', 'src/main.ts', `--outfile=${output}`]);
  rmSync(`${output}.map`, { force: true }); // it is in the executable already
  const version = run(output, ['--version']).trim();
  process.stdout.write(`${output} ${version}, ${Math.round(statSync(output).size / 2 ** 20)} MB\n`);
  return 0;
});

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Complaint(`${command} ${args[0]} failed:\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`);
}
