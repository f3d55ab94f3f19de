/** Shows and sets a domain's choice. What a choice means at a given time is policy/rules/domain-policy.ts. */

import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';
import { UNDECIDED_DOMAIN, policyAt } from '#policy/rules/domain-policy.ts';
import { MAX_APP_PASSWORDS } from '#policy/changes/account-changes.ts';

import type { DomainPolicy } from '#policy/rules/domain-policy.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

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
export interface DomainChange extends Partial<DomainRecord> {
  /** The epoch of the record that the change was thought up for; absent: whatever it is now. */
  readonly expectedEpoch?: number | undefined;
}

const MAX_TRUST_DAYS = 365;
const MAX_APP_PASSWORD_DAYS = 3650;
// Whoever loses a race sees the winner's record and tries again.
const MAX_ROUNDS = 32;

/** A domain's record and what it means now. USAGE when the name is not a domain's. */
export async function showDomain(context: PolicyContext, typedDomain: string): Promise<DomainView> {
  const domain = requireDomain(typedDomain);
  const { record, epoch } = await context.store.lookupDomain(domain);
  return viewOf(context, domain, record, epoch);
}

/**
 * Changes the parts that are given and keeps the others, also those that somebody else changes at the same time. Sessions
 * that are no longer covered are closed by the gateways, which are told by the store. USAGE when the name is not a
 * domain's or the choice contradicts itself; STORE_CONFLICT when the record is not the expected one any more.
 */
export async function setDomain(
  context: PolicyContext,
  actor: string,
  typedDomain: string,
  { expectedEpoch, ...change }: DomainChange,
): Promise<DomainView> {
  const domain = requireDomain(typedDomain);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await context.store.lookupDomain(domain);
    if (expectedEpoch !== undefined && expectedEpoch !== found.epoch) break;
    const record = recordWith(found.record ?? UNDECIDED_DOMAIN, change);
    const epoch = await context.store.saveDomain(domain, record, found.epoch);
    if (epoch === undefined) continue;
    const at = context.clock();
    await context.store.appendAudit({ at, actor, action: 'domain.changed', domain, detail: auditDetail(record) });
    return viewOf(context, domain, record, epoch);
  }
  throw changedMeanwhile(domain);
}

/** Somebody else has changed the choice that a change was thought up for. */
export function changedMeanwhile(domain: string): Fault {
  return new Fault('STORE_CONFLICT', `the choice of ${domain} has been changed meanwhile`, { fields: { domain } });
}

/** The record that a change makes of another. USAGE when that contradicts itself. */
export function recordWith(before: DomainRecord, change: Omit<DomainChange, 'expectedEpoch'>): DomainRecord {
  const forcedFrom = change.mode === undefined ? (change.forcedFrom ?? before.forcedFrom) : change.forcedFrom;
  const record = { ...before, ...change, forcedFrom };
  if (record.methods.length === 0) throw new Fault('USAGE', 'a domain needs at least one method');
  if (record.mode !== 'forced' && forcedFrom !== undefined) {
    throw new Fault('USAGE', 'a date from which the domain is forced needs the mode "forced"');
  }
  requireWhole(record.trustedBrowserDays, [0, MAX_TRUST_DAYS], 'days for which a browser is trusted');
  requireWhole(record.maxAppPasswords, [1, MAX_APP_PASSWORDS], 'app passwords of one account');
  requireWhole(record.appPasswordDays, [1, MAX_APP_PASSWORD_DAYS], 'days until an app password ends');
  return record;
}

function requireWhole(value: number | undefined, [min, max]: readonly [number, number], what: string): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  throw new Fault('USAGE', `the number of ${what} must be from ${min} to ${max}`);
}

function viewOf(context: PolicyContext, domain: string, saved: DomainRecord | undefined, epoch: number): DomainView {
  const record = saved ?? UNDECIDED_DOMAIN;
  return { domain, decided: saved !== undefined, record, policy: policyAt(record, context.clock()), epoch };
}

function auditDetail({ mode, forcedFrom, methods, reveal, hints, ...limits }: DomainRecord): AuditEntry['detail'] {
  const date = forcedFrom === undefined ? {} : { forcedFrom: new Date(forcedFrom).toISOString() };
  const given = Object.entries(limits).filter((limit): limit is [string, number] => limit[1] !== undefined);
  return { mode, ...date, methods: methods.join(' '), reveal, hints, ...Object.fromEntries(given) };
}

function requireDomain(typed: string): string {
  const domain = canonicalDomain(typed);
  if (domain === undefined) throw new Fault('USAGE', `"${typed}" is not a domain name`);
  return domain;
}
