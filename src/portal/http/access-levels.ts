/**
 * How much of a sign-in a page needs, and what somebody lacks for it. The portal asks this once for every request, before
 * anything else is looked at.
 */

import { isFresh } from '#policy/rules/factor-freshness.ts';
import type { BrowserSessionRecord } from '#policy/ports/ephemeral.ts';
import type { FactorKind } from '#policy/ports/records.ts';

export type Level =
  /** Anybody. */
  | 'public'
  /** The ordinary password was given; a second factor may still be owed. */
  | 'password'
  /** All factors that the account has; a set-up that the domain demands may still be owed. */
  | 'signed-in'
  /** The same, and the last factor not long ago. */
  | 'set-up'
  /** All factors, and no set-up owed. */
  | 'full'
  /** The same, and the last factor not long ago. */
  | 'recent'
  /** An admin who has two-step, with a factor given in this very session: a trusted browser is not enough. */
  | AdminLevel;

/** Levels of the pages of admins; which of them an admin may open is portal/admin/admin-rights.ts. */
export type AdminLevel =
  | 'admin'
  /** The same, and the last factor not long ago. */
  | 'admin-recent';

/** Who asks, as far as levels are concerned. */
export interface Standpoint {
  readonly session: Pick<BrowserSessionRecord, 'level' | 'secondFactorAt'>;
  /** The domain demands a set-up that has not been done, or the factors were reset. */
  readonly pendingStep: 'set-up' | 'nothing';
  readonly kind: 'mailbox' | 'local-admin';
  readonly factors: readonly FactorKind[];
}

export type MissingStep =
  | 'sign-in'
  | 'second-factor'
  | 'set-up'
  | 'step-up'
  | 'local-step-up'
  /** The page is one of a mailbox, and a local admin has none. */
  | 'mailbox';

/** The first thing that is missing for this level; undefined when nothing is. */
export function missingStep(level: Level, who: Standpoint | undefined, now: number): MissingStep | undefined {
  if (level === 'public') return undefined;
  if (who === undefined) return 'sign-in';
  if (who.kind === 'local-admin') return localMissingStep(level, who, now);
  if (level === 'password') return undefined;
  if (who.session.level !== 'full') return 'second-factor';
  if (level === 'signed-in') return undefined;
  if (level !== 'set-up' && who.pendingStep === 'set-up') return 'set-up';
  if (isAdminLevel(level)) return adminMissingStep(level, who, now);
  return level !== 'full' && !isFresh(who.session, now) ? 'step-up' : undefined;
}

/** True for the levels of the pages of admins. */
function isAdminLevel(level: Level): level is AdminLevel {
  return level === 'admin' || level === 'admin-recent';
}

// Admins have two-step whatever their own domain has chosen.
function adminMissingStep(level: AdminLevel, who: Standpoint, now: number): MissingStep | undefined {
  if (who.factors.length === 0) return 'set-up';
  if (who.session.secondFactorAt === undefined) return 'step-up';
  return level === 'admin-recent' && !isFresh(who.session, now) ? 'step-up' : undefined;
}

// A local admin gives everything at once, so that there is nothing half way.
function localMissingStep(level: Level, who: Standpoint, now: number): MissingStep | undefined {
  if (!isAdminLevel(level)) return 'mailbox';
  return level === 'admin-recent' && !isFresh(who.session, now) ? 'local-step-up' : undefined;
}
