/** Writes docs/errors.md: every code by which Postern says that something went wrong, who sees it, and what to do. */

import { EXIT_CODE_WORDS, EXIT_CODES, exitCodeOf } from '#cli/exit-codes.ts';
import { Fault, type FaultCode } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import { refusalLines as imapRefusal } from '#protocol/imap/replies.ts';
import type { BackendFault } from '#protocol/machine.ts';
import { refusalLine as pop3Refusal } from '#protocol/pop3/replies.ts';
import { refusalLine as sieveRefusal } from '#protocol/sieve/replies.ts';
import { refusalLine as submissionRefusal } from '#protocol/submission/replies.ts';
import type { Refusal } from '#protocol/texts.ts';
import { problemOf } from '#service/problem.ts';

interface Entry {
  readonly meaning: string;
  readonly remedy: string;
}

const FAULTS = {
  CONFIG_INVALID: {
    meaning:
      'The configuration file, or a file that it names, cannot be used. The message lists every fault with its line.',
    remedy: 'Correct the lines that are named and run `postern check-config`.',
  },
  KEY_INVALID: {
    meaning:
      'The file of the master keys is missing, damaged, or lacks a key that a record in the store was made with.',
    remedy: 'Put the right key file back from its copy. `postern key list` shows the ids that the file has.',
  },
  STORE_UNAVAILABLE: {
    meaning: 'The store did not answer within its deadline, or refused the connection. No login is decided without it.',
    remedy: 'See that Redis, or the disk of the embedded store, works; clients come back by themselves.',
  },
  STORE_CONFLICT: {
    meaning:
      'Another process changed the same record at the same time, more often than the change could be tried again.',
    remedy: 'Look at the record as it is now, and make the change again.',
  },
  RECORD_INVALID: {
    meaning:
      'A record of the store, or a line of an import, does not have the form or the version that this release reads.',
    remedy:
      'For an import: correct the line that is named. For a record: upgrade all gateways to one release, or restore it.',
  },
  BACKEND_UNAVAILABLE: {
    meaning: 'The mail server cannot be reached, or did not answer in time.',
    remedy: 'See the `backend.down` line of the log, which has the reason.',
  },
  CLIENT_INVALID: {
    meaning: 'A user name or password holds an octet that no mail protocol can carry (NUL).',
    remedy: 'None needed: the login is refused.',
  },
  DEADLINE: {
    meaning: 'A login or a check of a password took longer than it may, or too many were waiting.',
    remedy: 'If it goes on: look at the load of the machine, the store and the mail server.',
  },
  NOT_FOUND: {
    meaning: 'There is no such domain, account, app password, session or token.',
    remedy: 'See its name with the `list` command of the same kind.',
  },
  NOT_ALLOWED: {
    meaning:
      'The state of the account or domain does not permit the change, or it was not confirmed. The message says which.',
    remedy: 'Do what the message names first, or answer the question (`--yes` where nobody can answer).',
  },
  USAGE: {
    meaning: 'A command, an option or a value was not understood.',
    remedy: 'See `--help` of the command.',
  },
} as const satisfies Record<FaultCode, Entry>;

const DENIALS = {
  'app-password-required':
    'The account is enrolled and the ordinary password was right: the mail app needs an app password.',
  'enrolment-required': 'The account must enrol first, and the ordinary password was right.',
  'wrong-credentials': 'The secret is neither a live app password nor, where that would count, the ordinary password.',
  'out-of-scope': 'A live app password that is not made for this protocol.',
  'app-password-expired': 'An app password whose date of expiry has passed.',
  'network-not-permitted': 'A live app password, from a network that is not among its networks.',
  suspended: 'The account is suspended at the gateway.',
  'identity-refused':
    'The user name cannot be one (control characters, the separator of the master user), or its authzid is another account.',
} as const satisfies Record<DenyReason, string>;

