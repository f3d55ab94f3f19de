/** `postern token create | list | revoke`: bearer tokens of the policy service. */

import { type Command, Option } from 'commander';
import { Fault } from '#core/fault.ts';
import { createToken, listTokens, revokeToken } from '#policy/admins/service-tokens.ts';
import { TOKEN_ROLES, type TokenRecord, type TokenRole } from '#policy/ports/tokens.ts';
import { addCommand, atDesk, confirm, withYes, type Cli, type Desk, type YesOption } from './cli.ts';
import { formatTime, table } from './layout.ts';
import { parseFuture } from './moments.ts';

interface CreateOptions {
  readonly role: readonly TokenRole[];
  readonly domain?: readonly string[];
  readonly all?: true;
  readonly expires?: string;
}

/** Adds the commands to the program. */
export function addTokenCommands(program: Command, cli: Cli): void {
  const token = addCommand(program, 'token', {
    description: 'Tokens with which programs ask the policy service.',
    examples: ['token create nginx --role verifier --all', 'token list'],
  });
  addCommand(token, 'create <name>', {
    description: [
      'Make a token. It is shown once and kept nowhere: hand it to the program at once.',
      'Roles: admin changes policy and accounts, help-desk resets factors, cuts off and unlocks, read-only looks,',
      'verifier judges logins for a proxy, reveal shows app passwords again.',
    ].join('\n'),
    examples: [
      'token create nginx --role verifier --all',
      'token create billing --role admin --domain example.org --expires 365d',
    ],
  })
    .addOption(new Option('--role <role...>', 'what it may do').choices([...TOKEN_ROLES]).makeOptionMandatory())
    .option('--domain <domain...>', 'the domains that it is good for')
    .option('--all', 'all domains, also those to come')
    .option('--expires <when>', 'when it ends, e.g. 2027-01-31 or 90d; without it, never')
    .action((name: string, options: CreateOptions, command: Command) =>
      atDesk(cli, command, (desk) => create(desk, name, options)),
    );
  addCommand(token, 'list', {
    description: 'All tokens: what each may do, and until when. The tokens themselves cannot be shown again.',
    examples: ['token list', 'token list --json'],
  }).action((_options, command: Command) => atDesk(cli, command, list));
  withYes(
    addCommand(token, 'revoke <name>', {
      description: 'End a token. Programs that still use it are refused within a second.',
      examples: ['token revoke nginx'],
    }),
  ).action((name: string, options: YesOption, command: Command) =>
    atDesk(cli, command, (desk) => revoke(desk, name, options)),
  );
}

async function create(desk: Desk, name: string, options: CreateOptions): Promise<void> {
  const { role: roles, domain = [], all, expires } = options;
  if ((all === true) === domain.length > 0) throw new Fault('USAGE', 'name the domains with --domain, or give --all');
  const expiresAt = expires === undefined ? undefined : parseFuture(expires, desk.now, '--expires');
  const domains = all === true ? 'all' : domain;
  const { token, record } = await createToken(desk.context, desk.actor, { name, roles, domains, expiresAt });
  desk.report({ ...tokenJson(record), token: token.expose() }, () =>
    [`The token ${name} (${roles.join(', ')}). It is shown only now:`, '', desk.paint('bold', token.expose())].join(
      '\n',
    ),
  );
}

async function list(desk: Desk): Promise<void> {
  const tokens = await listTokens(desk.context);
  desk.report(tokens.map(tokenJson), () => {
    if (tokens.length === 0) return 'there are no tokens: postern token create';
    const rows = tokens.map(({ name, roles, domains, createdAt, createdBy, expiresAt }) => [
      name,
      roles.join(', '),
      domains === 'all' ? 'all domains' : domains.join(', '),
      `${formatTime(createdAt, desk.now)} by ${createdBy}`,
      expiresAt === undefined ? 'never' : formatTime(expiresAt, desk.now),
    ]);
    return table(['TOKEN', 'ROLES', 'DOMAINS', 'MADE', 'ENDS'], rows, desk.paint);
  });
}

async function revoke(desk: Desk, name: string, options: YesOption): Promise<void> {
  await confirm(desk.cli, options, `Programs that use the token ${name} would be refused. Go on?`);
  if (!(await revokeToken(desk.context, desk.actor, name)))
    throw new Fault('NOT_FOUND', 'there is no token of this name');
  desk.report({ name, revoked: true }, () => `The token ${name} is no longer good.`);
}

function tokenJson({ id, name, roles, domains, createdAt, createdBy, expiresAt }: TokenRecord) {
  const ends = expiresAt === undefined ? null : new Date(expiresAt).toISOString();
  return { id, name, roles, domains, createdAt: new Date(createdAt).toISOString(), createdBy, expiresAt: ends };
}
