/** Changing what a domain has chosen with open eyes: what a change would do, and what it did. */

import { changedMeanwhile, recordWith, setDomain, showDomain } from './domains.ts';
import { domainImpact } from './impact.ts';

import type { DomainChange, DomainView } from './domains.ts';
import type { DomainImpact } from './impact.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

/** A change that was thought up and not made. */
export interface ChoicePlan {
  readonly before: DomainView;
  readonly after: DomainRecord;
  readonly impact: DomainImpact;
}

/** A change that was made. */
export interface ChoiceMade {
  readonly view: DomainView;
  /** Sessions that it closes: those that were open when it was made and are no longer permitted. */
  readonly closed: number;
}

/**
 * Looks at what a change would do now. USAGE when the name is
 * not a domain's or the change contradicts itself; STORE_CONFLICT when the record is not the expected one any more.
 */
export async function planChoice(
  context: PolicyContext,
  domain: string,
  { expectedEpoch, ...change }: DomainChange,
): Promise<ChoicePlan> {
  const before = await showDomain(context, domain);
  if (expectedEpoch !== undefined && expectedEpoch !== before.epoch) throw changedMeanwhile(before.domain);
  const after = recordWith(before.record, change);
  const now = context.clock();
  return { before, after, impact: await domainImpact(context.store, before.domain, after, now) };
}

/** Makes a change and tells how many sessions it closes. Throws as setDomain does. */
export async function makeChoice(
  context: PolicyContext,
  actor: string,
  domain: string,
  change: DomainChange,
): Promise<ChoiceMade> {
  const { impact } = await planChoice(context, domain, change);
  return { view: await setDomain(context, actor, domain, change), closed: impact.closing };
}
