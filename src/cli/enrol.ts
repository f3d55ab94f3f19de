/**
 * `postern account enrol`: turns two-step on with an authenticator app, or replaces the app. In a terminal it is one
 * conversation; a script begins, and ends with a second call that has the code.
 */

import type { Command } from 'commander';
import qrcode from 'qrcode';
import { Fault } from '#core/fault.ts';
import type { Account } from '#core/identity.ts';
import { Secret } from '#core/secret.ts';
import { showAccount } from '#policy/accounts/accounts.ts';
import { formatAppPassword } from '#policy/secrets/app-password.ts';
import { beginTotp, confirmTotp, type Confirmation } from '#policy/factors/totp-enrolment.ts';
import { FIRST_APP_PASSWORD } from '#policy/factors/factors.ts';
import type { NewTotp } from '#policy/secrets/totp.ts';
import {
  accountNamed,
  addCommand,
  ask,
  atDesk,
  confirm,
  withYes,
  wantsJson,
  type Cli,
  type Desk,
  type YesOption,
} from './cli.ts';

interface EnrolOptions extends YesOption {
  readonly code?: string;
}

const TRIES = 3;
const GROUP = /.{4}(?=.)/g;

/** Adds the command to `postern account`. */
export function addEnrolCommand(account: Command, cli: Cli): void {
  withYes(
    addCommand(account, 'enrol <account>', {
      description: [
        'Turn two-step on: shows a QR code and its key for the authenticator app, then asks for a code of it.',
        'Where nobody can answer it ends after the key; the same command with --code goes on, within thirty minutes.',
      ].join('\n'),
      examples: ['account enrol alice@example.org', 'account enrol alice@example.org --code 123456'],
    }),
  )
    .option('--code <code>', 'a code of the authenticator app, to end what was begun')
    .action((name: string, options: EnrolOptions, command: Command) =>
      atDesk(cli, command, (desk) => enrol(desk, accountNamed(desk, name), options, wantsJson(command))),
    );
}

async function enrol(desk: Desk, account: Account, options: EnrolOptions, json: boolean): Promise<void> {
  if (options.code !== undefined) {
    const confirmation = await confirmTotp(desk.context, desk.actor, account, new Secret(options.code));
    if (confirmation.kind === 'wrong-code') throw wrongCode();
    reportConfirmation(desk, account, confirmation);
    return;
  }
  const { enrolledAt } = await showAccount(desk.context, account);
  if (enrolledAt !== undefined) {
    await confirm(desk.cli, options, `${account.name} has enrolled. Replace its authenticator app?`);
  }
  const fresh = await beginTotp(desk.context, account);
  if (json || !desk.cli.terminal.interactive) {
    await reportBeginning(desk, account, fresh);
    return;
  }
  desk.cli.terminal.err(`${await qrText(fresh, desk.cli.terminal.colour)}\n${keyWords(fresh)}\n`);
  reportConfirmation(desk, account, await askForCode(desk, account));
}

async function askForCode(desk: Desk, account: Account): Promise<Right> {
  for (let tries = 1; tries <= TRIES; tries++) {
    const code = await ask(desk.cli, 'The six digits that the app shows: ');
    const confirmation = await confirmTotp(desk.context, desk.actor, account, new Secret(code));
    if (confirmation.kind !== 'wrong-code') return confirmation;
    if (tries < TRIES) desk.cli.terminal.err('This is not the code. Is the clock of the phone right?');
  }
  throw wrongCode();
}

type Right = Exclude<Confirmation, { kind: 'wrong-code' }>;

async function reportBeginning(desk: Desk, account: Account, fresh: NewTotp): Promise<void> {
  const next = `postern account enrol ${account.name} --code <code>`;
  const qr = await qrText(fresh, false);
  desk.report({ account: account.name, key: fresh.secret.expose(), uri: fresh.uri.expose(), confirmWith: next }, () =>
    [qr, keyWords(fresh), '', `Then, within thirty minutes: ${next}`].join('\n'),
  );
}

function reportConfirmation(desk: Desk, account: Account, confirmation: Right): void {
  const { kind } = confirmation;
  if (kind === 'replaced' || kind === 'added') {
    const what = kind === 'added' ? 'an authenticator app as well' : 'the new authenticator app';
    desk.report(
      { account: account.name, outcome: kind },
      () => `${account.name} now uses ${what}. App passwords and recovery codes are as before.`,
    );
    return;
  }
  const { appPassword, recoveryCodes } = confirmation;
  const codes = recoveryCodes.map((code) => code.expose());
  const secret = appPassword?.expose() ?? null;
  desk.report({ account: account.name, outcome: kind, appPassword: secret, recoveryCodes: codes }, () =>
    [
      `${account.name} now uses two-step authentication.`,
      ...(appPassword === undefined ? [] : firstAppPasswordWords(desk, appPassword)),
      '',
      'Recovery codes, each good once when the phone is lost. They are shown only now:',
      '',
      ...pairs(codes).map((line) => `    ${line}`),
    ].join('\n'),
  );
}

function firstAppPasswordWords(desk: Desk, appPassword: Secret): readonly string[] {
  return [
    '',
    `The app password "${FIRST_APP_PASSWORD}", to be typed into mail programs instead of the ordinary password:`,
    '',
    `    ${desk.paint('bold', formatAppPassword(appPassword))}`,
  ];
}

// The colours are set, because a code in light on dark is one that some cameras cannot read.
async function qrText({ uri }: NewTotp, colour: boolean): Promise<string> {
  const lines = (await qrcode.toString(uri.expose(), { type: 'utf8', margin: 2 })).split('\n');
  return lines.map((line) => (colour ? `\u001b[30;107m${line}\u001b[0m` : line)).join('\n');
}

function keyWords({ secret }: NewTotp): string {
  return `Scan this with the authenticator app, or type the key into it: ${secret.expose().replace(GROUP, '$& ')}`;
}

function pairs(codes: readonly string[]): readonly string[] {
  const half = Math.ceil(codes.length / 2);
  return codes.slice(0, half).map((code, index) => [code, codes[half + index] ?? ''].join('   ').trimEnd());
}

function wrongCode(): Fault {
  return new Fault('NOT_ALLOWED', 'this is not a code of the authenticator app: nothing was changed');
}
