/** Changing what a domain has chosen with open eyes: what a change would do. */

import { changedMeanwhile, changedRecord, showDomain } from './domains.ts';
import { domainImpact } from './impact.ts';

import type { ChangedRecord, DomainChange, DomainView } from './domains.ts';
import type { DomainImpact } from './impact.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

/** A change that was thought up and not made. */
export interface ChoicePlan {
  readonly before: DomainView;
  readonly after: ChangedRecord;
  readonly impact: DomainImpact;
}

/**
 * Looks at what a change would do now. USAGE when the name is
 * not a domain's or the change cannot be meant; STORE_CONFLICT when the record is not the expected one any more.
 */
export async function planChoice(
  context: PolicyContext,
  domain: string,
  { expectedEpoch, ...change }: DomainChange,
): Promise<ChoicePlan> {
  const before = await showDomain(context, domain);
  if (expectedEpoch !== undefined && expectedEpoch !== before.epoch) throw changedMeanwhile(before.domain);
  const now = context.clock();
  const after = changedRecord(before.decided ? before.record : undefined, change, now);
  return { before, after, impact: await domainImpact(context.store, before.domain, after.record, now) };
}
