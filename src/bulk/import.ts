/**
 * Works through an import line by line: as many accounts at once as keep a store busy, domains in their turn, so that
 * the accounts behind them find them. A line that cannot be done is reported and passed over; an outage of the store
 * ends the work, and running it again goes on, because what is done already is left as it is.
 */

import { Fault, type FaultCode } from '#core/fault.ts';
import { canonicalAccount } from '#core/identity.ts';
import { entryReader, type AccountEntry, type ImportFormat } from './entries.ts';
import { importAccount } from './import-account.ts';
import { importDomain } from './import-domain.ts';
import { numberedLines } from './lines.ts';
import type { ImportWork, Outcome } from './work.ts';

export type Tally = Readonly<Record<Outcome['kind'], number>>;

export interface ImportReport {
  readonly domains: Tally;
  readonly accounts: Tally;
  readonly faulty: number;
}

export interface ImportWatcher {
  /** A line that was not done; lines are reported in order, whatever was done at the same time. */
  faulty(line: number, why: string): void;
  /** A line that was left out on purpose. */
  noted(line: number, note: string): void;
  progress(at: { readonly line: number; readonly bytesRead: number }): void;
}

interface Pending {
  readonly line: number;
  readonly entry: AccountEntry;
  readonly name: string;
}

type Result = { readonly line: number } & (Outcome | { readonly kind: 'faulty'; readonly why: string });

const AT_ONCE = 32;
/** Faults of one line; any other would meet the next line, too. */
const OF_THE_LINE: ReadonlySet<FaultCode> = new Set(['USAGE', 'NOT_ALLOWED', 'NOT_FOUND', 'RECORD_INVALID']);

/**
 * Imports a stream of lines. Throws what ends the work as a whole: USAGE for a first line of CSV that names no known
 * columns; STORE_UNAVAILABLE and the like with the number of the line where it stopped.
 */
export async function importLines(
  work: ImportWork,
  chunks: AsyncIterable<Uint8Array>,
  format: ImportFormat,
  watcher: ImportWatcher,
): Promise<ImportReport> {
  const tallies = { domains: emptyTally(), accounts: emptyTally(), faulty: 0 };
  const readEntry = entryReader(format);
  let pending: Pending[] = [];
  for await (const read of numberedLines(chunks)) {
    const { line, bytesRead } = read;
    const entry = read.kind === 'faulty' ? read : readEntry(read.text);
    if (entry !== undefined && 'account' in entry) {
      const name = nameOf(work, entry);
      if (pending.some((other) => other.name === name)) await flush();
      pending.push({ line, entry, name });
      if (pending.length >= AT_ONCE) await flush();
    } else if (entry !== undefined) {
      await flush();
      if ('why' in entry) count(tallies.domains, { line, kind: 'faulty', why: entry.why });
      else count(tallies.domains, await resultOf(line, () => importDomain(work, entry)));
    }
    watcher.progress({ line, bytesRead });
  }
  await flush();
  return tallies;

  async function flush(): Promise<void> {
    const batch = pending;
    pending = [];
    const running = batch.map(({ line, entry }) => resultOf(line, () => importAccount(work, entry)));
    // All are waited for, also when one fails: none is left at work behind the end of the import.
    for (const settled of await Promise.allSettled(running)) {
      if (settled.status === 'rejected') throw settled.reason;
      count(tallies.accounts, settled.value);
    }
  }

  function count(tally: Record<Outcome['kind'], number>, result: Result): void {
    if (result.kind === 'faulty') {
      tallies.faulty += 1;
      watcher.faulty(result.line, result.why);
      return;
    }
    tally[result.kind] += 1;
    if (result.kind === 'kept') watcher.noted(result.line, result.note);
  }
}

async function resultOf(line: number, action: () => Promise<Outcome>): Promise<Result> {
  try {
    return { line, ...(await action()) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (OF_THE_LINE.has(error.code)) return { line, kind: 'faulty', why: error.message };
    const goOn = 'what was done before stays: run the same import again to go on';
    throw new Fault(error.code, `stopped at line ${line}: ${error.message}; ${goOn}`, { cause: error });
  }
}

// Two lines about one account are done one after the other, however it is spelled.
function nameOf(work: ImportWork, { account }: AccountEntry): string {
  const identity = canonicalAccount(account, work.rules);
  return identity.kind === 'account' ? identity.account.name : account;
}

function emptyTally(): Record<Outcome['kind'], number> {
  return { created: 0, changed: 0, unchanged: 0, kept: 0 };
}
