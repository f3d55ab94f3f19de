/** One line of an import about a domain: what it would make of the domain's choice, and making that. */

import { isDeepStrictEqual } from 'node:util';
import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';
import { UNDECIDED_DOMAIN } from '#policy/rules/domain-policy.ts';
import { recordWith, setDomain } from '#policy/domains/domains.ts';
import type { DomainEntry } from './entries.ts';
import type { ImportWork, Outcome } from './work.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

/**
 * Changes the domain as the line says and keeps what it does not name. USAGE when the name is no domain's or the choice
 * contradicts itself. In a dry run the choice is only remembered, for the accounts that follow.
 */
export async function importDomain(work: ImportWork, entry: DomainEntry): Promise<Outcome> {
  const { domain: typed, ...given } = entry;
  const domain = canonicalDomain(typed);
  if (domain === undefined) throw new Fault('USAGE', `"${typed}" is not a domain name`);
  if (Object.keys(given).length === 0) throw new Fault('USAGE', 'it says nothing about the domain: name a mode');
  const before = await work.domain(domain);
  const after = withoutAbsent(recordWith(before ?? UNDECIDED_DOMAIN, given));
  if (before !== undefined && isDeepStrictEqual(withoutAbsent(before), after)) return { kind: 'unchanged' };
  if (!work.dryRun) await setDomain(work.context, work.actor, domain, given);
  work.rememberDomain(domain, after);
  return { kind: before === undefined ? 'created' : 'changed' };
}

function withoutAbsent(record: DomainRecord): DomainRecord {
  const { forcedFrom, trustedBrowserDays, maxAppPasswords, appPasswordDays, ...always } = record;
  return {
    ...always,
    ...(forcedFrom === undefined ? {} : { forcedFrom }),
    ...(trustedBrowserDays === undefined ? {} : { trustedBrowserDays }),
    ...(maxAppPasswords === undefined ? {} : { maxAppPasswords }),
    ...(appPasswordDays === undefined ? {} : { appPasswordDays }),
  };
}
