/**
 * From what a client typed to an answer: canonical identity, verdict, backend login. One pass through here is one login,
 * on every protocol. It speaks to no client.
 */

import { offeredSendable } from '#core/credentials.ts';
import { authzidPermitted, canonicalAccount, type IdentityRules } from '#core/identity.ts';
import { unreachable } from '#core/fault.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Attempt, Client, SessionCredential, Verdict } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import { typedName } from '#ops/typed-name.ts';
import type { BackendOptions, ForwardedClient, LoginAnswer } from '#protocol/machine.ts';
import type { Credentials } from '#sasl/exchange.ts';
import { carryOut } from '#backends/backend-login.ts';
import type { Backends, BackendSession } from '#backends/backends.ts';
import type { GatewayMetrics } from '#ops/gateway-metrics.ts';
import type { Gatekeeper } from '#gateway/ports/gatekeeper.ts';

export interface LoginContext {
  readonly protocol: Protocol;
  readonly listener: string;
  readonly sessionId: string;
  readonly client: Client;
  readonly forwarded: ForwardedClient;
  readonly helo: BackendOptions['helo'];
  readonly identity: IdentityRules;
  readonly gatekeeper: Gatekeeper;
  readonly backends: Backends;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

export type LoginResult =
  | { readonly kind: 'in'; readonly attempt: Attempt; readonly verdict: Opening; readonly session: BackendSession }
  | { readonly kind: 'out'; readonly answer: Refusal };

type Refusal = Exclude<LoginAnswer, { kind: 'accepted' }>;

/** A verdict that opens a session. */
export type Opening = Extract<Verdict, { kind: 'allow' | 'forward' }>;

/** Judges credentials and, where they are let through, opens the session at the backend. Never throws for an outage. */
export async function logIn(credentials: Credentials, around: LoginContext, signal: AbortSignal): Promise<LoginResult> {
  const attempt = attemptOf(credentials, around);
  if (attempt === undefined) {
    const answer: Refusal = { kind: 'deny', reason: 'identity-refused' };
    noteRefusal(around, credentials, answer);
    return { kind: 'out', answer };
  }
  const verdict = await around.gatekeeper.decide(attempt, signal);
  if (verdict.kind !== 'allow' && verdict.kind !== 'forward') {
    noteRefusal(around, credentials, verdict, attempt);
    return { kind: 'out', answer: verdict };
  }
  const { account, protocol } = attempt;
  const backendUser = { account, protocol, client: around.forwarded, helo: around.helo };
  const carried = await carryOut(around.backends, attempt, verdict, { backendUser, log: around.log, signal });
  // Counters and last use may follow: the client does not wait for them.
  around.gatekeeper
    .conclude(attempt, verdict, carried.outcome)
    .catch((error: unknown) => around.log.error('fault', { error }));
  if (carried.outcome !== 'accepted') {
    noteRefusal(around, credentials, carried.answer, attempt);
    return { kind: 'out', answer: carried.answer };
  }
  noteSuccess(around, credentials, { attempt, verdict, host: carried.session.host });
  return { kind: 'in', attempt, verdict, session: carried.session };
}

/** What opened the session, for the live list and for cutting it off. */
export function openerOf(verdict: Opening): SessionCredential {
  return verdict.kind === 'allow' ? verdict.opener : { kind: 'ordinary-password' };
}

function attemptOf(credentials: Credentials, around: LoginContext): Attempt | undefined {
  const { protocol, listener, sessionId, client, identity } = around;
  const { authcid, authzid, offered } = credentials;
  const found = canonicalAccount(authcid, identity);
  if (found.kind === 'refused' || !authzidPermitted(authzid, found.account, identity)) return undefined;
  if (!offeredSendable(offered)) return undefined;
  return { protocol, listener, sessionId, client, account: found.account, offered };
}

function noteSuccess(
  { log, metrics, protocol, client }: LoginContext,
  { mechanism }: Credentials,
  { attempt, verdict, host }: { attempt: Attempt; verdict: Opening; host: string },
): void {
  const user = attempt.account.name;
  const opener = openerOf(verdict);
  const appPassword = opener.kind === 'app-password' ? opener.id : undefined;
  metrics.loginJudged({ protocol, verdict: 'accepted', reason: opener.kind });
  log.info('login.accepted', { user, mechanism, ...clientFields(client), opener: opener.kind, appPassword, host });
  if (verdict.kind === 'allow' || verdict.cutOffAt === undefined) return;
  log.warn('login.will-be-cut-off', {
    user,
    address: client.address,
    cutOffAt: new Date(verdict.cutOffAt).toISOString(),
  });
}

// On every line about a login, so that one line tells it whole: fail2ban and its kind match line by line.
function clientFields({ address, tls }: Client): { address: string; tls: string } {
  return { address, tls: tls ? 'on' : 'off' };
}

function noteRefusal(around: LoginContext, credentials: Credentials, answer: Refusal, attempt?: Attempt): void {
  const { log, metrics, protocol } = around;
  const user = attempt?.account.name ?? typedName(credentials.authcid, around.identity);
  const fields = { user, mechanism: credentials.mechanism, ...clientFields(around.client) };
  switch (answer.kind) {
    case 'deny':
      metrics.loginJudged({ protocol, verdict: 'refused', reason: answer.reason });
      return log.info('login.refused', { ...fields, reason: answer.reason });
    case 'backend-refused':
      metrics.loginJudged({ protocol, verdict: 'refused', reason: answer.kind });
      return log.info('login.refused', { ...fields, reason: answer.code, text: answer.text });
    case 'throttle':
      metrics.loginJudged({ protocol, verdict: 'throttled', reason: 'limits' });
      return log.warn('login.throttled', { ...fields, retryAfterSeconds: answer.retryAfterSeconds });
    case 'unavailable':
      metrics.loginJudged({ protocol, verdict: 'unavailable', reason: 'outage' });
      return log.warn('login.unavailable', fields);
    default:
      return unreachable(answer);
  }
}
