/** The guide as a person reads it in a terminal. */

import type { Standing } from '#policy/accounts/accounts.ts';
import { ALICE, BOB } from './accounts.ts';
import type { Guide, GuideServer } from './guide.ts';
import type { SeededAccount } from './seed.ts';

const NAMES = { imap: 'IMAP', pop3: 'POP3', submission: 'SMTP' } as const satisfies Record<
  GuideServer['protocol'],
  string
>;

/** What a mail app of an account in this standing has to know. */
const STANDINGS = {
  disabled: 'two-step is off in its domain',
  optional: 'two-step is possible, not turned on',
  'app-password': 'two-step is on: the app password only',
  enrolment: 'two-step is forced and not set up: refused, told to set it up',
} as const satisfies Record<Standing, string>;

/** What a sign-in in a browser leads to. */
const SIGN_INS = {
  disabled: 'nothing to set up',
  optional: 'to turn two-step on',
  'app-password': 'then a code of the authenticator app',
  enrolment: 'leads through the set-up',
} as const satisfies Record<Standing, string>;

/** The text that `npm start` prints, ending in a line break. `curl` tells whether the commands can be pasted here. */
export function formatGuide(guide: Guide, curl: 'present' | 'missing'): string {
  const lines = [
    'Postern is running in front of a demo mail server. Set a mail app up with these:',
    '',
    ...columns([['', 'server', 'port', 'security'], ...guide.servers.map(serverRow)]),
    '',
    ...columns([['user name', 'password', ''], ...guide.accounts.flatMap(accountRows)]),
    '',
    ...browserLines(guide),
    '',
    `A Recovery Email Address must be another mailbox here: ${BOB.address} for alice and carol, ${ALICE.address} for bob`,
    '',
    `App and browser will ask about the certificate, or trust ${guide.authority}`,
    '',
    ...(guide.commands.length === 0 ? [] : ['Or paste these into another terminal:', '']),
    ...guide.commands.flatMap(({ shows, line }, index) => [`${index + 1}. ${shows}`, '', line, '']),
    ...(curl === 'missing' ? ['They need curl, which is not installed here: apt-get install curl', ''] : []),
    `Log: ${guide.log}`,
    'Ctrl-C ends it all; mail, accounts and app passwords are kept.',
  ];
  return `${lines.join('\n')}\n`;
}

function browserLines({ portal, accounts }: Guide): readonly string[] {
  const rows = accounts.map(({ address, ordinaryPassword, standing, authenticatorKey }) => [
    address,
    ordinaryPassword,
    authenticatorKey === undefined ? SIGN_INS[standing] : `then a code of the authenticator app: ${authenticatorKey}`,
  ]);
  return [
    `In a browser users manage their account: ${portal}`,
    '',
    ...columns([['sign in as', 'password', ''], ...rows]),
    '',
    `${ALICE.address} also manages both domains: sign in as alice and choose Admin`,
  ];
}

function serverRow({ protocol, host, port, security }: GuideServer): readonly string[] {
  return [NAMES[protocol], host, `${port}`, security];
}

function accountRows({ address, ordinaryPassword, appPassword, standing }: SeededAccount): readonly string[][] {
  if (appPassword === undefined) return [[address, ordinaryPassword, STANDINGS[standing]]];
  return [
    [address, appPassword, STANDINGS[standing]],
    ['', ordinaryPassword, 'the ordinary password: for the account, refused in mail apps'],
  ];
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, cell.length)),
    [],
  );
  const cells = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('   ');
  return rows.map((row) => `  ${cells(row)}`.trimEnd());
}
