/**
 * What an IMAP client hears before login. Response codes: RFC 5530, RFC 9051 §7.1. The sentences are texts.ts's.
 */

import { unreachable } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { SaslFault } from '#sasl/exchange.ts';
import type { FramingFault } from '#wire/command-framer.ts';
import type { EndReason, FrontOptions, StopReason } from '#protocol/machine.ts';
import { endText, refusalText, stopText, TLS_REQUIRED_TEXT, TOO_MANY_ERRORS_TEXT } from '#protocol/texts.ts';
import type { Place, Refusal } from '#protocol/texts.ts';

/**
 * How loud a denial is. `alert`: the words also come as an untagged [ALERT], which clients must show (RFC 9051 §7.1),
 * while the tagged reply stays AUTHENTICATIONFAILED: K-9 takes any other code for a fault of the network.
 */
const DENIALS = {
  'app-password-required': 'alert',
  'enrolment-required': 'alert',
  'out-of-scope': 'plain',
  'wrong-credentials': 'plain',
  'app-password-expired': 'plain',
  'network-not-permitted': 'plain',
  suspended: 'plain',
  'identity-refused': 'plain',
} as const satisfies Record<DenyReason, 'alert' | 'plain'>;

/** The fixed replies, without tag and CRLF. */
export const REPLIES = {
  capability: 'OK Capabilities listed',
  noop: 'OK Nothing done',
  id: 'OK ID noted',
  logout: 'OK Logged out',
  tlsBegins: 'OK Begin TLS negotiation now',
  literal: '+ Ready for the literal',
  bye: '* BYE Logging out',
  idOfServer: '* ID NIL',
  unknownCommand: 'BAD Unknown command, or one that needs a login first',
  noCommand: 'BAD A command is a tag and a name, like: a1 CAPABILITY',
  noArguments: 'BAD This command takes no arguments',
  badLogin: 'BAD LOGIN takes a user name and a password',
  badAuthenticate: 'BAD AUTHENTICATE takes a mechanism and at most one initial response',
  badId: 'BAD ID takes NIL or a list of at most 30 pairs',
  tlsAlready: 'BAD TLS is already active',
  tlsUnavailable: 'BAD TLS is not available here',
  tlsRequired: `NO [PRIVACYREQUIRED] ${TLS_REQUIRED_TEXT}`,
  tooManyErrors: `* BYE ${TOO_MANY_ERRORS_TEXT}`,
  hopeless: '* BYE That literal is too long',
} as const;

/** RFC 9051 §6.2.2: NO for credentials and mechanisms, BAD for syntax and a cancelled exchange. */
export const SASL_FAULTS = {
  'unsupported-mechanism': 'NO [CANNOT] Unsupported authentication mechanism',
  malformed: 'BAD Malformed authentication response',
  aborted: 'BAD Authentication cancelled',
  'too-long': 'BAD Authentication response too long',
} as const satisfies Record<SaslFault, string>;

export const FRAMING_FAULTS = {
  'line-too-long': 'BAD Line too long',
  'literal-too-long': 'BAD Literal too long',
  'too-many-literals': 'BAD Too many literals',
  'command-too-long': 'BAD Command too long',
  'literal-not-supported': 'BAD Literals are not supported here',
} as const satisfies Record<FramingFault, string>;

/** The lines, each without CRLF, for a login that is not let in. */
export function refusalLines(tag: string, refusal: Refusal, options: Place): readonly string[] {
  const text = refusalText(refusal, options);
  switch (refusal.kind) {
    case 'deny': {
      const alert = DENIALS[refusal.reason] === 'alert' ? [`* NO [ALERT] ${text}`] : [];
      return [...alert, `${tag} NO [AUTHENTICATIONFAILED] ${text}`];
    }
    case 'throttle':
      return [`${tag} NO [LIMIT] ${text}`];
    case 'backend-refused':
      return [`${tag} NO ${refusal.code === '' ? '' : `[${refusal.code}] `}${text}`];
    case 'unavailable':
      // Thunderbird asks for another password after any tagged NO; a connection that is lost it tries again quietly.
      return [`* BYE [UNAVAILABLE] ${text}`];
    default:
      return unreachable(refusal);
  }
}

/** The last words of a connection that ends before login, also in place of a greeting (RFC 9051 §7.1.5). */
export function stopLine(why: StopReason, options: FrontOptions): string {
  return `* BYE ${why === 'unavailable' ? '[UNAVAILABLE] ' : ''}${stopText(why, options.sessionId)}`;
}

/** The last words of a session after login (RFC 9051 §7.1.5: sent at any time between responses). */
export function endLine(why: EndReason, sessionId: string): string {
  return `* BYE ${endText(why, sessionId)}`;
}
