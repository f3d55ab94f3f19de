/**
 * `npm run build`: makes `dist/postern`, the single executable with Bun and the gateway in it, and tries it out.
 * Another file can be named: `npm run build -- <file>`. Needs the packages of production only.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { install } from './install.mjs';
import { bunPath, Complaint, ROOT, runMain } from './runtime.mjs';

await runMain(async () => {
  const [given = join(ROOT, 'dist/postern')] = process.argv.slice(2);
  const output = resolve(given);
  await install({ only: 'production' });
  mkdirSync(dirname(output), { recursive: true });
  const entries = ['./src/executable.mjs', ...threads()];
  run(bunPath(), [
    'build',
    '--compile',
    '--sourcemap=inline',
    '--entry-naming=[name].[ext]',
    ...entries,
    `--outfile=${output}`,
  ]);
  rmSync(`${output}.map`, { force: true }); // it is in the executable already
  const version = run(output, ['--version']).trim();
  process.stdout.write(`${output} ${version}, ${Math.round(statSync(output).size / 2 ** 20)} MB\n`);
  return 0;
});

// The files that the sources start threads with. In the executable a path beside a source leads to a file beside the one
// program that all of them have become: each is put there under its name alone.
function threads() {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return sources.flatMap((file) => {
    const starts = readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(/new Worker\(\s*new URL\('([^']+)'/g);
    return [...starts].map(([, thread]) => {
      if (thread === `./${basename(thread)}`) return `./src/${join(dirname(file), thread)}`;
      throw new Complaint(`src/${file} starts a thread from another folder: it would not be found in the executable`);
    });
  });
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Complaint(`${command} ${args[0]} failed:\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`);
}
