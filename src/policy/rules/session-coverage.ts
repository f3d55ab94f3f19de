/**
 * Which sessions of an account policy still covers: those that would be let in again now by what opened them.
 * Pure; closing the others is the gateway's.
 */

import { unreachable } from '#core/fault.ts';
import { policyAt } from './domain-policy.ts';

import type { DomainPolicy } from './domain-policy.ts';
import { type AccountRecord, type AppPasswordRecord, type DomainRecord, EMPTY_ACCOUNT } from '#policy/ports/records.ts';
import type { CoveredSession } from '#core/session.ts';

export interface Coverage {
  /** Ids of the sessions that are no longer covered. */
  readonly ended: readonly string[];
  /** When time alone will end one of the others (ms). */
  readonly reviewAt?: number | undefined;
}

/** The records by which sessions are reviewed; undefined where none was ever saved. */
export interface CoveringRecords {
  readonly domain: DomainRecord | undefined;
  readonly account: AccountRecord | undefined;
}

/** Reviews the sessions of one account by its records at the time `now` (ms). */
export function coverageOf(records: CoveringRecords, sessions: readonly CoveredSession[], now: number): Coverage {
  const ended: string[] = [];
  let reviewAt = FOREVER;
  for (const session of sessions) {
    const until = coveredUntil(records, session, now);
    if (until <= now) ended.push(session.id);
    else reviewAt = Math.min(reviewAt, until);
  }
  return { ended, reviewAt: reviewAt === FOREVER ? undefined : reviewAt };
}

const FOREVER = Number.POSITIVE_INFINITY;
const NO_LONGER = Number.NEGATIVE_INFINITY;

/** The time (ms) at which a session loses its cover: in the past when it has none. */
function coveredUntil(records: CoveringRecords, { opener, openedAt }: CoveredSession, now: number): number {
  const policy = policyAt(records.domain, now);
  const account = records.account ?? EMPTY_ACCOUNT;
  if (account.suspended !== undefined || openedAt < (account.cutOffAt ?? 0)) return NO_LONGER;
  const protectedNow = account.enrolledAt !== undefined && policy.mode !== 'disabled';
  switch (opener.kind) {
    case 'ordinary-password':
      return protectedNow ? NO_LONGER : unprotectedUntil(policy);
    // Where the account is not protected, the next login with these would be forwarded and refused.
    case 'app-password':
      return protectedNow ? liveUntil(account.appPasswords, opener) : NO_LONGER;
    case 'token':
      return protectedNow ? FOREVER : NO_LONGER;
    default:
      return unreachable(opener);
  }
}

/** How long the ordinary password opens the sessions of an account that has not enrolled, or of a disabled domain. */
function unprotectedUntil(policy: DomainPolicy): number {
  return policy.mode === 'forced' ? NO_LONGER : (policy.cutOffAt ?? FOREVER);
}

function liveUntil(
  appPasswords: readonly AppPasswordRecord[],
  opener: { readonly id: string; readonly generation: number },
): number {
  const opened = appPasswords.find(({ id }) => id === opener.id);
  if (opened === undefined || opened.generation !== opener.generation) return NO_LONGER;
  return opened.expiresAt ?? FOREVER;
}
