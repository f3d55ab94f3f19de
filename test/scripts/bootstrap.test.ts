/** What the scripts behind `npm start` and `npm test` say when something is missing, each in a copy of its own. */

import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { run, temporaryDirectory, type Finished } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Copy {
  /** Runs a script of the copy with Node, seeing only the programs that were put into the copy's own folder. */
  node(script: string, ...args: readonly string[]): Promise<Finished>;
  /** Puts a shell script into the copy's folder of programs. */
  program(name: string, body: string): void;
  readonly path: string;
  remove(): Promise<void>;
}

/** The bootstrap as in a fresh clone: nothing installed. */
async function freshClone(): Promise<Copy> {
  const { path, remove } = await temporaryDirectory('clone');
  cpSync(join(ROOT, 'scripts'), join(path, 'scripts'), { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(ROOT, name), join(path, name));
  const programs = join(path, 'programs');
  mkdirSync(programs);
  const node = (await run('sh', ['-c', 'command -v node'])).stdout.trim();
  symlinkSync(node, join(programs, 'node'));
  return {
    path,
    remove,
    node: (script, ...args) => {
      const env = { PATH: [programs, '/bin'].join(delimiter), npm_execpath: '' };
      return run('node', [join(path, 'scripts', script), ...args], { env, cwd: path });
    },
    program: (name, body) => {
      writeFileSync(join(programs, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(programs, name), 0o755);
    },
  };
}

/** The one line of complaint, behind the line of progress that there may be. */
function complaint({ code, stderr }: Finished): string {
  assert.equal(code, 1, stderr);
  const lines = stderr.trimEnd().split('\n');
  const complaints = lines.filter((line) => !line.startsWith('Installing'));
  assert.equal(complaints.length, 1, stderr);
  return complaints[0] ?? '';
}

test('a failed installation is explained in one line', async () => {
  const clone = await freshClone();
  const failures = [
    ['npm error code ENOTFOUND', /^postern: npm cannot reach its registry: .*\(ENOTFOUND\)$/],
    ['npm error code EACCES', /^postern: npm may not write node_modules here: .*\(EACCES\)$/],
    ['npm error code ENOSPC', /^postern: the disk is full: .*\(ENOSPC\)$/],
    ['npm error code EINTEGRITY', /^postern: a package is not the one that package-lock\.json pins: .*\(EINTEGRITY\)$/],
  ] as const;
  for (const [output, expected] of failures) {
    clone.program('npm', `echo '${output}' >&2; exit 1`);
    assert.match(complaint(await clone.node('start.mjs')), expected);
  }
  await clone.remove();
});

test('npm is asked for the pinned packages, without their install scripts', async () => {
  const clone = await freshClone();
  clone.program('npm', 'echo "$@" >asked; exit 1');
  await clone.node('install.mjs');
  assert.equal(readFileSync(join(clone.path, 'asked'), 'utf8'), 'ci --ignore-scripts --no-audit --no-fund\n');
  await clone.remove();
});

test('a missing lock file and a wrong command line are named', async () => {
  const clone = await freshClone();
  writeFileSync(join(clone.path, 'package-lock.json'), '{');
  assert.match(complaint(await clone.node('start.mjs')), /^postern: package-lock\.json is missing/);
  assert.match(complaint(await clone.node('test.mjs', '--only', 'deno')), /^postern: --only takes bun or node$/);
  assert.match(complaint(await clone.node('test.mjs', '--fast')), /^postern: .*--fast.*usage: npm test/);
  assert.match(complaint(await clone.node('run.mjs')), /^postern: usage: /);
  await clone.remove();
});

test('without root the packages that are missing are named in a line to paste', async () => {
  const clone = await freshClone();
  clone.program('dpkg-query', 'echo "curl installed"; echo "openssl not-installed"');
  const script = join(clone.path, 'scripts/packages.mjs');
  const program = `
    process.getuid = () => 1000;
    const { ensurePackages } = await import(${JSON.stringify(script)});
    try { ensurePackages(); } catch (error) { console.log(error.message); }`;
  const env = { PATH: join(clone.path, 'programs') };
  const { stdout } = await run('node', ['--input-type=module', '--eval', program], { env });
  const line = stdout.split('\n').find((text) => text.includes('apt-get'));
  assert.match(
    line ?? '',
    /^ {2}sudo apt-get install --no-install-recommends dovecot-imapd .*postfix redis-server .* openssl python3 .*chromium-headless-shell libfaketime( [a-z0-9-]+)*$/,
  );
  assert.doesNotMatch(line ?? '', /curl/);
  await clone.remove();
});

test('the lock file knows every optional package, which npm ci asks for on any platform', () => {
  interface Entry {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const { packages }: { packages: Readonly<Record<string, Entry>> } = JSON.parse(text);
  const known = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  assert.deepEqual(
    wanted.filter((name) => !known.has(name)),
    [],
  );
});

test('every package of our own is pinned to one version', () => {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const manifest: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(text);
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  }
});
