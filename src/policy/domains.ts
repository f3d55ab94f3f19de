/** Shows and sets a domain's choice. What a choice means at a given time is domain-policy.ts. */

import { Fault } from '../core/fault.ts';
import { canonicalDomain } from '../core/identity.ts';
import { UNDECIDED_DOMAIN, policyAt } from './domain-policy.ts';

import type { DomainPolicy } from './domain-policy.ts';
import type { AuditEntry, DomainRecord } from './ports.ts';
import type { PolicyTools } from './tools.ts';

export interface DomainView {
  readonly domain: string;
  /** False while nobody has decided: the record then shows the defaults. */
  readonly decided: boolean;
  readonly record: DomainRecord;
  /** What the record means now. */
  readonly policy: DomainPolicy;
  readonly epoch: number;
}

/** A new `mode` takes `forcedFrom` (ms) with it: left out, a forced domain is forced at once. */
export type DomainChange = Partial<DomainRecord>;

/** A domain's record and what it means now. USAGE when the name is not a domain's. */
export async function showDomain(tools: PolicyTools, typedDomain: string): Promise<DomainView> {
  const domain = requireDomain(typedDomain);
  const { record, epoch } = await tools.store.lookupDomain(domain);
  return viewOf(tools, domain, record, epoch);
}

/**
 * Changes the parts that are given and keeps the others. Sessions that are no longer covered are closed by the
 * gateways, which are told by the store. USAGE when the name is not a domain's, no factor is left, or a date is given
 * for a domain that is not forced.
 */
export async function setDomain(
  tools: PolicyTools,
  actor: string,
  typedDomain: string,
  change: DomainChange,
): Promise<DomainView> {
  const domain = requireDomain(typedDomain);
  const before = (await tools.store.lookupDomain(domain)).record ?? UNDECIDED_DOMAIN;
  const record = applied(before, change);
  const epoch = await tools.store.saveDomain(domain, record);
  const at = tools.clock();
  await tools.store.appendAudit({ at, actor, action: 'domain.changed', domain, detail: auditDetail(record) });
  return viewOf(tools, domain, record, epoch);
}

function applied(before: DomainRecord, change: DomainChange): DomainRecord {
  const forcedFrom = change.mode === undefined ? (change.forcedFrom ?? before.forcedFrom) : change.forcedFrom;
  const record = { ...before, ...change, forcedFrom };
  if (record.methods.length === 0) throw new Fault('USAGE', 'a domain needs at least one method');
  if (record.mode !== 'forced' && forcedFrom !== undefined) {
    throw new Fault('USAGE', 'a date from which the domain is forced needs the mode "forced"');
  }
  return record;
}

function viewOf(tools: PolicyTools, domain: string, saved: DomainRecord | undefined, epoch: number): DomainView {
  const record = saved ?? UNDECIDED_DOMAIN;
  return { domain, decided: saved !== undefined, record, policy: policyAt(record, tools.clock()), epoch };
}

function auditDetail({ mode, forcedFrom, methods, reveal, hints }: DomainRecord): AuditEntry['detail'] {
  const date = forcedFrom === undefined ? {} : { forcedFrom: new Date(forcedFrom).toISOString() };
  return { mode, ...date, methods: methods.join(' '), reveal, hints };
}

function requireDomain(typed: string): string {
  const domain = canonicalDomain(typed);
  if (domain === undefined) throw new Fault('USAGE', `"${typed}" is not a domain name`);
  return domain;
}
