/** `postern account list | show | unenrol | suspend | resume | unlock`. Enrolling is enrol.ts. */

import type { Command } from 'commander';
import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';
import {
  resumeAccount,
  showAccount,
  suspendAccount,
  type AccountView,
  type Standing,
  unlockAccount,
} from '#policy/accounts/accounts.ts';
import { resetFactors, unenrolAccount } from '#policy/factors/factors.ts';
import { knownUsers } from '#policy/domains/impact.ts';
import { appPasswordJson, appPasswordTable } from './app-password.ts';
import { accountNamed, addCommand, atDesk, confirm, withYes, type Cli, type Desk, type YesOption } from './cli.ts';
import { addEnrolCommand } from './enrol.ts';
import { counted, facts, formatTime, table } from './layout.ts';
import { sessionJson, sessionTable } from './session.ts';
import type { AccountRecord } from '#policy/ports/records.ts';
import type { SessionRecord } from '#core/session.ts';

const STANDING_WORDS = {
  disabled: 'the ordinary password (two-step is off for the domain)',
  optional: 'the ordinary password, until the account enrols',
  'app-password': 'an app password',
  enrolment: 'nothing works until the account enrols (two-step is forced)',
} as const satisfies Record<Standing, string>;

interface ResetOptions extends YesOption {
  readonly revokeAppPasswords?: true;
}

/** Adds the commands to the program. */
export function addAccountCommands(program: Command, cli: Cli): void {
  const account = addCommand(program, 'account', {
    description: 'Two-step authentication of single accounts.',
    examples: ['account show alice@example.org', 'account enrol alice@example.org'],
  });
  addCommand(account, 'list <domain>', {
    description: 'The accounts of a domain that anything is recorded of.',
    examples: ['account list example.org'],
  }).action((domain: string, _options, command: Command) => atDesk(cli, command, (desk) => list(desk, domain)));
  addCommand(account, 'show <account>', {
    description: 'All that is known of an account, without its secrets.',
    examples: ['account show alice@example.org'],
  }).action((name: string, _options, command: Command) => atDesk(cli, command, (desk) => show(desk, name)));
  addEnrolCommand(account, cli);
  addChangingCommands(account, cli);
}

function addChangingCommands(account: Command, cli: Cli): void {
  withYes(
    addCommand(account, 'unenrol <account>', {
      description: 'Turn two-step off: factors, recovery codes and app passwords are gone.',
      examples: ['account unenrol alice@example.org'],
    }),
  ).action((name: string, options: YesOption, command: Command) =>
    atDesk(cli, command, (desk) => unenrol(desk, name, options)),
  );
  withYes(
    addCommand(account, 'reset <account>', {
      description: [
        'For a lost phone: factors and recovery codes are gone, and the next sign-in leads through a new set-up.',
        'Mail programs go on with their app passwords; the ordinary password opens none of them.',
      ].join('\n'),
      examples: ['account reset alice@example.org', 'account reset alice@example.org --revoke-app-passwords'],
    }),
  )
    .option('--revoke-app-passwords', 'when the phone may be in strange hands: end its app passwords too')
    .action((name: string, options: ResetOptions, command: Command) =>
      atDesk(cli, command, (desk) => reset(desk, name, options)),
    );
  withYes(
    addCommand(account, 'suspend <account>', {
      description: 'Refuse every login and close all sessions, until `account resume`.',
      examples: ['account suspend alice@example.org'],
    }),
  ).action((name: string, options: YesOption, command: Command) =>
    atDesk(cli, command, (desk) => suspend(desk, name, options)),
  );
  addCommand(account, 'resume <account>', {
    description: 'End a suspension.',
    examples: ['account resume alice@example.org'],
  }).action((name: string, _options, command: Command) => atDesk(cli, command, (desk) => resume(desk, name)));
  addCommand(account, 'unlock <account>', {
    description: 'Forget the wrong passwords that were counted, so that the account may log in again at once.',
    examples: ['account unlock alice@example.org'],
  }).action((name: string, _options, command: Command) => atDesk(cli, command, (desk) => unlock(desk, name)));
}

async function list(desk: Desk, typed: string): Promise<void> {
  const domain = canonicalDomain(typed);
  if (domain === undefined) throw new Fault('USAGE', `"${typed}" is not a domain name`);
  const accounts: [name: string, record: AccountRecord][] = [];
  for await (const { account, record } of knownUsers(desk.context.store, domain)) {
    if (record !== undefined) accounts.push([account, record]);
  }
  desk.report(
    accounts.map(([name, record]) => listedJson(name, record)),
    () => {
      if (accounts.length === 0) return `nothing is recorded of any account of ${domain}`;
      const rows = accounts.map(([name, record]) => [
        name,
        record.enrolledAt === undefined ? 'no' : formatTime(record.enrolledAt, desk.now),
        String(record.appPasswords.length),
        record.suspended === undefined ? '' : desk.paint('red', 'suspended'),
      ]);
      return table(['ACCOUNT', 'ENROLLED', 'APP PASSWORDS', 'STATE'], rows, desk.paint);
    },
  );
}

function listedJson(account: string, { enrolledAt, appPasswords, suspended }: AccountRecord): Record<string, unknown> {
  return {
    account,
    enrolledAt: isoTime(enrolledAt),
    appPasswords: appPasswords.length,
    suspended: suspended !== undefined,
  };
}

