/** The audit of a domain as its admins read it: by who, to whom, what and when; and as a table for a spreadsheet. */

import type { AuditAction, AuditEntry } from '#policy/ports/audit.ts';
import type { Store } from '#policy/ports/store.ts';

export interface AuditFilter {
  readonly domain: string;
  /** Part of the name of who did it; absent or '': anybody. */
  readonly actor?: string | undefined;
  /** Part of the name of the account that it was done to; absent or '': any, and the domain itself. */
  readonly account?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** Milliseconds since 1970, both included. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** How many fit the filter in all. */
  readonly total: number;
}

/** More than a store keeps of a domain. */
const ALL = 1_000_000;

/** The entries that fit, newest first, from the one after `skip` on. */
export async function listAuditPage(
  store: Pick<Store, 'listAudit'>,
  filter: AuditFilter,
  { skip, limit }: { readonly skip: number; readonly limit: number },
): Promise<AuditPage> {
  const all = await store.listAudit({ domain: filter.domain, limit: ALL });
  const found = all.filter((entry) => fits(entry, filter));
  return { entries: found.slice(skip, skip + limit), total: found.length };
}

/** All entries that fit as CSV (RFC 4180), times in ISO 8601 and UTC. No cell begins like a spreadsheet's formula. */
export async function auditCsv(store: Pick<Store, 'listAudit'>, filter: AuditFilter): Promise<string> {
  const { entries } = await listAuditPage(store, filter, { skip: 0, limit: ALL });
  const rows = entries.map(({ at, actor, action, domain, account = '', detail }) => {
    const details = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
    return [new Date(at).toISOString(), actor, action, domain, account, details.join('; ')];
  });
  return [HEAD, ...rows].map((cells) => `${cells.map((cell) => csvCell(cell)).join(',')}\r\n`).join('');
}

const HEAD = ['time', 'who', 'did', 'domain', 'account', 'detail'];
// What a spreadsheet takes for the start of a formula (OWASP "CSV Injection"), after blanks as well.
const FORMULA = /^[\s\0]*[=+\-@|%]|^[\t\r\n]/;

function csvCell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

function fits(entry: AuditEntry, { actor = '', account = '', action, from, until }: AuditFilter): boolean {
  return (
    entry.actor.includes(actor.toLowerCase()) &&
    (account === '' || (entry.account ?? '').includes(account.toLowerCase())) &&
    (action === undefined || entry.action === action) &&
    (from === undefined || entry.at >= from) &&
    (until === undefined || entry.at <= until)
  );
}
