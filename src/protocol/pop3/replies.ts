/**
 * What a POP3 client hears before login. Response codes: RFC 2449 §8, RFC 3206 (`SYS/TEMP`, `SYS/PERM`, `AUTH`).
 * The sentences are texts.ts's.
 */

import { unreachable } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { SaslFault } from '#sasl/exchange.ts';
import type { FrontOptions, StopReason } from '#protocol/machine.ts';
import { refusalText, stopText, TLS_REQUIRED_TEXT, TOO_MANY_ERRORS_TEXT } from '#protocol/texts.ts';
import type { Place, Refusal } from '#protocol/texts.ts';

// RFC 3206 §4: the user can do something about all of these, and a client may ask for another password.
const DENY_CODES = {
  'app-password-required': 'AUTH',
  'enrolment-required': 'AUTH',
  'wrong-credentials': 'AUTH',
  'out-of-scope': 'AUTH',
  'app-password-expired': 'AUTH',
  'network-not-permitted': 'AUTH',
  suspended: 'AUTH',
  'identity-refused': 'AUTH',
} as const satisfies Record<DenyReason, string>;

/** The fixed replies, without CRLF. */
export const REPLIES = {
  userAccepted: '+OK Send your password',
  tlsBegins: '+OK Begin TLS negotiation',
  goodbye: '+OK Goodbye',
  unknownCommand: '-ERR Unknown command, or one that needs a login first',
  lineTooLong: '-ERR Line too long',
  noName: '-ERR Give a user name',
  userFirst: '-ERR Give a user name first',
  badPassword: '-ERR A password holds no NUL',
  badAuthSyntax: '-ERR Syntax: AUTH mechanism [initial-response]',
  noArguments: '-ERR This command takes no arguments',
  tlsAlready: '-ERR TLS is already active',
  tlsUnavailable: '-ERR TLS is not available here',
  tlsRequired: `-ERR [AUTH] ${TLS_REQUIRED_TEXT}`,
  tooManyErrors: `-ERR ${TOO_MANY_ERRORS_TEXT}`,
} as const;

/** What a client hears when its SASL exchange goes wrong; RFC 5034 §4 has one status for all of it. */
export const SASL_FAULTS = {
  'unsupported-mechanism': '-ERR Unsupported authentication mechanism',
  malformed: '-ERR Malformed authentication response',
  aborted: '-ERR Authentication cancelled',
  'too-long': '-ERR Authentication response too long',
} as const satisfies Record<SaslFault, string>;

/** The reply to a login that is not let in. */
export function refusalLine(refusal: Refusal, options: Place): string {
  return `-ERR [${refusalCode(refusal)}] ${refusalText(refusal, options)}`;
}

/** The last words of a connection that ends before login, also in place of a greeting. */
export function stopLine(why: StopReason, options: FrontOptions): string {
  return `-ERR [SYS/TEMP] ${stopText(why, options.sessionId)}`;
}

function refusalCode(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'deny':
      return DENY_CODES[refusal.reason];
    case 'throttle':
    case 'unavailable':
      return 'SYS/TEMP';
    case 'backend-refused':
      return refusal.code === '' ? 'SYS/PERM' : refusal.code;
    default:
      return unreachable(refusal);
  }
}