async function show(desk: Desk, typed: string): Promise<void> {
  const account = accountNamed(desk, typed);
  const [view, sessions] = await Promise.all([
    showAccount(desk.context, account),
    desk.context.store.listSessions({ by: 'account', account }),
  ]);
  desk.report(viewJson(view, sessions), () =>
    [
      facts(viewFacts(view, desk), desk.paint),
      ...(view.appPasswords.length === 0 ? [] : ['', appPasswordTable(view.appPasswords, desk)]),
      ...(sessions.length === 0 ? [] : ['', sessionTable(sessions, desk)]),
    ].join('\n'),
  );
}

function viewFacts(view: AccountView, desk: Desk): readonly (readonly [string, string])[] {
  const time = (at: number): string => formatTime(at, desk.now);
  const { suspended, enrolledAt, recoveryAddress } = view;
  const cutOff = view.policy.cutOffAt;
  return [
    ['account', view.account],
    ['mail programs need', STANDING_WORDS[view.standing]],
    ...(cutOff === undefined || enrolledAt !== undefined
      ? []
      : [['cut off', `${time(cutOff)}, unless it enrols`] as const]),
    ...(suspended === undefined ? [] : [['suspended', `${time(suspended.at)} by ${suspended.by}`] as const]),
    ['enrolled', enrolledAt === undefined ? pendingWords(view) : time(enrolledAt)],
    ['factors', view.factors.length === 0 ? 'none' : view.factors.join(', ')],
    ...(recoveryAddress === undefined ? [] : [['recovery address', recoveryAddress] as const]),
    ['recovery codes', `${view.recoveryCodesLeft} left`],
    ['app passwords', String(view.appPasswords.length)],
  ];
}

function pendingWords({ enrolmentPending }: AccountView): string {
  return enrolmentPending ? 'no (begun, waiting for a code)' : 'no';
}

function viewJson(view: AccountView, sessions: readonly SessionRecord[]): Record<string, unknown> {
  const { account, standing, factors, enrolmentPending, recoveryCodesLeft, suspended } = view;
  return {
    account,
    standing,
    enrolledAt: isoTime(view.enrolledAt),
    factors,
    enrolmentPending,
    recoveryAddress: view.recoveryAddress ?? null,
    recoveryCodesLeft,
    suspended: suspended === undefined ? null : { at: isoTime(suspended.at), by: suspended.by },
    cutOffAt: isoTime(view.policy.cutOffAt),
    appPasswords: view.appPasswords.map(appPasswordJson),
    sessions: sessions.map(sessionJson),
  };
}

async function unenrol(desk: Desk, typed: string, options: YesOption): Promise<void> {
  const account = accountNamed(desk, typed);
  const view = await showAccount(desk.context, account);
  if (view.enrolledAt === undefined) throw new Fault('NOT_FOUND', `${account.name} has not enrolled`);
  const losing = `${account.name} would lose its factors and ${counted(view.appPasswords.length, 'app password')}.`;
  const next = view.policy.mode === 'forced' ? ' It could not log in until it enrols again.' : '';
  await confirm(desk.cli, options, `${losing}${next} Go on?`);
  await unenrolAccount(desk.context, desk.actor, account);
  desk.report(
    { account: account.name, enrolled: false },
    () => `${account.name} no longer uses two-step authentication.`,
  );
}

async function reset(desk: Desk, typed: string, options: ResetOptions): Promise<void> {
  const account = accountNamed(desk, typed);
  const view = await showAccount(desk.context, account);
  if (view.enrolledAt === undefined) throw new Fault('NOT_FOUND', `${account.name} has not enrolled`);
  const what = options.revokeAppPasswords === true ? 'its factors and app passwords' : 'its factors';
  await confirm(desk.cli, options, `${account.name} would lose ${what} and have to set them up again. Go on?`);
  await resetFactors(desk.context, desk.actor, account, options.revokeAppPasswords === true ? 'revoke' : 'keep');
  desk.report(
    { account: account.name, reset: true, appPasswords: options.revokeAppPasswords === true ? 'revoked' : 'kept' },
    () => `${account.name} sets up two-step authentication at its next sign-in.`,
  );
}

async function suspend(desk: Desk, typed: string, options: YesOption): Promise<void> {
  const account = accountNamed(desk, typed);
  const sessions = await desk.context.store.listSessions({ by: 'account', account });
  await confirm(desk.cli, options, `Suspend ${account.name} and close ${counted(sessions.length, 'session')}?`);
  const changed = await suspendAccount(desk.context, desk.actor, account);
  desk.report({ account: account.name, suspended: true, changed }, () =>
    changed
      ? `${account.name} is suspended, ${counted(sessions.length, 'session')} closed. End it with: postern account resume ${account.name}`
      : `${account.name} was suspended already.`,
  );
}

async function resume(desk: Desk, typed: string): Promise<void> {
  const account = accountNamed(desk, typed);
  const changed = await resumeAccount(desk.context, desk.actor, account);
  desk.report({ account: account.name, suspended: false, changed }, () =>
    changed ? `${account.name} may log in again.` : `${account.name} was not suspended.`,
  );
}

async function unlock(desk: Desk, typed: string): Promise<void> {
  const account = accountNamed(desk, typed);
  await unlockAccount(desk.context, desk.actor, account);
  desk.report({ account: account.name, unlocked: true }, () => `The wrong passwords of ${account.name} are forgotten.`);
}

function isoTime(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
