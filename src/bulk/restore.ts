/**
 * Writes the records of a checked export into a store. A record that is there already and differs stays unless it is to
 * be replaced: it may be newer, and what was revoked since must not come back unnoticed.
 */

import { isDeepStrictEqual } from 'node:util';
import { unreachable } from '#core/fault.ts';
import type { Account } from '#core/identity.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import type { Store } from '#policy/ports/store.ts';
import { exportItems } from './check-export.ts';
import type { ExportItem } from './export-format.ts';
import type { AccountRecord, DomainRecord } from '#policy/ports/records.ts';

export interface RestoreWork {
  readonly store: Store;
  /** Who restores, for the audit. */
  readonly actor: string;
  readonly clock: () => number;
  readonly dryRun: boolean;
  /** Records that differ are replaced. */
  readonly replace: boolean;
}

/** `kept`: another record is there and stays. */
type Restored = 'created' | 'replaced' | 'unchanged' | 'kept';
export type RestoreTally = Readonly<Record<Restored, number>>;

export interface RestoreReport {
  readonly domains: RestoreTally;
  readonly accounts: RestoreTally;
  /** The list of all admins and the list of all tokens are one record each. */
  readonly lists: RestoreTally;
  readonly auditEntries: number;
}

export interface RestoreWatcher {
  kept(line: number, what: string): void;
  progress(at: { readonly line: number; readonly bytesRead: number }): void;
}

type Single = Extract<ExportItem, { kind: 'account' | 'admins' | 'tokens' | 'domain' }>;
type Tallies = Readonly<Record<'domains' | 'accounts' | 'lists', Record<Restored, number>>>;

const AT_ONCE = 32;
const TALLY_OF = { domain: 'domains', account: 'accounts', admins: 'lists', tokens: 'lists' } as const;

/**
 * Restores what the checked export in `chunks`, written at `exportedAt`, holds. The audit of a domain is restored where
 * the store has none. Throws what the store throws; running it again goes on.
 */
export async function restoreExport(
  work: RestoreWork,
  chunks: AsyncIterable<Uint8Array>,
  exportedAt: string,
  watcher: RestoreWatcher,
): Promise<RestoreReport> {
  const tallies: Tallies = { domains: none(), accounts: none(), lists: none() };
  const written = new Map<string, number>();
  const audit = auditWriter(work);
  let batch: { line: number; item: Single }[] = [];
  let auditEntries = 0;
  for await (const { line, bytesRead, item } of exportItems(chunks)) {
    if (item.kind === 'audit') {
      await flush();
      if (await audit(item.name, item.record)) auditEntries += 1;
    } else {
      batch.push({ line, item });
      if (batch.length >= AT_ONCE) await flush();
    }
    watcher.progress({ line, bytesRead });
  }
  await flush();
  if (!work.dryRun) await noteRestored(work, written, exportedAt);
  return { ...tallies, auditEntries };

  async function flush(): Promise<void> {
    const running = batch.map(async ({ line, item }) => ({ line, item, outcome: await restoreOne(work, item) }));
    batch = [];
    for (const settled of await Promise.allSettled(running)) {
      if (settled.status === 'rejected') throw settled.reason;
      const { line, item, outcome } = settled.value;
      tallies[TALLY_OF[item.kind]][outcome] += 1;
      if (outcome === 'kept') watcher.kept(line, wordsOf(item));
      if (outcome === 'created' || outcome === 'replaced') noteWritten(written, item);
    }
  }
}

function restoreOne(work: RestoreWork, item: Single): Promise<Restored> {
  const { store } = work;
  switch (item.kind) {
    case 'domain':
      return restoreDomain(work, item.name, item.record);
    case 'account':
      return restoreAccount(work, item.name, item.record);
    case 'admins':
      return store.updateAdmins((current) =>
        judged(work, current.admins.length === 0 ? undefined : current, item.record),
      );
    case 'tokens':
      return store.updateTokens((current) =>
        judged(work, current.tokens.length === 0 ? undefined : current, item.record),
      );
    default:
      return unreachable(item);
  }
}

async function restoreDomain(work: RestoreWork, name: string, record: DomainRecord): Promise<Restored> {
  const found = await work.store.lookupDomain(name);
  const judgement = judged(work, found.record, record);
  if (judgement.record === undefined) return judgement.result;
  const epoch = await work.store.saveDomain(name, judgement.record, found.epoch);
  // Somebody has just changed it: what they decided is newer.
  return epoch === undefined ? 'kept' : judgement.result;
}

function restoreAccount(work: RestoreWork, name: string, record: AccountRecord): Promise<Restored> {
  return work.store.updateAccount(accountOf(name), (current) => judged(work, current, record));
}

/** What is to be written over what is there (undefined: nothing), and what that is called. */
function judged<T>(
  { replace, dryRun }: RestoreWork,
  current: T | undefined,
  record: T,
): { readonly record: T | undefined; readonly result: Restored } {
  if (current !== undefined && isDeepStrictEqual(current, record)) return { record: undefined, result: 'unchanged' };
  if (current !== undefined && !replace) return { record: undefined, result: 'kept' };
  return { record: dryRun ? undefined : record, result: current === undefined ? 'created' : 'replaced' };
}

/** Writes entries in order where nothing is written down about their domain yet; true when it did, or would. */
function auditWriter(work: RestoreWork): (domain: string, entry: AuditEntry) => Promise<boolean> {
  let present: { readonly domain: string; readonly bare: boolean } | undefined;
  return async (domain, entry) => {
    if (present?.domain !== domain) {
      present = { domain, bare: (await work.store.listAudit({ domain, limit: 1 })).length === 0 };
    }
    if (present.bare && !work.dryRun) await work.store.appendAudit(entry);
    return present.bare;
  };
}

function noteWritten(written: Map<string, number>, item: Single): void {
  const domain = item.kind === 'account' ? accountOf(item.name).domain : item.kind === 'domain' ? item.name : undefined;
  if (domain !== undefined) written.set(domain, (written.get(domain) ?? 0) + 1);
}

async function noteRestored(
  { store, clock, actor }: RestoreWork,
  written: ReadonlyMap<string, number>,
  exportedAt: string,
): Promise<void> {
  for (const [domain, records] of written) {
    const detail = { restoredFrom: exportedAt, records };
    await store.appendAudit({ at: clock(), actor, action: 'domain.changed', domain, detail });
  }
}

function accountOf(name: string): Account {
  const at = name.lastIndexOf('@');
  return { name, local: name.slice(0, at), domain: name.slice(at + 1) };
}

function wordsOf({ kind, name }: Single): string {
  return kind === 'domain' || kind === 'account' ? name : `the list of ${kind}`;
}

function none(): Record<Restored, number> {
  return { created: 0, replaced: 0, unchanged: 0, kept: 0 };
}
