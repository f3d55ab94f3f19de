/**
 * From what a client typed to an answer: canonical identity, verdict, backend login. One pass through here is one login,
 * on every protocol. It speaks to no client.
 */

import { authzidPermitted, canonicalAccount, type IdentityRules } from '../core/identity.ts';
import { unreachable } from '../core/fault.ts';
import type { Attempt, Client, Offered, Opener, Protocol, Verdict } from '../core/verdict.ts';
import type { Log } from '../ops/log.ts';
import type { BackendOptions, ForwardedClient, LoginAnswer } from '../protocol/machine.ts';
import type { Credentials } from '../sasl/exchange.ts';
import { carryOut } from './backend-login.ts';
import type { Backends, BackendSession } from './backends.ts';
import type { Gatekeeper } from './settings.ts';

export interface Judging {
  readonly protocol: Protocol;
  readonly listener: string;
  readonly sessionId: string;
  readonly client: Client;
  readonly forwarded: ForwardedClient;
  readonly helo: BackendOptions['helo'];
  readonly identity: IdentityRules;
  readonly gatekeeper: Gatekeeper;
  readonly backends: Backends;
  readonly log: Log;
}

export type Judged =
  | { readonly kind: 'in'; readonly attempt: Attempt; readonly verdict: Opening; readonly session: BackendSession }
  | { readonly kind: 'out'; readonly answer: Exclude<LoginAnswer, { kind: 'accepted' }> };

/** A verdict that opens a session. */
export type Opening = Extract<Verdict, { kind: 'allow' | 'forward' }>;

/** Judges credentials and, where they are let through, opens the session at the backend. Never throws for an outage. */
export async function judge(credentials: Credentials, around: Judging, signal: AbortSignal): Promise<Judged> {
  const attempt = attemptOf(credentials, around);
  if (attempt === undefined) {
    logVerdict(around.log, credentials, { kind: 'deny', reason: 'identity-refused' });
    return { kind: 'out', answer: { kind: 'deny', reason: 'identity-refused' } };
  }
  const verdict = await around.gatekeeper.decide(attempt, signal);
  logVerdict(around.log, credentials, verdict, attempt);
  if (verdict.kind !== 'allow' && verdict.kind !== 'forward') return { kind: 'out', answer: verdict };

  const { account, protocol } = attempt;
  const passenger = { account, protocol, client: around.forwarded, helo: around.helo };
  const carried = await carryOut(around.backends, attempt, verdict, { passenger, log: around.log, signal });
  // Counters and last use may follow: the client does not wait for them.
  around.gatekeeper
    .conclude(attempt, verdict, carried.outcome)
    .catch((error: unknown) => around.log.error('fault', { error }));
  if (carried.outcome === 'accepted') return { kind: 'in', attempt, verdict, session: carried.session };
  logAnswer(around.log, attempt, carried.answer);
  return { kind: 'out', answer: carried.answer };
}

/** What opened the session, for the live list and for cutting it off. */
export function openerOf(verdict: Opening): Opener {
  return verdict.kind === 'allow' ? verdict.opener : { kind: 'ordinary-password' };
}

function attemptOf(credentials: Credentials, around: Judging): Attempt | undefined {
  const { protocol, listener, sessionId, client, identity } = around;
  const { authcid, authzid, offered } = credentials;
  const found = canonicalAccount(authcid, identity);
  if (found.kind === 'refused' || !authzidPermitted(authzid, found.account, identity)) return undefined;
  if (!sendable(offered)) return undefined;
  return { protocol, listener, sessionId, client, account: found.account, offered };
}

// NUL, CR and LF cannot be carried by every protocol; an empty password is an anonymous bind to some directories
// (RFC 4513 §5.1.2) and must never be asked about.
function sendable(offered: Offered): boolean {
  if (offered.kind === 'token') return true;
  const password = offered.password.expose();
  return password !== '' && !/[\0\r\n]/.test(password);
}

function logVerdict(log: Log, credentials: Credentials, verdict: Verdict, attempt?: Attempt): void {
  const user = attempt?.account.name ?? credentials.authcid;
  const fields = { user, mechanism: credentials.mechanism };
  switch (verdict.kind) {
    case 'allow': {
      const appPassword = verdict.opener.kind === 'app-password' ? verdict.opener.id : undefined;
      return log.info('login.accepted', { ...fields, opener: verdict.opener.kind, appPassword });
    }
    case 'forward':
      log.info('login.forwarded', fields);
      if (verdict.cutOffAt === undefined) return undefined;
      return log.warn('login.will-be-cut-off', { ...fields, cutOffAt: new Date(verdict.cutOffAt).toISOString() });
    case 'deny':
      return log.info('login.refused', { ...fields, reason: verdict.reason });
    case 'throttle':
      return log.warn('login.throttled', { ...fields, retryAfterSeconds: verdict.retryAfterSeconds });
    case 'unavailable':
      return log.warn('login.unavailable', { ...fields, reason: 'policy' });
    default:
      return unreachable(verdict);
  }
}

function logAnswer(log: Log, attempt: Attempt, answer: Exclude<LoginAnswer, { kind: 'accepted' }>): void {
  const user = attempt.account.name;
  if (answer.kind === 'unavailable') log.warn('login.unavailable', { user, reason: 'backend' });
  else if (answer.kind === 'deny') log.info('login.refused', { user, reason: answer.reason });
  else if (answer.kind === 'backend-refused')
    log.info('login.refused', { user, reason: answer.code, text: answer.text });
}
