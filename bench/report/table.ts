/** The results as Markdown. */

import { GOALS, GROWTH, GROWTH_AT_MOST, type Goal, type Growth } from '../goals.ts';
import { ratioOf, spreadOf } from '../measure/statistics.ts';
import { SIDE_NAMES } from '../sides/all.ts';
import type { SideName } from '../sides/side.ts';
import type { Results, Row } from './results.ts';

/** One table of all rows of a group: median, in brackets the least and the most, and the count of errors. */
export function tableOf(results: Results, group: string): string {
  const rows = results.rows.filter((row) => row.group === group);
  const sides = SIDE_NAMES.filter((side) => rows.some(({ values }) => values.has(side)));
  const head = ['work', 'figure', ...sides];
  const lines = rows.map((row) => [row.work, titleOf(row), ...sides.map((side) => cell(results, row, side))]);
  return markdown([head, ...lines]);
}

/** The budgets with what came of them; goals whose works were not run are left out. */
export function goalTable(results: Results): string {
  const lines = GOALS.flatMap((goal) => rowsOf(results, goal).map((row) => goalLine(goal, row)));
  return markdown([['work', 'figure', 'against', 'goal', 'measured', ''], ...lines]);
}

/** Whether Postern's figures stay as they are from the least size that was run to the greatest. */
export function growthTable(results: Results): string {
  const head = ['figure', 'from', '', 'to', '', 'goal', 'measured', ''];
  return markdown([head, ...GROWTH.flatMap((growth) => growthLine(results, growth))]);
}

function growthLine(results: Results, { works, figure }: Growth): readonly (readonly string[])[] {
  const rows = results.rows.filter((row) => works.test(row.work) && row.figure === figure && row.values.has('postern'));
  const [least, greatest] = [rows.at(0), rows.at(-1)];
  if (least === undefined || greatest === undefined || least === greatest) return [];
  const [before = [], after = []] = [least, greatest].map(({ values }) => values.get('postern') ?? []);
  const ratio = spreadOf(after).median / spreadOf(before).median;
  const ends = [least, greatest].flatMap((row) => [row.work, cell(results, row, 'postern')]);
  return [[titleOf(least), ...ends, `≤ ${GROWTH_AT_MOST}`, ratio.toFixed(2), grown(ratio, before, after)]];
}

function grown(ratio: number, before: readonly number[], after: readonly number[]): string {
  if (ratio <= GROWTH_AT_MOST) return 'met';
  return ratioOf(after, before) === undefined ? 'open: the rounds vary by more' : 'not met';
}

/** A number with three digits that count. */
function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function rowsOf({ rows }: Results, goal: Goal): readonly Row[] {
  return rows.filter(
    ({ work, figure, values }) =>
      goal.work.test(work) && goal.figure === figure && values.has('postern') && values.has(goal.against),
  );
}

function goalLine(goal: Goal, row: Row): readonly string[] {
  const [ours = [], theirs = []] = [row.values.get('postern'), row.values.get(goal.against)];
  const ratio = ratioOf(ours, theirs);
  const measured = ratio === undefined ? 'no ratio: the rounds vary by more than the sides differ' : ratio.toFixed(2);
  return [row.work, titleOf(row), goal.against, `≤ ${goal.atMost}`, measured, judged(goal, ratio)];
}

function judged({ atMost }: Goal, ratio: number | undefined): string {
  if (ratio === undefined) return atMost >= 1 ? 'no difference shown' : 'open';
  return ratio <= atMost ? 'met' : 'not met';
}

function titleOf({ figure, unit, wallClock }: Row): string {
  return `${figure}, ${unit}${wallClock === true ? ' (clock)' : ''}`;
}

function cell(results: Results, { work, values }: Row, side: SideName): string {
  const measured = values.get(side);
  if (measured === undefined) return '';
  const { median, least, most } = spreadOf(measured);
  const errors = results.errors.get(work)?.get(side) ?? 0;
  const range = measured.length > 1 ? ` (${shown(least)}–${shown(most)})` : '';
  return `${shown(median)}${range}${errors > 0 ? `, ${errors} errors` : ''}`;
}

function markdown([head = [], ...lines]: readonly (readonly string[])[]): string {
  if (lines.length === 0) return '';
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}
