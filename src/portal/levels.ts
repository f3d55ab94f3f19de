/**
 * How much of a sign-in a page needs, and what somebody lacks for it. The portal asks this once for every request, before
 * anything else is looked at.
 */

import { isFresh } from '../policy/step-up.ts';
import type { BrowserSessionRecord } from '../policy/ephemeral-ports.ts';

export type Level =
  /** Anybody. */
  | 'public'
  /** The ordinary password was given; a second factor may still be owed. */
  | 'password'
  /** All factors that the account has; a set-up that the domain demands may still be owed. */
  | 'signed-in'
  /** The same, and the last factor not long ago. */
  | 'set-up'
  /** All factors, and no set-up owed. */
  | 'full'
  /** The same, and the last factor not long ago. */
  | 'recent';

/** Who asks, as far as levels are concerned. */
export interface Standpoint {
  readonly session: Pick<BrowserSessionRecord, 'level' | 'secondFactorAt'>;
  /** The domain demands a set-up that has not been done, or the factors were reset. */
  readonly owes: 'set-up' | 'nothing';
}

export type Lack = 'sign-in' | 'second-factor' | 'set-up' | 'step-up';

/** The first thing that is missing for this level; undefined when nothing is. */
export function lackOf(level: Level, who: Standpoint | undefined, now: number): Lack | undefined {
  if (level === 'public') return undefined;
  if (who === undefined) return 'sign-in';
  if (level === 'password') return undefined;
  if (who.session.level !== 'full') return 'second-factor';
  if (level === 'signed-in') return undefined;
  if (level !== 'set-up' && who.owes === 'set-up') return 'set-up';
  return level !== 'full' && !isFresh(who.session, now) ? 'step-up' : undefined;
}
