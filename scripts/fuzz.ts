/**
 * `npm run fuzz`: goes round all that is fuzzed with new inputs until its time is over. An input that fails is kept in
 * test/fuzz/corpus/, where every test run plays it again. The seed is printed: with it a run can be repeated.
 *
 *   npm run fuzz                              one minute
 *   npm run fuzz -- --minutes 30 imap-front   these targets only
 *   npm run fuzz -- --seed 1234
 *
 * A target that has failed is left alone for the rest of the run.
 */

import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FUZZ_TARGETS } from '../test/fuzz/all.ts';
import { corpusFile, type FuzzTarget } from '../test/fuzz/target.ts';

const CORPUS = join(import.meta.dirname, '../test/fuzz/corpus');
/** Inputs of one target before it is the next one's turn, and before time is looked at. */
const BATCH = 50;
const PROGRESS_MS = process.stdout.isTTY ? 500 : 15_000;
const MAX_SEED = 2 ** 31;
/** Between two batches of a run, so that runs with neighbouring seeds share none. */
const SEED_STEP = 7919;

interface Run {
  readonly targets: readonly FuzzTarget[];
  readonly minutes: number;
  readonly seed: number;
}

try {
  process.exitCode = await fuzz(options());
} finally {
  for (const target of FUZZ_TARGETS) await target.close?.();
}

async function fuzz({ targets, minutes, seed }: Run): Promise<number> {
  console.log(`seed ${seed}, ${minutes} min, ${targets.length} targets`);
  const until = performance.now() + minutes * 60_000;
  const failed = new Set<string>();
  let inputs = 0;
  let shownAt = performance.now();
  for (let round = 0; performance.now() < until && failed.size < targets.length; round += 1) {
    for (const target of targets.filter(({ name }) => !failed.has(name))) {
      const runs = target.cost === 'quick' ? BATCH : 1;
      const failure = await target.run({ seed: (seed + round * SEED_STEP) % MAX_SEED, runs });
      inputs += runs;
      if (failure !== undefined && keep(failure)) failed.add(target.name);
      if (performance.now() - shownAt < PROGRESS_MS) continue;
      shownAt = performance.now();
      const leftSeconds = Math.max(0, Math.round((until - shownAt) / 1000));
      progress(`${inputs} inputs, ${failed.size} targets failed, ${leftSeconds} s left, now ${target.name}`);
    }
  }
  progress(`${inputs} inputs, ${failed.size === 0 ? 'none failed' : `failed: ${[...failed].join(', ')}`}`);
  if (process.stdout.isTTY) console.log();
  return failed.size === 0 ? 0 : 1;
}

function keep(failure: Parameters<typeof corpusFile>[0]): true {
  const { name, text } = corpusFile(failure);
  mkdirSync(CORPUS, { recursive: true });
  writeFileSync(join(CORPUS, name), text);
  console.log(`\n${failure.target} failed: ${failure.why.split('\n', 1)[0]}\n  kept as test/fuzz/corpus/${name}`);
  return true;
}

function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${text.padEnd(90)}`);
  else console.log(text);
}

function options(): Run {
  const { values, positionals } = parseArgs({
    options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
    allowPositionals: true,
  });
  const minutes = Number(values.minutes);
  const seed = Number(values.seed ?? randomInt(MAX_SEED));
  const unknown = positionals.find((name) => !FUZZ_TARGETS.some((target) => target.name === name));
  if (!(minutes > 0)) stop('--minutes takes a number');
  if (!Number.isInteger(seed)) stop('--seed takes a whole number');
  if (unknown !== undefined) {
    stop(`there is no target ${unknown}; known are ${FUZZ_TARGETS.map(({ name }) => name).join(', ')}`);
  }
  const targets = FUZZ_TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { targets, minutes, seed };
}

function stop(why: string): never {
  console.error(`fuzz: ${why}`);
  process.exit(2);
}
