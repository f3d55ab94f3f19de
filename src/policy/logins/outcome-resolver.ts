/** Turns a ruling into a verdict by asking whom it names: the backend, or our own sign-in service. */

import { networkOf } from '#core/network.ts';
import { setBounded } from '#core/bounded-map.ts';

import type { Attempt, DenyReason, Verdict } from '#core/verdict.ts';
import type { RuleOutcome } from '#policy/rules/login-rules.ts';
import type { Store } from '#policy/ports/store.ts';
import type { CheckOrdinaryPassword, Limits } from '#policy/ports/logins.ts';
import { within } from '#async/abortable.ts';

/** Asks our own sign-in service about a token: valid for this account and audience, or not. */
type VerifyToken = (
  attempt: Attempt,
  signal: AbortSignal,
) => Promise<
  { readonly kind: 'valid'; readonly id: string } | { readonly kind: 'invalid' } | { readonly kind: 'unavailable' }
>;

export interface ResolverOptions {
  readonly store: Pick<Store, 'appendAudit'>;
  readonly checkOrdinaryPassword: CheckOrdinaryPassword;
  /** Absent where no tokens are given out: each is then wrong. */
  readonly verifyToken?: VerifyToken | undefined;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export type ResolveRuleOutcome = (outcome: RuleOutcome, attempt: Attempt, signal: AbortSignal) => Promise<Verdict>;

// Bounds the memory of hints given: about 200 bytes an entry.
const MAX_REMEMBERED_HINTS = 10_000;
const UNAVAILABLE: Verdict = { kind: 'unavailable' };
const WRONG: Verdict = { kind: 'deny', reason: 'wrong-credentials' };

/** Makes the one who asks. Its answers throw Fault when the store or the deadline fails. */
export function makeResolver(options: ResolverOptions): ResolveRuleOutcome {
  const auditHint = makeHintAudit(options);

  return async (outcome, attempt, signal) => {
    if (outcome.kind === 'verify-token') {
      if (options.verifyToken === undefined) return WRONG;
      const answer = await within(signal, options.verifyToken(attempt, signal));
      if (answer.kind === 'unavailable') return UNAVAILABLE;
      if (answer.kind === 'invalid') return WRONG;
      return { kind: 'allow', opener: { kind: 'token', id: answer.id }, epochs: outcome.epochs };
    }
    if (outcome.kind === 'ask-backend') {
      const answer = await within(signal, options.checkOrdinaryPassword(attempt, signal));
      if (answer === 'unavailable') return UNAVAILABLE;
      if (answer === 'wrong' || outcome.hints === 'never') return WRONG;
      await auditHint(attempt, outcome.ifRight);
      return { kind: 'deny', reason: outcome.ifRight };
    }
    return outcome;
  };
}

/**
 * Audits a hint before it is given: with no audit there is no hint. A phone that goes on with its old password is
 * written down once in each window of the limits, or it would push everything else out of the capped audit.
 */
function makeHintAudit({ store, limits, clock }: ResolverOptions) {
  const hintedAt = new Map<string, number>();
  return async ({ account, client, protocol }: Attempt, reason: DenyReason): Promise<void> => {
    const at = clock();
    const network = networkOf(client.address);
    const key = `${account.name} ${network} ${protocol} ${reason}`;
    const last = hintedAt.get(key);
    if (last !== undefined && at - last < limits.failureWindowSeconds * 1000) return;
    const detail = { reason, protocol, network };
    const { name, domain } = account;
    await store.appendAudit({ at, actor: 'gateway', action: 'login.hinted', domain, account: name, detail });
    setBounded(hintedAt, key, at, MAX_REMEMBERED_HINTS);
  };
}