const BACKEND_FAULTS = {
  greeting: {
    meaning: 'The server greeted with something else than its protocol wants.',
    remedy: 'See that host and port are those of the right service.',
  },
  preauth: {
    meaning: 'The server calls the connection logged in already (IMAP PREAUTH).',
    remedy: 'Make it ask for a login.',
  },
  'starttls-missing': {
    meaning: '`tls: starttls` is configured and the server does not offer it.',
    remedy: 'Turn it on at the server, or say how TLS is spoken there.',
  },
  'starttls-refused': {
    meaning: 'The server refused to begin TLS.',
    remedy: "See the server's log: often its certificate.",
  },
  'tls-failed': {
    meaning: 'TLS was begun only because the server offered it, and failed; it was then spoken to without.',
    remedy: "See the server's log: often it has no certificate. Mend that, or turn STARTTLS off there.",
  },
  'login-disabled': {
    meaning: 'The server takes no login on this connection.',
    remedy: 'It may want TLS, or its authentication is turned off on this port.',
  },
  'mechanism-missing': {
    meaning: 'The server lacks the SASL mechanism that the impersonation needs.',
    remedy: 'Turn PLAIN (or the mechanism that is named) on at the server.',
  },
  'xclient-missing': {
    meaning: 'The server does not announce XCLIENT LOGIN to the gateway.',
    remedy: "Put the gateway's address into `smtpd_authorized_xclient_hosts`.",
  },
  'xclient-refused': {
    meaning: 'The server announced XCLIENT and refused it, or would take it from every client.',
    remedy: 'Permit it to the addresses of the gateways, and to no others.',
  },
  unauthenticate: {
    meaning: 'The server offers UNAUTHENTICATE: a session could log out and in again as somebody else.',
    remedy: 'Turn it off at the server; it is not used otherwise.',
  },
  malformed: {
    meaning: 'The server said something that its protocol does not know.',
    remedy: "Compare the message with the server's log.",
  },
  closed: { meaning: 'The server closed the connection in the middle of a login.', remedy: "See the server's log." },
} as const satisfies Record<BackendFault, Entry>;

const PLACE = { portalUrl: 'https://mail.example.org', sessionId: '3f2a' };
const REFUSALS: readonly { readonly name: string; readonly refusal: Refusal; readonly meaning: string }[] = [
  ...keysOf(DENIALS).map((reason) => ({
    name: reason,
    refusal: { kind: 'deny', reason } as const,
    meaning: DENIALS[reason],
  })),
  {
    name: 'throttled',
    refusal: { kind: 'throttle', retryAfterSeconds: 900 },
    meaning: 'Too many guesses at this account, or from this network.',
  },
  {
    name: 'unavailable',
    refusal: { kind: 'unavailable' },
    meaning: 'The store or the mail server is out of reach. It says nothing about the password.',
  },
  {
    name: 'refused by the mail server',
    refusal: { kind: 'backend-refused', code: '', text: '' },
    meaning:
      'The mail server refused a forwarded login for a reason of its own; its words and code are passed on where it gave any.',
  },
];

/** The text of the reference. */
export function errorReference(): string {
  return [
    '# Errors',
    '',
    '<!-- Generated by `npm run docs` from the code. -->',
    '',
    'Every code by which Postern says that something went wrong. Nothing here ever holds a secret.',
    '',
    '## What a mail app hears',
    '',
    'The `reason` of `login.refused` in the log, and the replies. Every reply ends with the id of the session: the log',
    'lines with that id have the whole story. Reasons that would help a guesser sound alike.',
    '',
    ...REFUSALS.flatMap(refusalSection),
    '## Faults',
    '',
    'The `code` of an error: in the log (`error`), on the command line (`--json`), and behind the problems of the HTTP API.',
    '',
    ...keysOf(FAULTS).flatMap((code) => faultSection(code, FAULTS[code])),
    '## Why a mail server cannot be used',
    '',
    'The `reason` of `backend.unusable` and `backend.down` in the log. Clients hear a temporary failure.',
    '',
    '| reason | meaning | what to do |',
    '| --- | --- | --- |',
    ...Object.entries(BACKEND_FAULTS).map(([why, { meaning, remedy }]) => `| \`${why}\` | ${meaning} | ${remedy} |`),
    '',
    '## Exit codes of the command line',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...exitCodes().map(([code, words]) => `| ${code} | ${words} |`),
    '',
  ].join('\n');
}

function refusalSection({ name, refusal, meaning }: (typeof REFUSALS)[number]): readonly string[] {
  const lines = [
    ...imapRefusal('a1', refusal, PLACE).map((line) => `IMAP        ${line}`),
    `POP3        ${pop3Refusal(refusal, PLACE)}`,
    `submission  ${submissionRefusal(refusal, PLACE)}`,
    `ManageSieve ${sieveRefusal(refusal, PLACE)}`,
  ];
  return [`### \`${name}\``, '', meaning, '', '```text', ...lines, '```', ''];
}

function faultSection(code: FaultCode, { meaning, remedy }: Entry): readonly string[] {
  const fault = new Fault(code, '');
  const { status } = problemOf(fault);
  return [
    `### \`${code}\``,
    '',
    `${meaning} ${remedy}`,
    '',
    `Exit code ${exitCodeOf(fault)}; HTTP status ${status}.`,
    '',
  ];
}

function exitCodes(): readonly (readonly [number, string])[] {
  return keysOf(EXIT_CODES).map((name) => [EXIT_CODES[name], EXIT_CODE_WORDS[name]] as const);
}

function keysOf<T extends string>(table: Readonly<Record<T, unknown>>): readonly T[] {
  const keys: T[] = [];
  for (const key in table) keys.push(key);
  return keys;
}
