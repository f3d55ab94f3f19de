/** `postern app-password add | list | reveal | reset | revoke`: the passwords of an account's mail programs. */

import type { Command } from 'commander';
import { Fault } from '#core/fault.ts';
import type { Secret } from '#core/secret.ts';
import { APP_PASSWORD_SCOPES, type AppPasswordScope } from '#core/protocols.ts';
import { formatAppPassword } from '#policy/secrets/app-password.ts';
import {
  addAppPassword,
  listAppPasswords,
  resetAppPasswordOf,
  revealAppPassword,
  revokeAppPassword,
  type AppPasswordView,
} from '#policy/app-passwords/app-passwords.ts';
import { accountNamed, addCommand, atDesk, confirm, withYes, type Cli, type Desk, type YesOption } from './cli.ts';
import { formatTime, table } from './layout.ts';
import { parseFuture } from './moments.ts';

interface AddOptions {
  readonly scope?: string;
  readonly expires?: string;
  readonly network?: string[];
}

/** Adds the commands to the program. */
export function addAppPasswordCommands(program: Command, cli: Cli): void {
  const group = addCommand(program, 'app-password', {
    description: "The passwords of an account's mail programs.\nOne is named by its name or its id.",
    examples: ['app-password list alice@example.org', 'app-password add alice@example.org "Old phone" --scope imap'],
  });
  addAdding(group, cli);
  addCommand(group, 'list <account>', {
    description: 'The app passwords of an account, and when each was last used.',
    examples: ['app-password list alice@example.org'],
  }).action((name: string, _options, command: Command) => atDesk(cli, command, (desk) => list(desk, name)));
  addCommand(group, 'reveal <account> <app-password>', {
    description: 'Show an app password again. This is written to the audit, where its owner can see it.',
    examples: ['app-password reveal alice@example.org "Mail apps"'],
  }).action((name: string, ref: string, _options, command: Command) =>
    atDesk(cli, command, (desk) => reveal(desk, name, ref)),
  );
  withYes(
    addCommand(group, 'reset <account> <app-password>', {
      description: 'Give it a new secret and close the sessions that the old one opened.',
      examples: ['app-password reset alice@example.org "Mail apps"'],
    }),
  ).action((name: string, ref: string, options: YesOption, command: Command) =>
    atDesk(cli, command, (desk) => reset(desk, { name, ref }, options)),
  );
  withYes(
    addCommand(group, 'revoke <account> <app-password>', {
      description: 'End it for good and close the sessions that it opened.',
      examples: ['app-password revoke alice@example.org "Old phone"'],
    }),
  ).action((name: string, ref: string, options: YesOption, command: Command) =>
    atDesk(cli, command, (desk) => revoke(desk, { name, ref }, options)),
  );
}

function addAdding(group: Command, cli: Cli): void {
  addCommand(group, 'add <account> <name>', {
    description: 'Make an app password for an enrolled account and show it.',
    examples: [
      'app-password add alice@example.org "Work laptop"',
      'app-password add alice@example.org Scanner --scope submission --network 192.0.2.0/24 --expires 365d',
    ],
  })
    .option('--scope <list>', `protocols it is good for: ${APP_PASSWORD_SCOPES.join(', ')} (default: all)`)
    .option('--expires <time>', 'until when (2027-01-31, "2027-01-31 08:00", 90d)')
    .option('--network <cidr...>', 'from where only')
    .action((account: string, name: string, options: AddOptions, command: Command) =>
      atDesk(cli, command, (desk) => add(desk, { account, name }, options)),
    );
}

/** A table of app passwords. */
export function appPasswordTable(views: readonly AppPasswordView[], desk: Desk): string {
  const rows = views.map((view) => [
    view.name,
    view.id,
    view.scopes.length === APP_PASSWORD_SCOPES.length ? 'all' : view.scopes.join(', '),
    lastUseWords(view, desk.now),
    limitWords(view, desk),
  ]);
  return table(['APP PASSWORD', 'ID', 'FOR', 'LAST USED', 'LIMITS'], rows, desk.paint);
}

