/**
 * Who may open which page of admins. Asked for every request, by the table of routes, with grants that were read for this
 * request: one that was taken away is gone at once, and an admin of one domain sees nothing of another.
 */

import { canonicalDomain } from '#core/identity.ts';
import { mayDoAny } from '#policy/admins/admins.ts';
import type { AdminRow, SignedInUser } from '#portal/http/page.ts';

/** `unseen`: there is nothing for them here; `missing`: they may look at this domain but not do this. */
export type Right = 'given' | 'missing' | 'unseen';

/** The right of whoever asks, in the domain that the path names. */
export function rightTo({ grants }: Pick<SignedInUser, 'grants'>, right: AdminRow['right'], domain: string): Right {
  if (right === 'enter') return grants.length > 0 ? 'given' : 'unseen';
  if (canonicalDomain(domain) !== domain || !mayDoAny(grants, 'look', domain)) return 'unseen';
  return mayDoAny(grants, right, domain) ? 'given' : 'missing';
}
