/** docs/benchmarks.md: the generated part between its two marks; what people have written around it is kept. */

import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Options } from '../options.ts';
import { SIDE_NAMES } from '../sides/all.ts';
import { GROUPS } from '../works/all.ts';
import { plotOf } from './plot.ts';
import type { Results } from './results.ts';
import { goalTable, growthTable, tableOf } from './table.ts';

export interface Circumstances {
  readonly options: Options;
  readonly seconds: number;
  readonly cores: number;
  /** With its version. */
  readonly bun: string;
}

const DOCS = join(import.meta.dirname, '../../docs');
const BEGIN = '<!-- begin: written by `npm run bench` -->';
const END = '<!-- end -->';
const TITLES = {
  logins: 'Logins',
  roundtrip: 'Round trip after login',
  transfers: 'Transfers',
  idle: 'Idle sessions',
  storm: 'Everybody at once',
  beside: 'Logins beside idle sessions',
  store: 'Size of the store',
  gate: 'The gate after a submission login',
  many: 'Very many idle sessions, more workers on each side',
} as const satisfies Record<(typeof GROUPS)[number], string>;

/** Writes the page and its plot. */
export async function writePage(results: Results, around: Circumstances): Promise<void> {
  const file = join(DOCS, 'benchmarks.md');
  const present = await readFile(file, 'utf8').catch(() => `# Benchmarks\n\n${BEGIN}\n${END}\n`);
  const [before = '', rest = ''] = present.split(BEGIN);
  const after = rest.split(END)[1] ?? '\n';
  await writeFile(join(DOCS, 'benchmarks.svg'), plotOf(results));
  await writeFile(file, `${before}${BEGIN}\n\n${generated(results, around)}\n\n${END}${after}`);
}

function generated(results: Results, around: Circumstances): string {
  const groups = GROUPS.filter((group) => results.rows.some((row) => row.group === group));
  const tables = [
    ['Budgets', goalTable(results)],
    ['Growth', growthTable(results)],
    ...groups.map((group) => [TITLES[group], tableOf(results, group)]),
  ];
  const titled = tables.filter(([, table]) => table !== '').map(([title, table]) => `### ${title}\n\n${table}`);
  const plot = '![Postern against the others](benchmarks.svg)';
  return [circumstances(results, around), plot, ...titled].join('\n\n');
}

function circumstances(results: Results, { options, seconds, cores, bun }: Circumstances): string {
  const [cpu] = cpus();
  const machine = `${cores} cores of ${cpu?.model.trim() ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
  const total = [...results.errors.values()]
    .flatMap((ofWork) => [...ofWork.values()])
    .reduce((sum, count) => sum + count, 0);
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} in ${Math.round(seconds)} s, ${options.rounds} rounds${options.quick ? ', `--quick`' : ''}. ` +
      `Machine: ${machine}. ${bun} runs Postern, the auth service and the backend, Node ${process.versions.node} the load. ` +
      `The load itself used ${results.loadCpuSeconds.toFixed(0)} s of CPU, which no side is charged with. Errors in all: ${total}.`,
    SIDE_NAMES.filter((name) => results.abouts.has(name))
      .map((name) => `- **${name}**: ${results.abouts.get(name)}`)
      .join('\n'),
  ].join('\n\n');
}
