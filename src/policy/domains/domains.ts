/** Shows and changes a domain's choice. What a choice means at a given time is policy/rules/domain-policy.ts. */

import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';
import { UNDECIDED_DOMAIN, policyAt } from '#policy/rules/domain-policy.ts';
import { MAX_APP_PASSWORDS } from '#policy/changes/account-changes.ts';

import type { DomainPolicy } from '#policy/rules/domain-policy.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { FACTOR_KINDS, type DomainRecord } from '#policy/ports/records.ts';

export interface DomainView {
  readonly domain: string;
  /** False while nobody has decided: the record then shows the defaults. */
  readonly decided: boolean;
  readonly record: DomainRecord;
  /** What the record means now. */
  readonly policy: DomainPolicy;
  readonly epoch: number;
}

/**
 * What somebody wants of a domain, through whichever door: the parts that are named change, the others stay. A new `mode`
 * takes `forcedFrom` (ms) with it: left out, a forced domain is forced at once. Named as undefined, a part is taken away.
 */
export interface DomainChange extends Partial<DomainRecord> {
  /** The epoch of the record that the change was thought up for; absent: whatever it is now. */
  readonly expectedEpoch?: number | undefined;
}

/** What a change makes of a domain's record. `unchanged`: the record says so already, and nothing is written. */
export interface ChangedRecord {
  readonly outcome: 'created' | 'changed' | 'unchanged';
  readonly record: DomainRecord;
}

/** A domain after a change. */
export type ChangedDomain = DomainView & Pick<ChangedRecord, 'outcome'>;

/** The least and the most that each number of a domain may be. */
export const DOMAIN_BOUNDS = {
  trustedBrowserDays: { min: 0, max: 365 },
  maxAppPasswords: { min: 1, max: MAX_APP_PASSWORDS },
  appPasswordDays: { min: 1, max: 3650 },
} as const;

const BOUND_WORDS = {
  trustedBrowserDays: 'days for which a browser is trusted',
  maxAppPasswords: 'app passwords of one account',
  appPasswordDays: 'days until an app password ends',
} as const satisfies Record<keyof typeof DOMAIN_BOUNDS, string>;

/** The numbers of a domain. */
export const DOMAIN_NUMBERS = ['trustedBrowserDays', 'maxAppPasswords', 'appPasswordDays'] as const;

// Whoever loses a race sees the winner's record and tries again.
const MAX_ROUNDS = 32;

/** A domain's record and what it means now. USAGE when the name is not a domain's. */
export async function showDomain(context: PolicyContext, typedDomain: string): Promise<DomainView> {
  const domain = requireDomain(typedDomain);
  const { record, epoch } = await context.store.lookupDomain(domain);
  return viewOf(context, domain, record, epoch);
}

/**
 * Changes a domain: the one way in which the portal, the command line, an import and the API do it. Checks what is wanted,
 * keeps what is not named, also what somebody else changes at the same time, writes the record and the audit entry.
 * Sessions that are no longer covered are closed by the gateways, which are told by the store. USAGE when the name is not
 * a domain's or the choice cannot be meant (changedRecord); STORE_CONFLICT when the record is not the expected one any
 * more.
 */
export async function setDomain(
  context: PolicyContext,
  actor: string,
  typedDomain: string,
  { expectedEpoch, ...change }: DomainChange,
): Promise<ChangedDomain> {
  const domain = requireDomain(typedDomain);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await context.store.lookupDomain(domain);
    if (expectedEpoch !== undefined && expectedEpoch !== found.epoch) break;
    const at = context.clock();
    const { outcome, record } = changedRecord(found.record, change, at);
    if (outcome === 'unchanged') return { ...viewOf(context, domain, found.record, found.epoch), outcome };
    const epoch = await context.store.saveDomain(domain, record, found.epoch);
    if (epoch === undefined) continue;
    await context.store.appendAudit({ at, actor, action: 'domain.changed', domain, detail: auditDetail(record) });
    return { ...viewOf(context, domain, record, epoch), outcome };
  }
  throw changedMeanwhile(domain);
}

/** Somebody else has changed the choice that a change was thought up for. */
export function changedMeanwhile(domain: string): Fault {
  return new Fault('STORE_CONFLICT', `the choice of ${domain} has been changed meanwhile`, { fields: { domain } });
}

/**
 * What a change would make of the record that a domain has (undefined: none) at the time `now` (ms). Pure. USAGE when
 * the choice contradicts itself, a number is out of its bounds, or a new date is not ahead.
 */
export function changedRecord(
  before: DomainRecord | undefined,
  change: Omit<DomainChange, 'expectedEpoch'>,
  now: number,
): ChangedRecord {
  const base = before ?? UNDECIDED_DOMAIN;
  const dated = change.mode !== undefined || Object.hasOwn(change, 'forcedFrom');
  const record = canonicalRecord({ ...base, ...change, forcedFrom: dated ? change.forcedFrom : base.forcedFrom });
  requireMeant(record);
  requireAhead(record.forcedFrom, base.forcedFrom, now);
  if (before === undefined) return { outcome: 'created', record };
  return { outcome: sameRecord(canonicalRecord(before), record) ? 'unchanged' : 'changed', record };
}

// One record for one choice: each method once, in one order, and nothing that is not there.
function canonicalRecord({ mode, methods, reveal, hints, ...parts }: DomainRecord): DomainRecord {
  const { forcedFrom, trustedBrowserDays, maxAppPasswords, appPasswordDays } = parts;
  return {
    mode,
    methods: FACTOR_KINDS.filter((method) => methods.includes(method)),
    reveal,
    hints,
    ...(forcedFrom === undefined ? {} : { forcedFrom }),
    ...(trustedBrowserDays === undefined ? {} : { trustedBrowserDays }),
    ...(maxAppPasswords === undefined ? {} : { maxAppPasswords }),
    ...(appPasswordDays === undefined ? {} : { appPasswordDays }),
  };
}

function sameRecord(one: DomainRecord, other: DomainRecord): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function requireMeant(record: DomainRecord): void {
  if (record.methods.length === 0) throw new Fault('USAGE', 'a domain needs at least one method');
  if (record.mode !== 'forced' && record.forcedFrom !== undefined) {
    throw new Fault('USAGE', 'a date from which the domain is forced needs the mode "forced"');
  }
  for (const name of DOMAIN_NUMBERS) {
    const value = record[name];
    const { min, max } = DOMAIN_BOUNDS[name];
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue;
    throw new Fault('USAGE', `the number of ${BOUND_WORDS[name]} must be from ${min} to ${max}`);
  }
}

// A date that is kept may have passed meanwhile.
function requireAhead(date: number | undefined, before: number | undefined, now: number): void {
  if (date === undefined || date === before || date > now) return;
  const why = Number.isNaN(date) ? 'is no time' : 'is not ahead: leave it out to force it at once';
  throw new Fault('USAGE', `the date from which the domain is forced ${why}`);
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
