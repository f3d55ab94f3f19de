/**
 * What a submission client hears before login. Codes: RFC 4954 §6, RFC 3207 §4, RFC 5321 §4.2, RFC 5248; 535 for every
 * refusal, because K-9 takes no other code for one. The sentences are texts.ts's.
 */

import { unreachable } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { SaslFault } from '#sasl/exchange.ts';
import type { EndReason, FrontOptions, StopReason } from '#protocol/machine.ts';
import { endText, refusalText, stopText, TLS_REQUIRED_TEXT, TOO_MANY_ERRORS_TEXT } from '#protocol/texts.ts';
import type { Place, Refusal } from '#protocol/texts.ts';

const DENY_CODES = {
  'app-password-required': '535 5.7.8',
  'enrolment-required': '535 5.7.8',
  'wrong-credentials': '535 5.7.8',
  'out-of-scope': '535 5.7.8',
  'app-password-expired': '535 5.7.8',
  'network-not-permitted': '535 5.7.8',
  suspended: '535 5.7.8',
  'identity-refused': '535 5.7.8',
} as const satisfies Record<DenyReason, `535 5.7.8`>;

const STOP_CODES = {
  unavailable: '421 4.7.0',
  deadline: '421 4.4.2',
  drain: '421 4.3.2',
} as const satisfies Record<StopReason, `421 ${string}`>;

const END_CODES = {
  'cut-off': '421 4.7.0',
  drain: STOP_CODES.drain,
  idle: STOP_CODES.deadline,
} as const satisfies Record<EndReason, `421 ${string}`>;

/** The fixed replies, without CRLF. */
export const REPLIES = {
  ok: '250 2.0.0 OK',
  goodbye: '221 2.0.0 Goodbye',
  help: '214 2.0.0 Introduce yourself with EHLO, then log in with AUTH',
  cannotVerify: '252 2.0.0 Addresses are not verified before login; send the message and see',
  badHelo: '501 5.5.4 Give your name: EHLO name',
  noParameters: '501 5.5.4 This command takes no parameters',
  badAuthSyntax: '501 5.5.4 Syntax: AUTH mechanism [initial-response]',
  heloFirst: '503 5.5.1 Send EHLO first',
  tlsBegins: '220 2.0.0 Begin TLS negotiation',
  tlsAlready: '503 5.5.1 TLS is already active',
  tlsUnavailable: '502 5.5.1 TLS is not available here',
  tlsFirst: '530 5.7.0 Must issue a STARTTLS command first',
  tlsRequired: `538 5.7.11 ${TLS_REQUIRED_TEXT}`,
  loginFirst: '530 5.7.0 Authentication required',
  unknownCommand: '500 5.5.1 Unknown command',
  lineTooLong: '500 5.5.6 Line too long',
  tooManyErrors: `421 4.7.0 ${TOO_MANY_ERRORS_TEXT}`,
} as const;

/** What a client hears when its SASL exchange goes wrong (RFC 4954 §4, §6). */
export const SASL_FAULTS = {
  'unsupported-mechanism': '504 5.5.4 Unsupported authentication mechanism',
  malformed: '501 5.5.2 Malformed authentication response',
  aborted: '501 5.7.0 Authentication cancelled',
  'too-long': '500 5.5.6 Authentication response too long',
} as const satisfies Record<SaslFault, string>;

/** The reply to a login that is not let in. */
export function refusalLine(refusal: Refusal, options: Place): string {
  return `${refusalCode(refusal)} ${refusalText(refusal, options)}`;
}

/** The last words of a connection that ends before login, also in place of a greeting (RFC 5321 §3.1, §3.8). */
export function stopLine(why: StopReason, options: FrontOptions): string {
  return `${STOP_CODES[why]} ${stopText(why, options.sessionId)}`;
}

/** The last words of a session after login: RFC 5321 §3.8 lets a server say 421 without being asked. */
export function endLine(why: EndReason, sessionId: string): string {
  return `${END_CODES[why]} ${endText(why, sessionId)}`;
}

/** The last words of a session that the gate ends. */
export function gateEndLine(sessionId: string): string {
  return `421 4.7.0 The session cannot go on (id: ${sessionId})`;
}

function refusalCode(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'deny':
      return DENY_CODES[refusal.reason];
    case 'throttle':
      return '454 4.7.0';
    // Thunderbird asks for another password after any other answer to AUTH.
    case 'unavailable':
      return '421 4.7.0';
    case 'backend-refused':
      return refusal.code === '' ? '535 5.7.8' : `535 ${refusal.code}`;
    default:
      return unreachable(refusal);
  }
}
