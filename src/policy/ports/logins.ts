/** What policy asks and tells the store, and a backend, about one login. */

import type { Account } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Attempt } from '#core/verdict.ts';
import type { DomainRecord, AccountRecord, Versioned } from './records.ts';

/** The limits of DESIGN §11, per window; a secret counts once however often it is repeated. */
export interface Limits {
  /** Distinct wrong secrets of one account, from networks where it has not logged in before. */
  readonly accountFailures: number;
  /** Distinct wrong secrets of one account from one network. */
  readonly accountNetworkFailures: number;
  readonly failureWindowSeconds: number;
  /** Verdicts given to one network. */
  readonly networkVerdicts: number;
  readonly networkWindowSeconds: number;
}

export interface LoginQuery {
  readonly account: Account;
  /** The client's network: /32 or /56 text. */
  readonly network: string;
  /** A short keyed digest of the offered secret: equal for equal secrets, useless without the key. */
  readonly secretFingerprint: string;
  readonly now: number;
  readonly limits: Limits;
}

export interface LoginFacts {
  readonly domain: Versioned<DomainRecord>;
  readonly account: Versioned<AccountRecord>;
  readonly pressure: Pressure;
}

/** Counts that already include this attempt, so that parallel guesses cannot slip between check and count. */
export interface Pressure {
  readonly accountFailures: number;
  readonly accountNetworkFailures: number;
  readonly networkVerdicts: number;
  /** The account has logged in from this network before. */
  readonly knownNetwork: boolean;
}

export interface Success {
  readonly account: Account;
  readonly network: string;
  readonly secretFingerprint: string;
  readonly now: number;
  /** Absent for a forwarded ordinary password. */
  readonly appPasswordId?: string | undefined;
  /** The backend has confirmed the ordinary password: the account is known from now on. */
  readonly ordinaryPassword?: true | undefined;
  readonly protocol: Protocol;
}

/** Asks the backend whether this ordinary password is right, by logging in and out again. */
export type CheckOrdinaryPassword = (
  attempt: Attempt,
  signal: AbortSignal,
) => Promise<'right' | 'wrong' | 'unavailable'>;
