/**
 * The verdict of one login attempt for somebody else's proxy or server: what the gateway's judge does, without a backend
 * session. One store round trip; counters, hints and audit are those of every login. It knows no protocol of the askers.
 */

import { offeredSendable } from '#core/credentials.ts';
import { unreachable } from '#core/fault.ts';
import { authzidPermitted, canonicalAccount, type Account } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Attempt, Client, Offered, SessionCredential, Verdict } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import { typedName } from '#ops/typed-name.ts';
import { tokenMay, type TokenGrant } from '#policy/admins/service-tokens.ts';
import type { Asker } from './metrics.ts';
import type { Refusal, ServiceParts } from './settings.ts';

export interface LoginQuestion {
  readonly authcid: string;
  readonly authzid?: string | undefined;
  readonly offered: Offered;
  readonly protocol: Protocol;
  readonly client: Client;
  readonly asker: Asker;
  /** The token that asks: its domains bound the answer. */
  readonly grant: TokenGrant;
  readonly sessionId: string;
  /**
   * Who judges an ordinary password where policy leaves it to the backend: we, by asking the backend now, so that the
   * answer is final; or the asker, who then hears `forward`.
   */
  readonly ordinaryPassword: 'asked-here' | 'left-to-asker';
}

export type LoginAnswer =
  /** Let in. With an app password or token the asker must log in at the backend by impersonation. */
  | { readonly kind: 'accepted'; readonly account: Account; readonly opener: SessionCredential }
  /** The asker judges the ordinary password as it would without us. */
  | { readonly kind: 'forward'; readonly account: Account }
  | Refusal;

/** What verifying needs of the service's parts. */
export type VerifyParts = Pick<
  ServiceParts,
  'gatekeeper' | 'checkOrdinaryPassword' | 'identity' | 'countLogin' | 'metrics' | 'log'
>;

/** How long an asker is kept waiting for the store and the backend together. */
const VERIFY_DEADLINE_MS = 10_000;

/** Answers a login attempt. Never throws for an outage: that is `unavailable`. */
export async function verifyLogin(question: LoginQuestion, parts: VerifyParts): Promise<LoginAnswer> {
  const signal = AbortSignal.timeout(VERIFY_DEADLINE_MS);
  const attempt = attemptOf(question, parts);
  const answer = attempt === undefined ? IDENTITY_REFUSED : await judged(attempt, question, parts, signal);
  note(answer, { attempt, question, parts });
  return answer;
}

const IDENTITY_REFUSED: Refusal = { kind: 'deny', reason: 'identity-refused' };
const WRONG: Refusal = { kind: 'deny', reason: 'wrong-credentials' };

async function judged(
  attempt: Attempt,
  question: LoginQuestion,
  parts: VerifyParts,
  signal: AbortSignal,
): Promise<LoginAnswer> {
  const verdict = await parts.gatekeeper.decide(attempt, signal);
  switch (verdict.kind) {
    case 'allow':
      conclude(attempt, verdict, 'accepted', parts);
      return { kind: 'accepted', account: attempt.account, opener: verdict.opener };
    case 'forward':
      if (attempt.offered.kind !== 'password') return WRONG; // a token is ours alone
      if (question.ordinaryPassword === 'left-to-asker') return { kind: 'forward', account: attempt.account };
      return ordinary(attempt, verdict, parts, signal);
    case 'deny':
    case 'throttle':
    case 'unavailable':
      return verdict;
    default:
      return unreachable(verdict);
  }
}

async function ordinary(
  attempt: Attempt,
  verdict: Verdict,
  parts: VerifyParts,
  signal: AbortSignal,
): Promise<LoginAnswer> {
  const answer = await parts.checkOrdinaryPassword(attempt, signal);
  if (answer === 'unavailable') return { kind: 'unavailable' };
  conclude(attempt, verdict, answer === 'right' ? 'accepted' : 'refused', parts);
  return answer === 'right'
    ? { kind: 'accepted', account: attempt.account, opener: { kind: 'ordinary-password' } }
    : WRONG;
}

// Counters and last use may follow: the asker does not wait for them.
function conclude(attempt: Attempt, verdict: Verdict, outcome: 'accepted' | 'refused', parts: VerifyParts): void {
  parts.gatekeeper.conclude(attempt, verdict, outcome).catch((error: unknown) => parts.log.error('fault', { error }));
}

function attemptOf(question: LoginQuestion, { identity }: VerifyParts): Attempt | undefined {
  const { authcid, authzid, offered, protocol, client, asker, grant, sessionId } = question;
  const found = canonicalAccount(authcid, identity);
  if (found.kind === 'refused' || !authzidPermitted(authzid, found.account, identity)) return undefined;
  if (!tokenMay(grant, 'verify', found.account.domain) || !offeredSendable(offered)) return undefined;
  return { protocol, account: found.account, offered, client, listener: asker, sessionId };
}

interface Noted {
  readonly attempt: Attempt | undefined;
  readonly question: LoginQuestion;
  readonly parts: VerifyParts;
}

function note(answer: LoginAnswer, { attempt, question, parts }: Noted): void {
  const { protocol, asker, sessionId, client, grant } = question;
  const log: Log = parts.log.child({ session: sessionId, listener: asker, protocol, address: client.address });
  const user = attempt?.account.name ?? typedName(question.authcid, parts.identity);
  const actor = `token:${grant.name}`;
  switch (answer.kind) {
    case 'accepted': {
      const { opener } = answer;
      parts.metrics.verdictAnswered(asker, 'accepted');
      parts.countLogin({ protocol, verdict: 'accepted', reason: opener.kind });
      const appPassword = opener.kind === 'app-password' ? opener.id : undefined;
      return log.info('login.accepted', { user, actor, opener: opener.kind, appPassword });
    }
    case 'forward':
      parts.metrics.verdictAnswered(asker, 'forward');
      return log.info('login.forwarded', { user, actor });
    case 'deny':
      parts.metrics.verdictAnswered(asker, 'refused');
      parts.countLogin({ protocol, verdict: 'refused', reason: answer.reason });
      return log.info('login.refused', { user, actor, reason: answer.reason });
    case 'throttle':
      parts.metrics.verdictAnswered(asker, 'throttled');
      parts.countLogin({ protocol, verdict: 'throttled', reason: 'limits' });
      return log.warn('login.throttled', { user, actor, retryAfterSeconds: answer.retryAfterSeconds });
    case 'unavailable':
      parts.metrics.verdictAnswered(asker, 'unavailable');
      parts.countLogin({ protocol, verdict: 'unavailable', reason: 'outage' });
      return log.warn('login.unavailable', { user, actor });
    default:
      return unreachable(answer);
  }
}
