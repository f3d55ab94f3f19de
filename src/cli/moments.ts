/** Reads the times that an operator types. Pure. */

import { Fault } from '#core/fault.ts';

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_AND_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?$/;
const SPAN = /^(\d{1,5})([hdwy])$/;
const SPAN_MS = { h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_557_600_000 } as const;

/**
 * A time (ms): a date (its beginning here), a date and time, or a span from now like 90d. USAGE when it is none; `option`
 * names it in the message.
 */
export function parseTime(typed: string, now: number, option: string): number {
  const at = spanEnd(typed, now) ?? moment(typed);
  if (at !== undefined) return at;
  throw new Fault('USAGE', `${option} "${typed}" is no time: write 2027-01-31, "2027-01-31 08:00", or 90d from now`);
}

/** As parseTime(), ahead of now; USAGE when it is not. */
export function parseFuture(typed: string, now: number, option: string): number {
  const at = parseTime(typed, now, option);
  if (at <= now) throw new Fault('USAGE', `${option} "${typed}" is not ahead of now`);
  return at;
}

function spanEnd(typed: string, now: number): number | undefined {
  const [, count, unit] = SPAN.exec(typed) ?? [];
  const length = Object.entries(SPAN_MS).find(([letter]) => letter === unit)?.[1];
  return length === undefined ? undefined : now + Number(count) * length;
}

function moment(typed: string): number | undefined {
  // A date alone would be taken as UTC; an operator means the day as it begins here.
  const text = DATE.test(typed) ? `${typed}T00:00` : typed;
  const at = DATE_AND_TIME.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(at) || !sameDay(text, at) ? undefined : at;
}

// Some readers take 2027-02-31 for the third of March.
function sameDay(text: string, at: number): boolean {
  const local = new Date(at);
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text.slice(10));
  return zoned || local.getDate() === Number(text.slice(8, 10));
}
