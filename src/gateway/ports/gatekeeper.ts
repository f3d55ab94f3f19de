/** What the gateway needs of policy and of the store: verdicts, reviews, the live list and the stream of changes. */

import type { Attempt, Epochs, LoginOutcome, Verdict } from '#core/verdict.ts';
import type { Account } from '#core/identity.ts';
import type { CoveredSession, SessionRecord, Change, TraceRequest } from '#core/session.ts';

/** Who may log in. Made by policy/, joined by run/worker.ts. */
export interface Gatekeeper {
  /** Never throws for an outage: that is the verdict `unavailable`. */
  decide(attempt: Attempt, signal: AbortSignal): Promise<Verdict>;
  /** How the login that the verdict let through ended at the backend. */
  conclude(attempt: Attempt, verdict: Verdict, outcome: LoginOutcome): Promise<void>;
  /** Which of these sessions of one account policy no longer covers. Throws STORE_UNAVAILABLE. */
  review(account: Account, sessions: readonly CoveredSession[]): Promise<SessionReview>;
}

export interface SessionReview {
  /** Ids of the sessions to close. */
  readonly ended: readonly string[];
  /** When time alone will change the answer (ms): a date from which the domain is forced, an expiry. */
  readonly reviewAt?: number | undefined;
  /** The versions of the records that this was read from. */
  readonly epochs: Epochs;
}

/** The live list and the stream of changes, as the gateway needs them; the store fits by structure. */
export interface LiveStore {
  touchSessions(sessions: readonly SessionRecord[]): Promise<void>;
  closeSessions(sessions: readonly SessionRecord[]): Promise<void>;
  watch(watcher: {
    onChange: (change: Change) => void;
    onGap: () => void;
    onTrace?: (request: TraceRequest) => void;
  }): Promise<{ stop(): Promise<void> }>;
  epochs(
    accounts: readonly Account[],
    domains: readonly string[],
  ): Promise<{ accounts: ReadonlyMap<string, number>; domains: ReadonlyMap<string, number> }>;
}
