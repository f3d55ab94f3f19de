/** How fresh a second factor has to be. Pure. */

import type { BrowserSessionRecord } from '#policy/ports/ephemeral.ts';

/** What was proven with a second factor lasts this long for showing an app password and for every change. */
const STEP_UP_MS = 600_000;

/** True while the session's second factor is fresh enough for a change at the time `now` (ms). */
export function isFresh(
  { level, secondFactorAt }: Pick<BrowserSessionRecord, 'level' | 'secondFactorAt'>,
  now: number,
) {
  // A time ahead of now is a clock that was set back, and no proof.
  return level === 'full' && secondFactorAt !== undefined && secondFactorAt <= now && now - secondFactorAt < STEP_UP_MS;
}
