/**
 * What really is so, for judging policy from outside: who has enrolled, which app passwords are live, what a session
 * was opened with. It is told what happened and knows nothing of how policy keeps or decides it.
 */

import type { Account } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';

export type Mode = 'disabled' | 'enabled' | 'forced' | 'forced later';

/** An app password that was given out, with the secret of one of its generations. */
export interface Issued {
  readonly account: Account;
  readonly id: string;
  readonly text: string;
  readonly scopes: readonly Protocol[];
  readonly expiresAt: number;
}

/** What somebody offers: nobody's secret, the account's ordinary password, a valid token, or an app password. */
export type Used = 'wrong' | 'ordinary' | 'token' | Issued;

export interface PolicyModel {
  mode: Mode;
  forcedFrom: number;
  readonly enrolled: Set<string>;
  readonly suspended: Set<string>;
  readonly cutOffAt: Map<string, number>;
  /** All that ever were, oldest first. */
  readonly issued: Issued[];
  /** Those that were neither reset nor revoked. */
  readonly live: Set<Issued>;
}

export function emptyModel(): PolicyModel {
  return {
    mode: 'disabled',
    forcedFrom: 0,
    enrolled: new Set(),
    suspended: new Set(),
    cutOffAt: new Map(),
    issued: [],
    live: new Set(),
  };
}

/** The mode that holds at the time `now` (ms). */
export function modeAt({ mode, forcedFrom }: PolicyModel, now: number): 'disabled' | 'enabled' | 'forced' {
  if (mode !== 'forced later') return mode;
  return now >= forcedFrom ? 'forced' : 'enabled';
}

/**
 * Whether a session of this account may be open when this opened it. The invariant is its fourth line: where two-step
 * holds, only a token or a live app password of the account itself.
 */
export function mayBeOpen(model: PolicyModel, account: Account, used: Used, now: number): boolean {
  if (used === 'wrong' || model.suspended.has(account.name)) return false;
  const mode = modeAt(model, now);
  if (mode === 'disabled' || !model.enrolled.has(account.name)) return used === 'ordinary' && mode !== 'forced';
  return used === 'token' || (used !== 'ordinary' && isLive(model, account, used, now));
}

/** Whether a login with this must open a session. */
export function mustOpen(model: PolicyModel, account: Account, used: Used, at: LoginPlace): boolean {
  return mayBeOpen(model, account, used, at.now) && (typeof used === 'string' || used.scopes.includes(at.protocol));
}

export interface LoginPlace {
  readonly protocol: Protocol;
  readonly now: number;
}

function isLive(model: PolicyModel, account: Account, used: Issued, now: number): boolean {
  return used.account === account && model.live.has(used) && used.expiresAt > now;
}
