/** Carries out a verdict at the backend: by impersonation, by forwarding, or only to hear whether a password is right. */

import { unreachable } from '#core/fault.ts';
import type { Secret } from '#core/secret.ts';
import { PROTOCOLS } from '#core/protocols.ts';
import type { Attempt, LoginOutcome, Verdict } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import type { BackendLogin, LoginAnswer } from '#protocol/machine.ts';
import {
  backendName,
  type Backends,
  type BackendSession,
  type BackendLoginResult,
  type BackendUser,
} from './backends.ts';
import { impersonationBy } from '#backends/kinds/all.ts';

/** A session that is open at the backend, or what the client is to hear instead. */
export type CarriedOut =
  | { readonly outcome: 'accepted'; readonly session: BackendSession }
  | {
      readonly outcome: Exclude<LoginOutcome, 'accepted'>;
      readonly answer: Exclude<LoginAnswer, { kind: 'accepted' }>;
    };

const UNAVAILABLE: CarriedOut = { outcome: 'unavailable', answer: { kind: 'unavailable' } };
const REFUSED: CarriedOut = { outcome: 'refused', answer: { kind: 'deny', reason: 'wrong-credentials' } };

/** Logs an allowed or forwarded attempt in at its backend. */
export async function carryOut(
  backends: Backends,
  attempt: Attempt,
  verdict: Extract<Verdict, { kind: 'allow' | 'forward' }>,
  around: { backendUser: BackendUser; log: Log; signal: AbortSignal },
): Promise<CarriedOut> {
  const { backendUser, log, signal } = around;
  const found = backends.serviceFor(attempt.account.domain, attempt.protocol);
  if (found === undefined) return UNAVAILABLE;
  const { backend, service } = found;
  const name = backendName(backend.userTemplate, attempt.account);
  const impersonation = impersonationBy(service.impersonation);

  if (verdict.kind === 'forward') {
    // A token is ours alone: the backend could only take it for a wrong, or worse an empty, password.
    if (attempt.offered.kind !== 'password') return REFUSED;
    if (impersonation.judgesPasswords) {
      return forwarded(await backends.logIn(backendUser, ordinaryLogin(name, attempt.offered.password), signal));
    }
    // The service takes no passwords of its own (Postfix behind XCLIENT): another one judges this one.
    const answer = await checkOrdinaryPassword(backends, attempt, signal);
    if (answer !== 'right') return answer === 'wrong' ? REFUSED : UNAVAILABLE;
  }
  const result = await backends.logIn(backendUser, impersonation.loginAs(name), signal);
  if (result.kind === 'accepted') return { outcome: 'accepted', session: result.session };
  if (result.kind === 'not-accepted' && result.outcome.kind !== 'temporary') {
    const reason = result.outcome.kind;
    log.error('backend.refused-impersonation', { backend: backend.name, user: attempt.account.name, reason });
  }
  return UNAVAILABLE;
}

/** Asks the backend whether the offered ordinary password is right, and leaves again. */
export async function checkOrdinaryPassword(
  backends: Backends,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<'right' | 'wrong' | 'unavailable'> {
  const { account } = attempt;
  // Where others serve the mail and only ask us, the backend has nothing but the service that checks passwords.
  const [wanted] = [attempt.protocol, ...PROTOCOLS].flatMap((one) => backends.serviceFor(account.domain, one) ?? []);
  const judged = wanted === undefined || impersonationBy(wanted.service.impersonation).judgesPasswords;
  const protocol = wanted?.backend.passwordCheck ?? (judged ? attempt.protocol : 'imap');
  const found = backends.serviceFor(account.domain, protocol);
  if (found === undefined || attempt.offered.kind !== 'password') return 'unavailable';
  const name = backendName(found.backend.userTemplate, account);
  const result = await backends.logIn({ account, protocol }, ordinaryLogin(name, attempt.offered.password), signal);
  if (result.kind === 'accepted') {
    result.session.channel.end();
    result.session.lease.release();
    return 'right';
  }
  if (result.kind === 'unreachable') return 'unavailable';
  return result.outcome.kind === 'temporary' || result.outcome.kind === 'unusable' ? 'unavailable' : 'wrong';
}

function ordinaryLogin(name: string, password: Secret): BackendLogin {
  return { as: 'user', name, password };
}

function forwarded(result: BackendLoginResult): CarriedOut {
  if (result.kind === 'accepted') return { outcome: 'accepted', session: result.session };
  if (result.kind === 'unreachable') return UNAVAILABLE;
  const { outcome } = result;
  switch (outcome.kind) {
    case 'refused':
      return REFUSED;
    case 'refused-otherwise':
      return {
        outcome: 'refused-otherwise',
        answer: { kind: 'backend-refused', code: outcome.code, text: outcome.text },
      };
    case 'temporary':
    case 'unusable':
      return UNAVAILABLE;
    default:
      return unreachable(outcome);
  }
}
