/** How and when a worker learned that sessions may have lost their cover. */

import type { RevocationTrigger } from '#ops/gateway-metrics.ts';

export interface RevocationNotice {
  readonly trigger: RevocationTrigger;
  /** By performance.now(). */
  readonly at: number;
}

/** A notice of this moment. */
export function revocationNotice(trigger: RevocationTrigger): RevocationNotice {
  return { trigger: trigger, at: performance.now() };
}

/** What an operator reads: a cut-off that was not announced in time is late, and by what. */
export const CUT_OFF_REASONS = {
  announced: 'policy',
  compared: 'policy, after a change that was not announced',
  'by-time': 'policy, its time has come',
  'by-hand': 'by hand',
} as const satisfies Record<RevocationTrigger, string>;
