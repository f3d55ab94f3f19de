/**
 * What one line of an import says, in JSON or CSV, read through one schema. A line names a domain or an account; what it
 * does not name stays as it is.
 */

import { z } from 'zod';
import { Fault } from '#core/fault.ts';
import { csvCells } from './csv.ts';
import { DOMAIN_MODES, FACTOR_KINDS, HINTS, REVEALS } from '#policy/ports/records.ts';

export type ImportFormat = 'csv' | 'jsonl';

export type ImportEntry = z.infer<typeof DomainEntry> | z.infer<typeof AccountEntry>;
export type DomainEntry = z.infer<typeof DomainEntry>;
export type AccountEntry = z.infer<typeof AccountEntry>;

/**
 * Reads one line: an entry, the reason why it is none, or undefined for the line that names the columns. USAGE when that
 * one cannot be understood, because then none can.
 */
export type EntryReader = (text: string) => ImportEntry | { readonly why: string } | undefined;

const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], 'write 2027-01-31 or 2027-01-31T08:00:00Z');
const Whole = z.int().nonnegative();

const DomainEntry = z.strictObject({
  domain: z.string(),
  mode: z.enum(DOMAIN_MODES).exactOptional(),
  /** When the domain is forced from; a date alone is its beginning here. */
  forcedFrom: Moment.transform((text) => Date.parse(text.includes('T') ? text : `${text}T00:00`)).exactOptional(),
  methods: z.array(z.enum(FACTOR_KINDS)).exactOptional(),
  reveal: z.enum(REVEALS).exactOptional(),
  hints: z.enum(HINTS).exactOptional(),
  trustedBrowserDays: Whole.exactOptional(),
  maxAppPasswords: Whole.exactOptional(),
  appPasswordDays: Whole.exactOptional(),
});

const AccountEntry = z.strictObject({
  account: z.string(),
  /** Enrols the account: from then on its second factor is a code sent there. */
  recoveryAddress: z.string().exactOptional(),
  /** Names of the app passwords that enrolling makes; left out: one for all mail apps. */
  appPasswords: z.array(z.string()).exactOptional(),
  suspended: z.boolean().exactOptional(),
});

const COLUMNS: ReadonlySet<string> = new Set([...Object.keys(DomainEntry.shape), ...Object.keys(AccountEntry.shape)]);
const LISTS: ReadonlySet<string> = new Set(['methods', 'appPasswords']);
const NUMBERS: ReadonlySet<string> = new Set(['trustedBrowserDays', 'maxAppPasswords', 'appPasswordDays']);

/** A reader for a whole file in this format: that of CSV takes its first line for the names of the columns. */
export function entryReader(format: ImportFormat): EntryReader {
  return format === 'jsonl' ? readJsonLine : csvReader();
}

function readJsonLine(text: string): ReturnType<EntryReader> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { why: 'it is not JSON' };
  }
  return entryOf(value);
}

function csvReader(): EntryReader {
  let columns: readonly string[] | undefined;
  return (text) => {
    const cells = csvCells(text);
    if (columns === undefined) {
      columns = checkedColumns(cells);
      return undefined;
    }
    if (cells === undefined) return { why: 'its quotes do not pair up' };
    if (cells.length !== columns.length) {
      return { why: `it has ${cells.length} cells where the first line names ${columns.length}` };
    }
    const named = columns.map((column, index) => [column, cells[index] ?? ''] as const);
    return entryOf(
      Object.fromEntries(named.filter(([, cell]) => cell !== '').map(([name, cell]) => valued(name, cell))),
    );
  };
}

function checkedColumns(cells: readonly string[] = []): readonly string[] {
  const strange = cells.find((column, index) => !COLUMNS.has(column) || cells.indexOf(column) !== index);
  if (cells.length > 0 && strange === undefined) return cells;
  const known = [...COLUMNS].join(', ');
  throw new Fault('USAGE', `the first line of a CSV file names its columns, each once, of ${known}`);
}

// What cannot be meant is left as it is, for the schema to refuse in words.
function valued(name: string, cell: string): readonly [string, unknown] {
  if (LISTS.has(name)) return [name, cell.split(';').map((item) => item.trim())];
  if (NUMBERS.has(name) && /^\d{1,6}$/.test(cell)) return [name, Number(cell)];
  if (name === 'suspended' && /^(?:true|false)$/.test(cell)) return [name, cell === 'true'];
  return [name, cell];
}

function entryOf(value: unknown): ImportEntry | { readonly why: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { why: 'it is not one JSON object' };
  const [domain, account] = [Object.hasOwn(value, 'domain'), Object.hasOwn(value, 'account')];
  if (domain === account)
    return { why: 'it names neither "domain" nor "account", or both: a line is about one of them' };
  const parsed = domain ? DomainEntry.safeParse(value) : AccountEntry.safeParse(value);
  return parsed.success ? parsed.data : { why: wordsOf(parsed.error) };
}

function wordsOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'it does not have the form of an entry';
  const where = issue.path.join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}
