/** One line of an import about a domain: what it would make of the domain's choice, and making that. */

import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';
import { changedRecord, setDomain } from '#policy/domains/domains.ts';
import type { DomainEntry } from './entries.ts';
import type { ImportWork, Outcome } from './work.ts';

/**
 * Changes the domain as the line says and keeps what it does not name. USAGE when the name is no domain's or the choice
 * cannot be meant. In a dry run the choice is only remembered, for the accounts that follow.
 */
export async function importDomain(work: ImportWork, entry: DomainEntry): Promise<Outcome> {
  const { domain: typed, ...given } = entry;
  const domain = canonicalDomain(typed);
  if (domain === undefined) throw new Fault('USAGE', `"${typed}" is not a domain name`);
  if (Object.keys(given).length === 0) throw new Fault('USAGE', 'it says nothing about the domain: name a mode');
  const { outcome, record } = work.dryRun
    ? changedRecord(await work.domain(domain), given, work.context.clock())
    : await setDomain(work.context, work.actor, domain, given);
  work.rememberDomain(domain, record);
  return { kind: outcome };
}
