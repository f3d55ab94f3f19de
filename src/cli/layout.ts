/** How results look: tables, lists of facts, times, colours. Pure. */

import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Colours a text where the terminal takes colours. */
export type Paint = (style: Style, text: string) => string;

/** A painter for a terminal with or without colours. */
export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

/** An aligned table. The last column is not padded. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const widths = heads.map((head, column) => Math.max(...[heads, ...rows].map((row) => width(row[column] ?? head))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === heads.length - 1 ? cell : pad(cell, widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [paint('bold', line(heads)), ...rows.map(line)].join('\n');
}

/** Facts below each other: `name  value`, names aligned. */
export function facts(rows: readonly (readonly [name: string, value: string])[], paint: Paint): string {
  const widest = Math.max(...rows.map(([name]) => width(name)));
  return rows.map(([name, value]) => `${paint('dim', pad(name, widest))}  ${value}`).join('\n');
}

/** `2026-03-04 05:06 (3 days ago)`, in the local time zone. */
export function formatTime(at: number, now: number): string {
  return `${formatMoment(at)} (${formatDistance(at - now)})`;
}

/** `3 days ago` or `in 3 days`, in the largest unit of which there is one. */
export function formatDistance(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const [unit, length] = UNITS.find(([, inSeconds]) => seconds >= inSeconds) ?? ['second', 1];
  const count = Math.round(seconds / length);
  if (count === 0) return 'now';
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return ms < 0 ? `${words} ago` : `in ${words}`;
}

/** `1 session`, `2 sessions`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const UNITS = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

function formatMoment(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const GRAPHEMES = new Intl.Segmenter();

function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)));
}

function width(text: string): number {
  return Array.from(GRAPHEMES.segment(stripVTControlCharacters(text))).length;
}
