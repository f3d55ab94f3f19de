/** The domains that somebody may look after, with what each has chosen. */

import { mayDoAny } from './admins.ts';
import { showDomain } from '#policy/domains/domains.ts';

import type { AdminGrant } from './admins.ts';
import type { DomainView } from '#policy/domains/domains.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

export interface ManagedDomains {
  /** In name order. */
  readonly domains: readonly DomainView[];
  /** There are others, which are to be named one by one. */
  readonly more: boolean;
}

const SHOWN = 200;

/**
 * The domains that these grants cover: those that they name; with a grant for all, those of the configuration and those
 * that somebody has decided about, the first of them.
 */
export async function listManagedDomains(
  context: PolicyContext,
  grants: readonly AdminGrant[],
  configured: readonly string[],
): Promise<ManagedDomains> {
  const named = grants.flatMap(({ domains }) => (domains === 'all' ? [] : domains));
  const everywhere = grants.some(({ domains }) => domains === 'all');
  const decided = everywhere ? await context.store.listDomains(undefined, SHOWN) : undefined;
  const others = everywhere ? [...configured, ...(decided?.items ?? []).map(({ domain }) => domain)] : [];
  const names = [...new Set([...named, ...others])].filter((name) => mayDoAny(grants, 'look', name)).toSorted();
  const domains = await Promise.all(names.slice(0, SHOWN).map((name) => showDomain(context, name)));
  return { domains, more: names.length > SHOWN || decided?.next !== undefined };
}
