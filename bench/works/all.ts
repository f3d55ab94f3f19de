/** All works, in the order of the page. */

import { besideWorks } from './beside.ts';
import { gateWorks } from './gate.ts';
import { idleWorks } from './idle.ts';
import { loginWorks } from './logins.ts';
import { manyWorks } from './many.ts';
import { roundtripWorks } from './roundtrip.ts';
import { storeWorks } from './store.ts';
import { stormWorks } from './storm.ts';
import { transferWorks } from './transfers.ts';
import type { Scale, Work } from './work.ts';

export const GROUPS = ['logins', 'roundtrip', 'transfers', 'idle', 'storm', 'beside', 'store', 'many', 'gate'] as const;
/** Done only when they are asked for by name. */
export const UNASKED: readonly string[] = ['many', 'gate'];

/** The works at this scale. */
export function allWorks(scale: Scale): readonly Work[] {
  return [
    ...loginWorks(scale),
    ...roundtripWorks(),
    ...transferWorks(scale),
    ...idleWorks(scale),
    ...stormWorks(scale),
    ...besideWorks(scale),
    ...storeWorks(scale),
    ...manyWorks(scale),
    ...gateWorks(scale),
  ];
}
