/**
 * What can be said of a login by somebody who shows no password, only an unnamed mark of one: whether the account is
 * suspended, and whether it or its network is over its limits. It can say nothing of two-step rules, for which the
 * password itself must be seen; those are gatekeeper.ts.
 */

import type { Account } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import { retryAfterSeconds } from '#policy/rules/login-rules.ts';
import type { Store } from '#policy/ports/store.ts';
import { attemptFingerprint } from '#policy/secrets/attempt-fingerprint.ts';
import type { Limits, LoginFacts, Pressure } from '#policy/ports/logins.ts';

export interface HashedLogin {
  readonly account: Account;
  /** The client's address. */
  readonly address: string;
  /** Equal for equal passwords of one account. */
  readonly passwordHash: string;
}

export interface HashedLoginTools {
  readonly store: Pick<Store, 'lookupLogin' | 'recordSuccess'>;
  readonly keyring: Keyring;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export type HashedVerdict =
  /** `pressed`: more than half of the wrong passwords that are permitted have been tried. */
  | { readonly kind: 'permitted'; readonly pressed: boolean }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number };

/** Judges a login and counts it as wrong until it is reported as a success. Throws STORE_UNAVAILABLE. */
export async function judgeHashedLogin(context: HashedLoginTools, login: HashedLogin): Promise<HashedVerdict> {
  const { store, limits, clock } = context;
  const facts: LoginFacts = await store.lookupLogin({ ...seen(context, login), now: clock(), limits });
  if (facts.account.record?.suspended !== undefined) return { kind: 'suspended' };
  const seconds = retryAfterSeconds(facts.pressure, limits);
  if (seconds !== undefined) return { kind: 'throttle', retryAfterSeconds: seconds };
  return { kind: 'permitted', pressed: pressed(facts.pressure, limits) };
}

/** The login has succeeded: it is no guess, and its network is a known one from now on. Throws STORE_UNAVAILABLE. */
export async function recordHashedSuccess(
  context: HashedLoginTools,
  login: HashedLogin,
  protocol: Protocol,
): Promise<void> {
  await context.store.recordSuccess({ ...seen(context, login), now: context.clock(), protocol });
}

function pressed({ accountFailures, accountNetworkFailures, knownNetwork }: Pressure, limits: Limits): boolean {
  const accountWide = !knownNetwork && accountFailures * 2 > limits.accountFailures;
  return accountWide || accountNetworkFailures * 2 > limits.accountNetworkFailures;
}

// A kind of its own: a hash must not count as the same secret as a password that reads like it.
function seen({ keyring }: HashedLoginTools, { account, address, passwordHash }: HashedLogin) {
  return attemptFingerprint(keyring, { account, address, offered: ['hash', passwordHash] });
}
