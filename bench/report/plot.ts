/** One plot of the run: each figure as a share of nginx's, on a logarithmic axis; left of the line is cheaper. */

import { spreadOf } from '../measure/statistics.ts';
import type { SideName } from '../sides/side.ts';
import type { Results, Row } from './results.ts';

const COLOURS: Readonly<Partial<Record<SideName, string>>> = {
  postern: '#1b6ec2',
  'nginx 64k': '#8a8a8a',
  haproxy: '#c2571b',
  dovecot: '#3b8f4c',
  perdition: '#8f3b8b',
};
const [LABELS, WIDTH, LINE, TOP] = [330, 900, 20, 46];
/** A sixteenth to sixteen times. */
const RANGE = 4;

/** An SVG of all figures that are not from the clock and that nginx has too. */
export function plotOf({ rows }: Results): string {
  const shown = rows.filter(
    (row) => row.wallClock !== true && row.figure !== 'not resumed' && (median(row, 'nginx') ?? 0) > 0,
  );
  const height = TOP + shown.length * LINE + 20;
  const body = shown.map((row, at) => lineOf(row, TOP + at * LINE)).join('\n');
  const one = x(1);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${legend()}
<text x="${one}" y="${TOP - 12}" text-anchor="middle" fill="#555">as much as nginx</text>
<line x1="${one}" y1="${TOP - 8}" x2="${one}" y2="${height - 12}" stroke="#555"/>
${body}
</svg>
`;
}

function lineOf(row: Row, y: number): string {
  const nginx = median(row, 'nginx') ?? 1;
  const dots = Object.entries(COLOURS).flatMap(([name, colour]) => {
    const value = [...row.values.keys()].some((side) => side === name) ? valueOf(row, name) : undefined;
    if (value === undefined || value <= 0) return [];
    const title = `<title>${name}: ${(value / nginx).toFixed(2)}</title>`;
    return [`<circle cx="${x(value / nginx).toFixed(1)}" cy="${y}" r="5" fill="${colour}">${title}</circle>`];
  });
  const label = `<text x="${LABELS - 10}" y="${y + 4}" text-anchor="end">${row.work}: ${row.figure}</text>`;
  return `<line x1="${LABELS}" y1="${y}" x2="${WIDTH - 10}" y2="${y}" stroke="#eee"/>\n${label}\n${dots.join('')}`;
}

function legend(): string {
  return Object.entries(COLOURS)
    .map(([name, colour], at) => {
      const left = 20 + at * 110;
      return `<circle cx="${left}" cy="14" r="5" fill="${colour}"/><text x="${left + 10}" y="18">${name}</text>`;
    })
    .join('');
}

function x(ratio: number): number {
  const share = (Math.max(-RANGE, Math.min(RANGE, Math.log2(ratio))) + RANGE) / (2 * RANGE);
  return LABELS + share * (WIDTH - LABELS - 20);
}

function median(row: Row, side: SideName): number | undefined {
  const values = row.values.get(side);
  return values === undefined ? undefined : spreadOf(values).median;
}

function valueOf(row: Row, name: string): number | undefined {
  const found = [...row.values].find(([side]) => side === name);
  return found === undefined ? undefined : spreadOf(found[1]).median;
}
