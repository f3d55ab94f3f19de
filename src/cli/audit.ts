/** `postern audit list`: who did what to whom. */

import { InvalidArgumentError, type Command } from 'commander';
import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import { accountNamed, addCommand, atDesk, type Cli, type Desk } from './cli.ts';
import { formatTime, table } from './layout.ts';

interface ListOptions {
  readonly account?: string;
  readonly domain?: string;
  readonly limit: number;
}

const DEFAULT_LIMIT = 50;

/** Adds the command to the program. */
export function addAuditCommand(program: Command, cli: Cli): void {
  const audit = addCommand(program, 'audit', {
    description: 'Who did what to whom: every change of a domain, an account, an app password or an admin.',
    examples: ['audit list --account alice@example.org', 'audit list --domain example.org --limit 500 --json'],
  });
  addCommand(audit, 'list', {
    description: 'The newest entries of a domain or of an account, newest first.',
    examples: ['audit list --account alice@example.org', 'audit list --domain example.org --limit 500 --json'],
  })
    .option('--account <account>', 'what was done to this account')
    .option('--domain <domain>', 'what was done in this domain')
    .option('--limit <count>', 'at most so many entries', countOf, DEFAULT_LIMIT)
    .action((options: ListOptions, command: Command) => atDesk(cli, command, (desk) => list(desk, options)));
}

async function list(desk: Desk, options: ListOptions): Promise<void> {
  const entries = await desk.context.store.listAudit({ ...placeOf(desk, options), limit: options.limit });
  desk.report(entries.map(entryJson), () =>
    entries.length === 0 ? 'nothing is written down' : auditTable(entries, desk),
  );
}

function placeOf(desk: Desk, { account, domain }: ListOptions): { domain: string; account?: string } {
  if ((account === undefined) === (domain === undefined)) throw new Fault('USAGE', 'give --account or --domain');
  if (account !== undefined) {
    const { name, domain: ofAccount } = accountNamed(desk, account);
    return { domain: ofAccount, account: name };
  }
  const canonical = canonicalDomain(domain ?? '');
  if (canonical === undefined) throw new Fault('USAGE', `"${domain}" is not a domain name`);
  return { domain: canonical };
}

function auditTable(entries: readonly AuditEntry[], desk: Desk): string {
  const rows = entries.map(({ at, actor, action, account, domain, detail }) => [
    formatTime(at, desk.now),
    actor,
    action,
    account ?? domain,
    Object.entries(detail)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  ]);
  return table(['WHEN', 'WHO', 'DID', 'TO', 'DETAIL'], rows, desk.paint);
}

function entryJson({ at, account, ...entry }: AuditEntry): Record<string, unknown> {
  return { at: new Date(at).toISOString(), account: account ?? null, ...entry };
}

function countOf(typed: string): number {
  const count = Number(typed);
  if (Number.isInteger(count) && count > 0 && count <= 100_000) return count;
  throw new InvalidArgumentError('It must be a whole number from 1 to 100000.');
}
