/**
 * Everything that a store keeps for good, as lines: the domains' choices, the accounts, admins, tokens and the audit.
 * What ends by itself is left out: sessions, sign-ins of browsers, counts of wrong passwords, last uses.
 */

import type { Store } from '#policy/ports/store.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { itemLine, lineDigest, type ExportEnd, type ExportHeader, type ExportItem } from './export-format.ts';

export interface ExportCounts {
  readonly domains: number;
  readonly accounts: number;
  readonly auditEntries: number;
}

const PAGE = 500;
/** More than a store keeps of a domain. */
const ALL_AUDIT = 1_000_000;
/** Where the audit has what concerns all domains. */
const EVERYWHERE = '*';

/**
 * Yields the lines of an export and returns what was in it. `domains` are those that the configuration names: they may
 * have an audit while nobody has decided about them. Memory is that of one page and of the domains' names. What
 * changes meanwhile may be in it or not; each record is whole.
 */
export async function* exportLines(
  context: Pick<PolicyContext, 'store' | 'keyring' | 'clock'>,
  domains: readonly string[],
): AsyncGenerator<string, ExportCounts> {
  const { store, keyring } = context;
  const header: ExportHeader = {
    form: 'postern-export',
    v: 1,
    at: new Date(context.clock()).toISOString(),
    keyId: keyring.currentId,
  };
  const first = JSON.stringify(header);
  const digest = lineDigest(keyring, keyring.currentId);
  digest.add(first);
  yield first;
  const counts = { domain: 0, account: 0, admins: 0, tokens: 0, audit: 0 };
  let lines = 0;
  for await (const item of itemsOf(store, domains)) {
    const line = itemLine(item);
    digest.add(line);
    lines += 1;
    counts[item.kind] += 1;
    yield line;
  }
  const end: ExportEnd = { kind: 'end', lines, digest: digest.text() };
  yield JSON.stringify(end);
  return { domains: counts.domain, accounts: counts.account, auditEntries: counts.audit };
}

async function* itemsOf(store: Store, configured: readonly string[]): AsyncGenerator<ExportItem> {
  const names = new Set(configured);
  const domains = (cursor: string | undefined) => store.listDomains(cursor, PAGE);
  for await (const { domain, record } of pagesOf(domains)) {
    names.add(domain);
    yield { kind: 'domain', name: domain, record };
  }
  const [admins, tokens] = await Promise.all([store.lookupAdmins(), store.lookupTokens()]);
  if (admins.record !== undefined) yield { kind: 'admins', name: 'all', record: admins.record };
  if (tokens.record !== undefined) yield { kind: 'tokens', name: 'all', record: tokens.record };
  for await (const name of pagesOf((cursor) => store.listAccountDomains(cursor, PAGE))) names.add(name);
  for (const name of names) {
    const accounts = (cursor: string | undefined) => store.listAccounts(name, cursor, PAGE);
    for await (const { account, record } of pagesOf(accounts)) yield { kind: 'account', name: account, record };
  }
  for (const name of [EVERYWHERE, ...names]) {
    const entries = await store.listAudit({ domain: name, limit: ALL_AUDIT });
    for (const entry of entries.toReversed()) yield { kind: 'audit', name, record: entry };
  }
}

async function* pagesOf<T>(
  read: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}
