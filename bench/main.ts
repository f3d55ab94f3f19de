/**
 * The bench: every side does every work, in turn, round after round, in one run. Prints tables and writes
 * docs/benchmarks.md. `npm run bench -- --help` says what it may be told.
 */

import { readOptions, USAGE, type Options } from './options.ts';
import { writePage } from './report/page.ts';
import { Results } from './report/results.ts';
import { goalTable, growthTable, tableOf } from './report/table.ts';
import { bunVersion } from './runtime.ts';
import { SIDE_NAMES, startSide } from './sides/all.ts';
import type { Side, SideName } from './sides/side.ts';
import { allWorks, GROUPS, UNASKED } from './works/all.ts';
import { checkLogin, warmUp } from './works/logins.ts';
import type { Outcome, Work } from './works/work.ts';
import { startWorld, type World } from './world.ts';

if (process.argv.includes('--help')) process.stdout.write(USAGE);
else await bench(readOptions(process.argv.slice(2)));

async function bench(options: Options): Promise<void> {
  const works = allWorks(options.scale).filter(({ group }) => wanted(options, group));
  const results = new Results();
  const startedAt = performance.now();
  const world = await startWorld(Math.max(1, ...works.map(({ processes }) => processes?.backends ?? 1)));
  const lasting = new Map<SideName, Side>();
  try {
    const around = { options, lasting, world, results };
    for (const name of SIDE_NAMES) {
      const needed = works.some(({ sides, fresh }) => fresh === undefined && sides.includes(name));
      if (needed && chosen(options.sides, name)) lasting.set(name, await ready(name, around, {}));
    }
    for (const work of works) await runWork(work, around);
  } finally {
    await Promise.all([...lasting.values()].map((side) => side.stop()));
    await world.stop();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  if (options.json) process.stdout.write(`${asJson(results)}\n`);
  else process.stdout.write(`${tablesOf(results).join('\n\n')}\n`);
  if (options.page) await writePage(results, { options, seconds, cores: world.cores, bun: await bunVersion() });
}

interface Around {
  readonly options: Options;
  /** Those that stay for the whole run. */
  readonly lasting: ReadonlyMap<SideName, Side>;
  readonly world: World;
  readonly results: Results;
}

async function ready(
  name: SideName,
  { world, results, options }: Around,
  work: Pick<Work, 'fresh' | 'processes'>,
): Promise<Side> {
  say(`starting ${name}`);
  const side = await startSide(name, { ...world, cores: work.processes?.workers ?? world.cores });
  try {
    await checkLogin(side, world);
    await warmUp(side, world, work.fresh?.warmUp ?? options.scale.warmUp);
  } catch (error) {
    await side.stop();
    throw error;
  }
  if (work.processes === undefined || !results.abouts.has(name)) results.abouts.set(name, side.about);
  return side;
}

async function runWork(work: Work, around: Around): Promise<void> {
  const { options, results } = around;
  const names = SIDE_NAMES.filter((name) => work.sides.includes(name) && chosen(options.sides, name));
  const rounds = work.heavy === true ? Math.min(options.rounds, 2) : options.rounds;
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of names) {
      say(`${work.name}, round ${round} of ${rounds}: ${name}`);
      results.add(work, name, await runOn(name, work, around).catch(notDone));
    }
  }
}

async function runOn(name: SideName, work: Work, around: Around): Promise<Outcome> {
  const { lasting, world } = around;
  const fresh = work.fresh !== undefined ? await ready(name, around, work) : undefined;
  const side = fresh ?? lasting.get(name);
  if (side === undefined) throw new Error(`${name} does not run`);
  try {
    return await work.run(side, world);
  } finally {
    await fresh?.stop();
  }
}

// One side that cannot do one work must not cost all the others their figures: it has none there, and an error.
function notDone(error: unknown): Outcome {
  say(`not done: ${error instanceof Error ? error.message : String(error)}`);
  return { readings: [], errors: 1, loadCpuSeconds: 0 };
}

function wanted({ only }: Options, group: string): boolean {
  return only.length === 0 ? !UNASKED.includes(group) : only.includes(group);
}

function chosen(words: readonly string[], name: string): boolean {
  return words.length === 0 || words.includes(name);
}

function tablesOf(results: Results): readonly string[] {
  const tables = [...GROUPS.map((group) => tableOf(results, group)), growthTable(results), goalTable(results)];
  return tables.filter((table) => table !== '');
}

function asJson({ rows, errors, loadCpuSeconds }: Results): string {
  const plain = rows.map(({ values, ...row }) => ({ ...row, values: Object.fromEntries(values) }));
  const failed = [...errors].map(([work, sides]) => ({ work, ...Object.fromEntries(sides) }));
  return JSON.stringify({ rows: plain, errors: failed, loadCpuSeconds }, undefined, 2);
}

function say(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}
