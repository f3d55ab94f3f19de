/** All works, in the order of the page. */

import { loginWorks } from './logins.ts';
import type { Scale, Work } from './work.ts';

export const GROUPS = ['logins', 'roundtrip', 'transfers', 'idle', 'storm', 'store'] as const;

/** The works at this scale. */
export function allWorks(scale: Scale): readonly Work[] {
  return [...loginWorks(scale)];
}
