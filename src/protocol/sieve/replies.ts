/**
 * What a ManageSieve client hears before login. Response codes: RFC 5804 §1.3. The sentences are texts.ts's.
 * A refusal has no code of its own: AUTH-TOO-WEAK would ask for another mechanism, not for another password.
 */

import { unreachable } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { SaslFault } from '#sasl/exchange.ts';
import type { FramingFault } from '#wire/command-framer.ts';
import type { EndReason, FrontOptions, StopReason } from '#protocol/machine.ts';
import { endText, refusalText, stopText, TLS_REQUIRED_TEXT, TOO_MANY_ERRORS_TEXT } from '#protocol/texts.ts';
import type { Place, Refusal } from '#protocol/texts.ts';
import { quote } from './strings.ts';

const DENY_CONDITIONS = {
  'app-password-required': 'NO',
  'enrolment-required': 'NO',
  'wrong-credentials': 'NO',
  'out-of-scope': 'NO',
  'app-password-expired': 'NO',
  'network-not-permitted': 'NO',
  suspended: 'NO',
  'identity-refused': 'NO',
} as const satisfies Record<DenyReason, 'NO'>;

/** The fixed replies, without CRLF. */
export const REPLIES = {
  capabilities: 'OK "Capability completed."',
  tlsBegins: 'OK "Begin TLS negotiation."',
  tlsActive: 'OK "TLS negotiation successful."',
  noop: 'OK "NOOP completed."',
  goodbye: 'OK "Logout completed."',
  loginFirst: 'NO "Unknown command, or one that needs a login first."',
  badSyntax: 'NO "The command could not be read."',
  badAuthSyntax: 'NO "Syntax: AUTHENTICATE mechanism [initial-response]."',
  noArguments: 'NO "This command takes no arguments."',
  tlsAlready: 'NO "TLS is already active."',
  tlsUnavailable: 'NO "TLS is not available here."',
  tlsRequired: `NO (ENCRYPT-NEEDED) ${quote(TLS_REQUIRED_TEXT)}`,
  tooManyErrors: `BYE ${quote(TOO_MANY_ERRORS_TEXT)}`,
  hopeless: 'BYE "A string is far too long."',
} as const;

/** What a client hears when its SASL exchange goes wrong. */
export const SASL_FAULTS = {
  'unsupported-mechanism': 'NO "Unsupported authentication mechanism."',
  malformed: 'NO "Malformed authentication response."',
  aborted: 'NO "Authentication cancelled."',
  'too-long': 'NO "Authentication response too long."',
} as const satisfies Record<SaslFault, string>;

/** What a client hears about a command that was dropped unread. */
export const FRAMING_FAULTS = {
  'line-too-long': 'NO "Line too long."',
  'literal-too-long': 'NO "String too long."',
  'too-many-literals': 'NO "Too many strings."',
  'command-too-long': 'NO "Command too long."',
  'literal-not-supported': 'NO "Send strings as {n+}."',
} as const satisfies Record<FramingFault, string>;

/** The reply to a login that is not let in. After BYE the connection is closed (RFC 5804 §1.3). */
export function refusalLine(refusal: Refusal, options: Place): string {
  return `${refusalCondition(refusal)} ${quote(refusalText(refusal, options))}`;
}

/** The last words of a connection that ends before login, also in place of a greeting. */
export function stopLine(why: StopReason, options: FrontOptions): string {
  return `BYE (TRYLATER) ${quote(stopText(why, options.sessionId))}`;
}

/** The last words of a session after login: RFC 5804 §1.2 lets a server say BYE at any time. */
export function endLine(why: EndReason, sessionId: string): string {
  return `BYE${why === 'cut-off' ? '' : ' (TRYLATER)'} ${quote(endText(why, sessionId))}`;
}

function refusalCondition(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'deny':
      return DENY_CONDITIONS[refusal.reason];
    case 'throttle':
      return 'NO (TRYLATER)';
    case 'unavailable':
      return 'BYE (TRYLATER)';
    case 'backend-refused':
      return 'NO';
    default:
      return unreachable(refusal);
  }
}
