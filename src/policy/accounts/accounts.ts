/**
 * Shows an account's standing, suspends and resumes it, and cuts its sessions off. Enrolment is
 * policy/factors/totp-enrolment.ts, app passwords are policy/app-passwords/app-passwords.ts, a domain's choice is
 * policy/domains/domains.ts.
 */

import { policyAt } from '#policy/rules/domain-policy.ts';
import { endBrowsers, factorsOf } from '#policy/factors/factors.ts';
import { viewOf } from '#policy/app-passwords/app-passwords.ts';
import { auditAccount, changeAccount } from '#policy/changes/account-changes.ts';

import type { Account } from '#core/identity.ts';
import type { DomainPolicy } from '#policy/rules/domain-policy.ts';
import type { AppPasswordView } from '#policy/app-passwords/app-passwords.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { type AccountRecord, type FactorKind, EMPTY_ACCOUNT } from '#policy/ports/records.ts';
import type { SessionRecord } from '#core/session.ts';

/**
 * What a mail program of this account needs: nothing (`disabled`), nothing as long as the account does not enrol
 * (`optional`), an app password, or first an enrolment.
 */
export type Standing = 'disabled' | 'optional' | 'app-password' | 'enrolment';

export interface AccountView {
  readonly account: string;
  readonly standing: Standing;
  readonly policy: DomainPolicy;
  readonly enrolledAt: number | undefined;
  readonly factors: readonly FactorKind[];
  /** An enrolment was begun and waits for its first code. */
  readonly enrolmentPending: boolean;
  readonly recoveryAddress: string | undefined;
  readonly recoveryCodesLeft: number;
  readonly appPasswords: readonly AppPasswordView[];
  readonly suspended: AccountRecord['suspended'];
  readonly cutOffAt: number | undefined;
}

/** All that is known of an account, without its secrets. One that was never heard of has an empty view. */
export async function showAccount(context: PolicyContext, account: Account): Promise<AccountView> {
  const [{ record = EMPTY_ACCOUNT }, domain, lastUses] = await Promise.all([
    context.store.lookupAccount(account),
    context.store.lookupDomain(account.domain),
    context.store.lookupLastUses(account),
  ]);
  const now = context.clock();
  const policy = policyAt(domain.record, now);
  return {
    account: account.name,
    standing: standingOf(policy, record),
    policy,
    enrolledAt: record.enrolledAt,
    factors: factorsOf(record),
    enrolmentPending: record.pendingTotp !== undefined,
    recoveryAddress: record.recoveryAddress,
    recoveryCodesLeft: record.recoveryCodes.length,
    appPasswords: record.appPasswords.map((one) => viewOf(one, { policy, now, lastUse: lastUses.get(one.id) })),
    suspended: record.suspended,
    cutOffAt: record.cutOffAt,
  };
}

/** Refuses every login of the account from now on and closes its sessions. False when it was suspended already. */
export async function suspendAccount(context: PolicyContext, actor: string, account: Account): Promise<boolean> {
  const suspended = { at: context.clock(), by: actor };
  const changed = await changeAccount(context, account, (current) =>
    current.suspended === undefined
      ? { record: { ...current, suspended }, result: true }
      : { record: undefined, result: false },
  );
  if (!changed) return false;
  await endBrowsers(context, account);
  await auditAccount(context, account, { actor, action: 'account.suspended' });
  return true;
}

/** Ends a suspension. False when there was none. */
export async function resumeAccount(context: PolicyContext, actor: string, account: Account): Promise<boolean> {
  const changed = await changeAccount(context, account, (current) =>
    current.suspended === undefined
      ? { record: undefined, result: false }
      : { record: { ...current, suspended: undefined }, result: true },
  );
  if (changed) await auditAccount(context, account, { actor, action: 'account.resumed' });
  return changed;
}

/** Remembers which language the owner of an enrolled account reads, for notices. */
export async function noteLanguage(context: PolicyContext, account: Account, language: string): Promise<void> {
  await changeAccount(context, account, (current) => {
    const known = current.enrolledAt === undefined || current.language === language;
    return { record: known ? undefined : { ...current, language }, result: undefined };
  });
}

/**
 * Tells the owner of an enrolled account that somebody has signed in with a browser that was not seen before: at the
 * recovery address, in its place the mailbox.
 */
export async function tellOfNewBrowser(
  context: PolicyContext,
  account: Account,
  seen: { readonly browser: string; readonly network: string },
): Promise<void> {
  const { record } = await context.store.lookupAccount(account);
  if (record?.enrolledAt === undefined) return;
  const { recoveryAddress = account.name, language } = record;
  const [action, actor, at] = ['browser.signed-in', account.name, context.clock()] as const;
  context.notify?.({ account, action, actor, at, detail: seen, to: [recoveryAddress], language });
}

/** Forgets the failed logins of an account, so that its owner may try again at once. */
export async function unlockAccount(context: PolicyContext, actor: string, account: Account): Promise<void> {
  await context.store.forgiveFailures(account);
  await auditAccount(context, account, { actor, action: 'account.unlocked' });
}

/**
 * Closes every session of the account that is open now. Its programs may log in again. The record's time closes those
 * that the live list does not hold; those that it holds are closed by name too, whatever the clock of their gateway says.
 */
export async function cutOffAccount(context: PolicyContext, actor: string, account: Account): Promise<void> {
  const cutOffAt = context.clock();
  const sessions = await context.store.listSessions({ by: 'account', account });
  await changeAccount(context, account, (current) => ({ record: { ...current, cutOffAt }, result: undefined }));
  await Promise.all(sessions.map(({ id }) => context.store.cutOffSession(id)));
  await auditAccount(context, account, { actor, action: 'session.cut-off', detail: { sessions: 'all' } });
}

/** Closes one session. False when it is no longer on record. */
export async function cutOffSession(context: PolicyContext, actor: string, session: SessionRecord): Promise<boolean> {
  const { id, account, domain, protocol } = session;
  const told = await context.store.cutOffSession(id);
  if (!told) return false;
  const at = context.clock();
  const detail = { session: id, protocol };
  await context.store.appendAudit({ at, actor, action: 'session.cut-off', domain, account, detail });
  return true;
}

/** What mail programs of an account with this record need under this policy. */
function standingOf(policy: DomainPolicy, record: AccountRecord): Standing {
  if (policy.mode === 'disabled') return 'disabled';
  if (record.enrolledAt !== undefined) return 'app-password';
  return policy.mode === 'forced' ? 'enrolment' : 'optional';
}
