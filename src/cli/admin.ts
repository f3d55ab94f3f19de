/** `postern admin grant | revoke | create | list`: who may manage domains on the web. */

import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import qrcode from 'qrcode';
import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { openHashingThread } from '#adapters/bcrypt-thread.ts';
import type { AdminRole } from '#policy/ports/admins.ts';
import { grantAdmin, listAdmins, revokeAdmin, type AdminGrant } from '#policy/admins/admins.ts';
import { randomText } from '#policy/secrets/app-password.ts';
import { createLocalAdmin } from '#policy/admins/local-admins.ts';
import type { NewTotp } from '#policy/secrets/totp.ts';
import { accountNamed, addCommand, atDesk, confirm, withYes, type Cli, type Desk, type YesOption } from './cli.ts';
import { formatTime, table } from './layout.ts';

interface GrantOptions {
  readonly domain?: readonly string[];
  readonly all?: true;
  readonly role: AdminRole;
}

interface CreateOptions extends GrantOptions {
  readonly passwordFile?: string;
}

const GROUP = /.{4}(?=.)/g;

/** Adds the commands to the program. */
export function addAdminCommands(program: Command, cli: Cli): void {
  const admin = addCommand(program, 'admin', {
    description: 'Who may manage domains on the web: mail accounts with two-step, or local admins.',
    examples: ['admin list', 'admin grant alice@example.org --domain example.org'],
  });
  addCommand(admin, 'list', {
    description: 'All admins: those granted here, those of the configuration, and local ones.',
    examples: ['admin list'],
  }).action((_options, command: Command) => atDesk(cli, command, list));
  withGrant(
    addCommand(admin, 'grant <name>', {
      description: 'Let a mail account manage domains, or change what an admin may.',
      examples: [
        'admin grant alice@example.org --domain example.org',
        'admin grant help@example.org --all --role help-desk',
      ],
    }),
  ).action((name: string, options: GrantOptions, command: Command) =>
    atDesk(cli, command, (desk) => grant(desk, name, options)),
  );
  withYes(
    addCommand(admin, 'revoke <name>', {
      description: 'Take a grant away; a local admin is gone with it.',
      examples: ['admin revoke alice@example.org'],
    }),
  ).action((name: string, options: YesOption, command: Command) =>
    atDesk(cli, command, (desk) => revoke(desk, name, options)),
  );
  withGrant(
    addCommand(admin, 'create <name>', {
      description: [
        'Make a local admin, who needs no mailbox: the way into a fresh installation.',
        'Prints its password, unless one is given, and the key for its authenticator app. For a name that exists, both',
        'are made anew.',
      ].join('\n'),
      examples: ['admin create root --all', 'admin create ops --domain example.org --password-file ops.password'],
    }),
  )
    .option('--password-file <file>', 'a password of your own, 12 to 72 characters in the first line of this file')
    .action((name: string, options: CreateOptions, command: Command) =>
      atDesk(cli, command, (desk) => create(desk, name, options)),
    );
}

function withGrant(command: Command): Command {
  return command
    .option('--domain <domain...>', 'the domains that it manages')
    .option('--all', 'all domains, also those to come')
    .addOption(
      new Option('--role <role>', 'help-desk: reset factors, cut off, unlock; admin: change policy and suspend too')
        .choices(['admin', 'help-desk'])
        .default('admin'),
    );
}

async function list(desk: Desk): Promise<void> {
  const stored = await listAdmins(desk.context);
  const rows = [
    ...desk.settings.admins.map(({ account, role, domains }) => ({
      name: account,
      role,
      domains,
      from: 'configuration',
    })),
    ...stored.map(({ name, role, domains, local, grantedAt, grantedBy }) => ({
      name,
      role,
      domains,
      from: `${local === undefined ? 'granted' : 'local, created'} ${formatTime(grantedAt, desk.now)} by ${grantedBy}`,
    })),
  ];
  desk.report(rows, () => {
    if (rows.length === 0) return 'nobody is an admin yet: postern admin create, or postern admin grant';
    const cells = rows.map(({ name, role, domains, from }) => [name, role, domainWords(domains), from]);
    return table(['ADMIN', 'ROLE', 'DOMAINS', 'FROM'], cells, desk.paint);
  });
}

async function grant(desk: Desk, typed: string, options: GrantOptions): Promise<void> {
  const name = typed.includes('@') ? accountNamed(desk, typed).name : typed;
  const granted = await grantAdmin(desk.context, desk.actor, grantOf(name, options));
  const { role, domains } = granted;
  desk.report({ name, role, domains }, () => `${name} is now ${role} of ${domainWords(domains)}.`);
}

async function revoke(desk: Desk, typed: string, options: YesOption): Promise<void> {
  const name = typed.includes('@') ? accountNamed(desk, typed).name : typed;
  await confirm(desk.cli, options, `${name} would no longer be an admin. Go on?`);
  if (!(await revokeAdmin(desk.context, desk.actor, name)))
    throw new Fault('NOT_FOUND', `nothing was granted to ${name}`);
  const configured = desk.settings.admins.some(({ account }) => account === name);
  const still = configured ? ' It is still named in the configuration, which goes on to hold.' : '';
  desk.report({ name, revoked: true, configured }, () => `${name} is no longer an admin.${still}`);
}

async function create(desk: Desk, name: string, options: CreateOptions): Promise<void> {
  const given = options.passwordFile === undefined ? undefined : passwordIn(options.passwordFile);
  const password = given ?? new Secret(randomText(20).replace(GROUP, '$&-'));
  const hasher = openHashingThread();
  try {
    const totp = await createLocalAdmin({ ...desk.context, hasher }, desk.actor, grantOf(name, options), password);
    await reportCreated(desk, name, given === undefined ? password : undefined, totp);
  } finally {
    await hasher.close();
  }
}

async function reportCreated(desk: Desk, name: string, shown: Secret | undefined, totp: NewTotp): Promise<void> {
  const [key, uri] = [totp.secret.expose(), totp.uri.expose()];
  const qr = (await qrcode.toString(uri, { type: 'utf8', margin: 2 })).trimEnd();
  desk.report({ name, password: shown?.expose() ?? null, key, uri }, () =>
    [
      `The local admin ${name} can sign in now. What follows is shown only once.`,
      ...(shown === undefined ? [] : ['', `Password: ${desk.paint('bold', shown.expose())}`]),
      '',
      `Scan this with an authenticator app, or type the key into it: ${key.replace(GROUP, '$& ')}`,
      qr,
    ].join('\n'),
  );
}

function grantOf(name: string, { domain = [], all, role }: GrantOptions): AdminGrant {
  if ((all === true) === domain.length > 0) throw new Fault('USAGE', 'name the domains with --domain, or give --all');
  return { name, role, domains: all === true ? 'all' : domain };
}

function passwordIn(file: string): Secret {
  try {
    return new Secret(readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '');
  } catch {
    throw new Fault('USAGE', `--password-file: ${file} cannot be read`);
  }
}

function domainWords(domains: 'all' | readonly string[]): string {
  return domains === 'all' ? 'all domains' : domains.join(', ');
}
