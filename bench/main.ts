/**
 * The bench: every side does every work, in turn, round after round, in one run. Prints tables and writes
 * docs/benchmarks.md. `npm run bench -- --help` says what it may be told.
 */

import { readOptions, USAGE, type Options } from './options.ts';
import { writePage } from './report/page.ts';
import { Results } from './report/results.ts';
import { goalTable, tableOf } from './report/table.ts';
import { SIDE_NAMES, startSide } from './sides/all.ts';
import type { Side } from './sides/side.ts';
import { allWorks, GROUPS } from './works/all.ts';
import { checkLogin, warmUp } from './works/logins.ts';
import type { Outcome, Work } from './works/work.ts';
import { startWorld, type World } from './world.ts';

if (process.argv.includes('--help')) process.stdout.write(USAGE);
else await bench(readOptions(process.argv.slice(2)));

async function bench(options: Options): Promise<void> {
  const works = allWorks(options.scale).filter(({ group }) => chosen(options.only, group));
  const results = new Results();
  const startedAt = performance.now();
  const world = await startWorld();
  const sides: Side[] = [];
  try {
    for (const name of SIDE_NAMES) {
      if (!chosen(options.sides, name) || !works.some((work) => work.sides.includes(name))) continue;
      say(`starting ${name}`);
      const side = await startSide(name, world);
      sides.push(side);
      await checkLogin(side, world);
      await warmUp(side, world, options.scale.warmUp);
    }
    for (const group of GROUPS)
      await runGroup(
        works.filter((work) => work.group === group),
        { options, sides, world, results },
      );
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
    await world.stop();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  if (options.json) process.stdout.write(`${asJson(results)}\n`);
  else process.stdout.write(`${GROUPS.map((group) => tableOf(results, group)).join('\n')}\n${goalTable(results)}\n`);
  if (options.page) await writePage(results, { sides, options, seconds, cores: world.cores });
}

interface Around {
  readonly options: Options;
  readonly sides: readonly Side[];
  readonly world: World;
  readonly results: Results;
}

async function runGroup(works: readonly Work[], { options, sides, world, results }: Around): Promise<void> {
  for (const work of works) {
    const rounds = work.heavy === true ? Math.min(options.rounds, 2) : options.rounds;
    for (let round = 1; round <= rounds; round += 1) {
      for (const side of sides.filter(({ name }) => work.sides.includes(name))) {
        say(`${work.name}, round ${round} of ${rounds}: ${side.name}`);
        results.add(work.group, work.name, side.name, await work.run(side, world).catch(notDone));
      }
    }
  }
}

// One side that cannot do one work must not cost all the others their figures: it has none there, and an error.
function notDone(error: unknown): Outcome {
  say(`not done: ${error instanceof Error ? error.message : String(error)}`);
  return { readings: [], errors: 1, loadCpuSeconds: 0 };
}

function chosen(words: readonly string[], name: string): boolean {
  return words.length === 0 || words.includes(name);
}

function asJson({ rows, errors, loadCpuSeconds }: Results): string {
  const plain = rows.map(({ values, ...row }) => ({ ...row, values: Object.fromEntries(values) }));
  const failed = [...errors].map(([work, sides]) => ({ work, ...Object.fromEntries(sides) }));
  return JSON.stringify({ rows: plain, errors: failed, loadCpuSeconds }, undefined, 2);
}

function say(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}
