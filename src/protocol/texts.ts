/**
 * The sentences that a person reads when a login does not go through, once for all protocols: what is the matter and
 * what to do next. Reply codes, quoting and line ends are each protocol's own (its `replies.ts`).
 *
 * All of it is ASCII on one line. Only two sentences reveal anything, and policy chooses them only for somebody who
 * has already proved the ordinary password (DenyReason).
 */

import { unreachable } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { EndReason, FrontOptions, LoginAnswer, StopReason } from './machine.ts';

/** Every answer to a login but yes. */
export type Refusal = Exclude<LoginAnswer, { kind: 'accepted' }>;

/** What a sentence names: the portal, and the session for the user to quote. */
export type Place = Pick<FrontOptions, 'portalUrl' | 'sessionId'>;

/** Said in place of a password dialogue when the connection is not encrypted. */
export const TLS_REQUIRED_TEXT =
  'This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app.';

/** Said when a client keeps sending what we do not understand, just before the connection is closed. */
export const TOO_MANY_ERRORS_TEXT = 'Too many errors: connect again.';

const UNAVAILABLE_TEXT =
  'The mail server cannot check sign-ins just now. This does not mean that your password is wrong: try again later.';
const ADMINISTRATOR = 'Ask your administrator';

// One sentence for all of these: a guesser must not learn whether an account exists, is suspended or is enrolled.
const WRONG_CREDENTIALS: Sentence = () => 'The user name or password is not right.';

const END_SENTENCES = {
  'cut-off': 'This sign-in is not valid any more: sign in again.',
  drain: 'The mail server is restarting: connect again.',
  idle: 'The connection was idle for too long: connect again.',
} as const satisfies Record<EndReason, string>;

type Sentence = (portalUrl: string) => string;

const DENY_SENTENCES = {
  'app-password-required': (portalUrl) =>
    'This account uses two-step authentication: your mail app needs an app password, not your usual password. ' +
    orAsk(portalUrl, (url) => `Get one at ${url}`, `${ADMINISTRATOR} for one.`),
  'enrolment-required': (portalUrl) =>
    'Two-step authentication must be set up first' +
    orAsk(portalUrl, (url) => ` at ${url}`, `. ${ADMINISTRATOR} how to do it.`),
  'out-of-scope': (portalUrl) =>
    'This app password is not for this kind of mail program. ' +
    orAsk(portalUrl, (url) => `Get another one at ${url}`, `${ADMINISTRATOR} for another one.`),
  'wrong-credentials': WRONG_CREDENTIALS,
  'app-password-expired': WRONG_CREDENTIALS,
  'network-not-permitted': WRONG_CREDENTIALS,
  suspended: WRONG_CREDENTIALS,
  'identity-refused': WRONG_CREDENTIALS,
} as const satisfies Record<DenyReason, Sentence>;

/**
 * The sentence for a refused login, with the session id at its end for the user to quote: "… (id: 3f2a)". A backend's
 * own refusal is given in its own words, which the backend dialogue has already cut down to printable text.
 */
export function refusalText(refusal: Refusal, place: Place): string {
  return `${refusalSentence(refusal, place.portalUrl)} (id: ${place.sessionId})`;
}

/** The sentence for ending a connection before login, with the session id at its end. */
export function stopText(why: StopReason, sessionId: string): string {
  return `${stopSentence(why)} (id: ${sessionId})`;
}

/** The sentence for ending a session after login, with the session id at its end. */
export function endText(why: EndReason, sessionId: string): string {
  return `${END_SENTENCES[why]} (id: ${sessionId})`;
}

function refusalSentence(refusal: Refusal, portalUrl: string): string {
  switch (refusal.kind) {
    case 'deny':
      return DENY_SENTENCES[refusal.reason](portalUrl);
    case 'throttle':
      return `Too many failed sign-ins. Wait ${minutes(refusal.retryAfterSeconds)}, then try again.`;
    case 'unavailable':
      return UNAVAILABLE_TEXT;
    case 'backend-refused':
      return refusal.text === '' ? 'The mail server does not let this account sign in.' : refusal.text;
    default:
      return unreachable(refusal);
  }
}

function stopSentence(why: StopReason): string {
  switch (why) {
    case 'unavailable':
      return 'The mail server is not available just now: try again later.';
    case 'deadline':
      return END_SENTENCES.idle;
    case 'drain':
      return END_SENTENCES.drain;
    default:
      return unreachable(why);
  }
}

function orAsk(portalUrl: string, withUrl: (url: string) => string, otherwise: string): string {
  return portalUrl === '' ? otherwise : withUrl(portalUrl);
}

function minutes(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds / 60));
  return whole === 1 ? '1 minute' : `${whole} minutes`;
}
