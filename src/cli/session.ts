/** `postern session list | cut-off`: who is logged in now, and ending it. */

import type { Command } from 'commander';
import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';
import type { SessionCredential } from '#core/verdict.ts';
import { cutOffAccount, cutOffSession } from '#policy/accounts/accounts.ts';
import { accountNamed, addCommand, atDesk, confirm, withYes, type Cli, type Desk, type YesOption } from './cli.ts';
import { counted, formatTime, table } from './layout.ts';
import type { SessionFilter, SessionRecord } from '#core/session.ts';

interface ListOptions {
  readonly account?: string;
  readonly domain?: string;
}

interface CutOffOptions extends YesOption {
  readonly account?: string;
}

/** Adds the commands to the program. */
export function addSessionCommands(program: Command, cli: Cli): void {
  const session = addCommand(program, 'session', {
    description: 'Who is logged in now, on all gateways.',
    examples: ['session list', 'session cut-off --account alice@example.org'],
  });
  addCommand(session, 'list', {
    description: 'The open sessions: of all, of one domain or of one account.',
    examples: ['session list --domain example.org', 'session list --account alice@example.org --json'],
  })
    .option('--account <account>', 'of this account only')
    .option('--domain <domain>', 'of this domain only')
    .action((options: ListOptions, command: Command) => atDesk(cli, command, (desk) => list(desk, options)));
  withYes(
    addCommand(session, 'cut-off [id...]', {
      description: 'Close sessions. Their mail programs may log in again: to prevent that, suspend the account.',
      examples: ['session cut-off s7k2m9', 'session cut-off --account alice@example.org --yes'],
    }),
  )
    .option('--account <account>', 'all sessions of this account')
    .action((ids: string[], options: CutOffOptions, command: Command) =>
      atDesk(cli, command, (desk) => cutOff(desk, ids, options)),
    );
}

/** A table of sessions. */
export function sessionTable(sessions: readonly SessionRecord[], desk: Desk): string {
  const rows = sessions.map(({ id, account, protocol, address, opener, gateway, openedAt }) => [
    id,
    account,
    protocol,
    address,
    openerWords(opener),
    gateway,
    formatTime(openedAt, desk.now),
  ]);
  return table(['SESSION', 'ACCOUNT', 'PROTOCOL', 'FROM', 'OPENED WITH', 'GATEWAY', 'SINCE'], rows, desk.paint);
}

/** A session as JSON. */
export function sessionJson(session: SessionRecord): Record<string, unknown> {
  const { openedAt, opener, ...rest } = session;
  const appPassword = opener.kind === 'app-password' ? opener.id : null;
  return { ...rest, openedWith: opener.kind, appPassword, openedAt: new Date(openedAt).toISOString() };
}

async function list(desk: Desk, options: ListOptions): Promise<void> {
  const sessions = (await desk.context.store.listSessions(filterFor(desk, options))).toSorted(
    (a, b) => a.openedAt - b.openedAt,
  );
  desk.report(sessions.map(sessionJson), () =>
    sessions.length === 0 ? 'nobody is logged in' : sessionTable(sessions, desk),
  );
}

function filterFor(desk: Desk, { account, domain }: ListOptions): SessionFilter {
  if (account !== undefined && domain !== undefined) throw new Fault('USAGE', 'give --account or --domain, not both');
  if (account !== undefined) return { by: 'account', account: accountNamed(desk, account) };
  if (domain === undefined) return { by: 'all' };
  const canonical = canonicalDomain(domain);
  if (canonical === undefined) throw new Fault('USAGE', `"${domain}" is not a domain name`);
  return { by: 'domain', domain: canonical };
}

async function cutOff(desk: Desk, ids: readonly string[], options: CutOffOptions): Promise<void> {
  if (ids.length > 0 === (options.account !== undefined)) {
    throw new Fault('USAGE', 'name the sessions (see `postern session list`), or give --account');
  }
  const closing =
    options.account === undefined
      ? await cutOffById(desk, ids, options)
      : await cutOffAll(desk, options.account, options);
  desk.report({ closing: closing.map(({ id }) => id) }, () => `${counted(closing.length, 'session')} told to close.`);
}

async function cutOffById(desk: Desk, ids: readonly string[], options: YesOption): Promise<readonly SessionRecord[]> {
  const sessions = await desk.context.store.listSessions({ by: 'all' });
  const found = ids.map((id) => {
    const session = sessions.find((one) => one.id === id);
    if (session === undefined)
      throw new Fault('NOT_FOUND', `there is no session "${id}": see \`postern session list\``);
    return session;
  });
  await confirm(desk.cli, options, `Close ${counted(found.length, 'session')} of ${accountsIn(found)}?`);
  for (const session of found) await cutOffSession(desk.context, desk.actor, session);
  return found;
}

async function cutOffAll(desk: Desk, typed: string, options: YesOption): Promise<readonly SessionRecord[]> {
  const account = accountNamed(desk, typed);
  const sessions = await desk.context.store.listSessions({ by: 'account', account });
  await confirm(desk.cli, options, `Close ${counted(sessions.length, 'session')} of ${account.name}?`);
  await cutOffAccount(desk.context, desk.actor, account);
  return sessions;
}

function accountsIn(sessions: readonly SessionRecord[]): string {
  return [...new Set(sessions.map(({ account }) => account))].join(', ');
}

function openerWords(opener: SessionCredential): string {
  return opener.kind === 'app-password' ? `app password ${opener.id}` : opener.kind.replace('-', ' ');
}
