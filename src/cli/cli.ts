/** What every command is handed, and the two things that most begin with: the settings and the policy's tools. */

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { loadSettings } from '#config/load.ts';
import type { Settings } from '#config/settings.ts';
import { Fault } from '#core/fault.ts';
import { canonicalAccount, type Account, type IdentityFault } from '#core/identity.ts';
import { readKeyring } from '#adapters/key-file.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { openMail } from '#run/open-mail.ts';
import { openStore } from '#store/open.ts';
import { painter, type Paint } from './layout.ts';
import type { Terminal } from './terminal.ts';

/** The world around a command. */
export interface Cli {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Who acts, for the audit: `cli:<real user>`. */
  readonly actor: string;
}

/** Options that every command takes. */
interface GlobalOptions {
  readonly config?: string;
  readonly json?: true;
}

/** Option of the commands that cannot be undone. */
export interface YesOption {
  readonly yes?: true;
}

/** A command at work on the store. */
export interface Desk {
  readonly cli: Cli;
  readonly settings: Settings;
  readonly context: PolicyContext;
  readonly actor: string;
  readonly now: number;
  readonly paint: Paint;
  /** Prints the result: the value with --json, else the text. */
  report(value: unknown, text: () => string): void;
}

/** Never one of the folder one happens to be in: it may be somebody else's, and name what a root command then runs on. */
const CONFIG_PLACE = '/etc/postern/postern.yaml';

/** The configuration file to read: --config, $POSTERN_CONFIG, else the usual place. CONFIG_INVALID: none. */
export function configFile(cli: Cli, command: Command): string {
  const named = command.optsWithGlobals<GlobalOptions>().config ?? cli.environment['POSTERN_CONFIG'];
  if (named !== undefined && named !== '') return named;
  if (existsSync(CONFIG_PLACE)) return CONFIG_PLACE;
  const here = existsSync('postern.yaml') ? ' (a postern.yaml in this folder is not taken by itself)' : '';
  throw new Fault('CONFIG_INVALID', `there is no ${CONFIG_PLACE}: name the configuration with --config${here}`);
}

/** True when the result is wanted as JSON. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<GlobalOptions>().json === true;
}

/** Prints a result: the value with --json, else the text. */
export function reporter(cli: Cli, command: Command): Desk['report'] {
  return (value, text) => cli.terminal.out(wantsJson(command) ? JSON.stringify(value) : text());
}

/** Runs an action with the policy's tools; after it, however it ends, notices are sent and the store is closed. */
export async function atDesk(cli: Cli, command: Command, action: (desk: Desk) => Promise<void>): Promise<void> {
  const { settings } = loadSettings({
    file: configFile(cli, command),
    environment: cli.environment,
    now: cli.clock(),
    files: 'store and mail',
  });
  const keyring = readKeyring(settings.keysFile);
  const store = await openStore(settings.store);
  const mail = openMail(settings, ({ event, to, reason }) => {
    if (event === 'failed') cli.terminal.err(`postern: no notice could be sent to ${to}: ${reason}`);
  });
  try {
    const { issuer, maxAppPasswords } = settings.policy;
    const notify: PolicyContext['notify'] = (notice) => mail?.notify(notice);
    await action({
      cli,
      settings,
      context: { store, keyring, clock: cli.clock, issuer, maxAppPasswords, notify },
      actor: cli.actor,
      now: cli.clock(),
      paint: painter(cli.terminal.colour),
      report: reporter(cli, command),
    });
  } finally {
    await mail?.stop();
    await store.close();
  }
}

const WHY_NOT = {
  empty: 'it is empty',
  'too-long': 'it is too long',
  malformed: 'it is malformed',
  separator: 'it contains the master-user separator of a backend',
  'no-domain': 'it has no domain',
} as const satisfies Record<IdentityFault, string>;

/** The account that a name means. USAGE when it can be none. */
export function accountNamed(desk: Pick<Desk, 'settings'>, typed: string): Account {
  const identity = canonicalAccount(typed, desk.settings.gateway.identity);
  if (identity.kind === 'account') return identity.account;
  throw new Fault('USAGE', `"${typed}" is no account (${WHY_NOT[identity.fault]}): write it like alice@example.org`);
}

/**
 * Asks before something that cannot be undone. Returns when --yes was given or the answer is yes. NOT_ALLOWED when the
 * answer is no; USAGE when nobody is there to ask.
 */
export async function confirm(cli: Cli, options: YesOption, question: string): Promise<void> {
  if (options.yes === true) return;
  if (!cli.terminal.interactive) {
    throw new Fault('USAGE', `${question} There is nobody here to ask: add --yes to go on`);
  }
  const answer = await ask(cli, `${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new Fault('NOT_ALLOWED', 'nothing was changed');
}

/** Asks a question. NOT_ALLOWED when it is left unanswered. */
export async function ask(cli: Cli, question: string): Promise<string> {
  const answer = await cli.terminal.ask(question);
  if (answer === undefined) throw new Fault('NOT_ALLOWED', 'nothing was changed');
  return answer;
}

/** Adds a command with its description and examples. */
export function addCommand(
  parent: Command,
  usage: string,
  about: { readonly description: string; readonly examples: readonly string[] },
): Command {
  const [summary = ''] = about.description.split('\n');
  const command = parent.command(usage).description(about.description).summary(summary);
  const lines = about.examples.map((example) => `  $ postern ${example}`);
  return lines.length === 0 ? command : command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Adds the option that answers the question before something that cannot be undone. */
export function withYes(command: Command): Command {
  return command.option('-y, --yes', 'do not ask');
}