/** An app password as JSON. */
export function appPasswordJson(view: AppPasswordView): Record<string, unknown> {
  const { id, name, scopes, createdAt, expiresAt, expired, networks, revealable, lastUse } = view;
  return {
    id,
    name,
    scopes,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    expired,
    networks: networks ?? null,
    revealable,
    lastUse: lastUse === undefined ? null : { ...lastUse, at: new Date(lastUse.at).toISOString() },
  };
}

async function add(desk: Desk, who: { account: string; name: string }, options: AddOptions): Promise<void> {
  const account = accountNamed(desk, who.account);
  const fresh = await addAppPassword(desk.context, desk.actor, account, {
    name: who.name,
    scopes: options.scope === undefined ? APP_PASSWORD_SCOPES : parseScopes(options.scope),
    expiresAt: options.expires === undefined ? undefined : parseFuture(options.expires, desk.now, '--expires'),
    networks: options.network,
  });
  showSecret(desk, fresh.appPassword, fresh.secret, `A new app password of ${account.name} for "${who.name}":`);
}

async function list(desk: Desk, typed: string): Promise<void> {
  const account = accountNamed(desk, typed);
  const views = await listAppPasswords(desk.context, account);
  desk.report(views.map(appPasswordJson), () =>
    views.length === 0 ? `${account.name} has no app password` : appPasswordTable(views, desk),
  );
}

async function reveal(desk: Desk, typed: string, ref: string): Promise<void> {
  const account = accountNamed(desk, typed);
  const secret = await revealAppPassword(desk.context, desk.actor, account, ref);
  desk.report({ account: account.name, appPassword: ref, secret: secret.expose() }, () => formatAppPassword(secret));
}

async function reset(desk: Desk, { name, ref }: { name: string; ref: string }, options: YesOption): Promise<void> {
  const account = accountNamed(desk, name);
  await confirm(desk.cli, options, `Any mail program that uses "${ref}" will need the new one. Reset it?`);
  const fresh = await resetAppPasswordOf(desk.context, desk.actor, account, ref);
  showSecret(
    desk,
    fresh.appPassword,
    fresh.secret,
    `The new secret of "${fresh.appPassword.name}" of ${account.name}:`,
  );
}

async function revoke(desk: Desk, { name, ref }: { name: string; ref: string }, options: YesOption): Promise<void> {
  const account = accountNamed(desk, name);
  await confirm(desk.cli, options, `Any mail program that uses "${ref}" will stop working. Revoke it?`);
  await revokeAppPassword(desk.context, desk.actor, account, ref);
  desk.report({ account: account.name, revoked: ref }, () => `"${ref}" of ${account.name} is revoked.`);
}

function showSecret(desk: Desk, view: AppPasswordView, secret: Secret, head: string): void {
  const again = view.revealable ? 'It can be shown again with `postern app-password reveal`.' : 'It is shown only now.';
  desk.report({ ...appPasswordJson(view), secret: secret.expose() }, () =>
    [head, '', `    ${desk.paint('bold', formatAppPassword(secret))}`, '', again].join('\n'),
  );
}

function parseScopes(typed: string): readonly AppPasswordScope[] {
  const words = typed.split(/[\s,]+/).filter((word) => word !== '');
  const unknown = words.find((word) => APP_PASSWORD_SCOPES.every((scope) => scope !== word));
  if (unknown !== undefined)
    throw new Fault('USAGE', `--scope: "${unknown}" is none of ${APP_PASSWORD_SCOPES.join(', ')}`);
  return APP_PASSWORD_SCOPES.filter((scope) => words.includes(scope));
}

function lastUseWords({ lastUse }: AppPasswordView, now: number): string {
  return lastUse === undefined
    ? 'never'
    : `${formatTime(lastUse.at, now)}, ${lastUse.protocol} from ${lastUse.network}`;
}

function limitWords({ expiresAt, expired, networks }: AppPasswordView, desk: Desk): string {
  const expiry = expiresAt === undefined ? [] : [`${expired ? 'expired' : 'until'} ${formatTime(expiresAt, desk.now)}`];
  const words = [...expiry.map((text) => (expired ? desk.paint('red', text) : text)), ...(networks ?? [])];
  return words.join(', ');
}
