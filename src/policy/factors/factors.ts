/**
 * The factors of an account: which there are, what adding one does, and taking them away. The first one turns two-step
 * on; the last one is only taken away by turning it off. Each kind's own part is totp-enrolment.ts (authenticator
 * apps), email-factor.ts and passkeys.ts.
 */

import { Fault } from '#core/fault.ts';
import { APP_PASSWORD_SCOPES } from '#core/protocols.ts';
import { makeAppPassword } from '#policy/secrets/app-password.ts';
import { policyAt } from '#policy/rules/domain-policy.ts';
import { expiryAllowed, requireTwoStep } from '#policy/app-passwords/app-passwords.ts';
import { makeRecoveryCodes } from './recovery-codes.ts';
import { changeAndNotify } from '#policy/changes/account-changes.ts';

import type { Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { DomainPolicy } from '#policy/rules/domain-policy.ts';
import type { EphemeralKind } from '#policy/ports/ephemeral.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { AccountRecord, AppPasswordRecord, FactorKind } from '#policy/ports/records.ts';

export type FactorAdded =
  /** Two-step is on. The app password works in all protocols; it and the codes are to be shown now. */
  | { readonly kind: 'enrolled'; readonly appPassword: Secret; readonly recoveryCodes: readonly Secret[] }
  /** Its factors had been reset. It keeps its app passwords, or gets one where none is left; the codes are new. */
  | { readonly kind: 'restored'; readonly appPassword: Secret | undefined; readonly recoveryCodes: readonly Secret[] }
  /** It has one more factor; everything else stays. */
  | { readonly kind: 'added' }
  /** It had a factor of this kind, which is now another; everything else stays. */
  | { readonly kind: 'replaced' };

/** The name of the app password that enrolment makes. */
export const FIRST_APP_PASSWORD = 'Mail apps';

/** The factors that an account has. */
export function factorsOf({ totp, emailFactor, passkeys = [] }: AccountRecord): readonly FactorKind[] {
  return [
    ...(totp === undefined ? [] : (['totp'] as const)),
    ...(emailFactor === undefined ? [] : (['email'] as const)),
    ...(passkeys.length === 0 ? [] : (['passkey'] as const)),
  ];
}

/**
 * True when the account has to set a factor up before anything else: it was reset, or its domain forces it and it has
 * not enrolled.
 */
export function needsSetUp(policy: Pick<DomainPolicy, 'mode'>, record: AccountRecord): boolean {
  if (policy.mode === 'disabled' || factorsOf(record).length > 0) return false;
  return record.enrolledAt !== undefined || policy.mode === 'forced';
}

/**
 * A digest of when the account enrolled and of each of its factors: what was allowed under another mark (a browser's
 * session, its trust) was allowed under other factors.
 */
export function factorsMark(keyring: Keyring, account: string, record: AccountRecord): string {
  const { enrolledAt, totp, emailFactor, passkeys = [], recoveryAddress } = record;
  const times = [enrolledAt, totp?.confirmedAt, emailFactor?.confirmedAt].map((at) => String(at ?? 'never'));
  const mailed = emailFactor === undefined ? '' : (recoveryAddress ?? '');
  return keyring.digest('browser-session', ['factors', account, ...times, mailed, ...passkeys.map(({ id }) => id)]);
}

/** What a first factor gives, made before the change because a change may run several times. */
export interface Start {
  readonly now: number;
  readonly appPassword: { readonly record: AppPasswordRecord; readonly secret: Secret };
  readonly recoveryCodes: ReturnType<typeof makeRecoveryCodes>;
}

/** Makes what a first factor gives. */
export function makeStart(context: PolicyContext, account: Account, policy: DomainPolicy, now: number): Start {
  const terms = {
    account: account.name,
    name: FIRST_APP_PASSWORD,
    scopes: APP_PASSWORD_SCOPES,
    expiresAt: expiryAllowed(policy, now),
    revealable: policy.reveal === 'always',
  };
  return {
    now,
    appPassword: makeAppPassword(context.keyring, terms, now),
    recoveryCodes: makeRecoveryCodes(context.keyring, account.name),
  };
}

/** The record with one more factor, or with another of its kind; `parts` are the factor's own fields. */
export function withFactor(
  current: AccountRecord,
  factor: { readonly kind: FactorKind; readonly parts: Partial<AccountRecord> },
  start: Start,
): { readonly record: AccountRecord; readonly result: FactorAdded } {
  const had = factorsOf(current);
  const { now, appPassword, recoveryCodes } = start;
  const record = { ...current, ...factor.parts };
  if (current.enrolledAt === undefined) {
    const fresh = { enrolledAt: now, cutOffAt: now, appPasswords: [appPassword.record] };
    return {
      record: { ...record, ...fresh, recoveryCodes: recoveryCodes.digests },
      result: { kind: 'enrolled', appPassword: appPassword.secret, recoveryCodes: recoveryCodes.codes },
    };
  }
  if (had.length > 0) {
    // Of passkeys there may be several: each is one more.
    const kind = factor.kind !== 'passkey' && had.includes(factor.kind) ? 'replaced' : 'added';
    return { record, result: { kind } };
  }
  const bare = current.appPasswords.length === 0;
  return {
    record: {
      ...record,
      appPasswords: bare ? [appPassword.record] : current.appPasswords,
      recoveryCodes: recoveryCodes.digests,
    },
    result: {
      kind: 'restored',
      appPassword: bare ? appPassword.secret : undefined,
      recoveryCodes: recoveryCodes.codes,
    },
  };
}

/** The domain's policy. NOT_ALLOWED where it has two-step turned off or does not permit this factor. */
export async function requireMethod(
  context: PolicyContext,
  account: Account,
  method: FactorKind,
  now: number,
): Promise<DomainPolicy> {
  const policy = await requireTwoStep(context, account, now);
  if (policy.methods.includes(method)) return policy;
  throw new Fault('NOT_ALLOWED', `${account.domain} does not permit ${METHOD_WORDS[method]}`);
}

/** Takes one factor away. NOT_ALLOWED when it is the only one: that is turning two-step off. False: there was none. */
export async function removeFactor(
  context: PolicyContext,
  actor: string,
  account: Account,
  factor: FactorKind,
): Promise<boolean> {
  const removed = await changeAndNotify(
    context,
    account,
    (current) => {
      const had = factorsOf(current);
      if (!had.includes(factor)) return { record: undefined, result: false };
      if (had.length === 1) return new Fault('NOT_ALLOWED', 'this is the only factor; turn two-step off instead');
      return { record: { ...current, ...WITHOUT[factor] }, result: true };
    },
    (done) => (done ? { actor, action: 'account.factor-removed', detail: { factor } } : undefined),
  );
  if (removed) await endBrowsers(context, account);
  return removed;
}

/** Turns two-step off for an account that asks for it. NOT_ALLOWED in a forced domain. False when it was not on. */
export async function turnOff(context: PolicyContext, actor: string, account: Account): Promise<boolean> {
  const policy = policyAt((await context.store.lookupDomain(account.domain)).record, context.clock());
  if (policy.mode !== 'forced') return unenrolAccount(context, actor, account);
  throw new Fault('NOT_ALLOWED', `${account.domain} requires two-step authentication`);
}

/**
 * Turns two-step off: factors, recovery codes and app passwords are gone, and what they opened is closed. A suspension
 * stays. False when the account was not enrolled.
 */
export async function unenrolAccount(context: PolicyContext, actor: string, account: Account): Promise<boolean> {
  const wasEnrolled = await changeAndNotify(
    context,
    account,
    ({ enrolledAt, suspended, cutOffAt, language }) => {
      if (enrolledAt === undefined) return { record: undefined, result: false };
      return { record: { recoveryCodes: [], appPasswords: [], suspended, cutOffAt, language }, result: true };
    },
    (done) => (done ? { actor, action: 'account.unenrolled' } : undefined),
  );
  if (wasEnrolled) await endBrowsers(context, account);
  return wasEnrolled;
}

/**
 * For somebody who has lost every factor: they and the recovery codes are gone, and the next sign-in leads through a
 * new set-up. Mail programs go on with their app passwords unless these are revoked too; the ordinary password opens
 * none in either case. False when the account was not enrolled.
 */
export async function resetFactors(
  context: PolicyContext,
  actor: string,
  account: Account,
  appPasswords: 'keep' | 'revoke' = 'keep',
): Promise<boolean> {
  const wasEnrolled = await changeAndNotify(
    context,
    account,
    (current) => {
      if (current.enrolledAt === undefined) return { record: undefined, result: false };
      const kept = appPasswords === 'keep' ? current.appPasswords : [];
      const { enrolledAt, suspended, cutOffAt, recoveryAddress, language } = current;
      const stays = { enrolledAt, suspended, cutOffAt, recoveryAddress, language };
      const record = { ...stays, recoveryCodes: [], appPasswords: kept };
      return { record, result: true };
    },
    (done) => (done ? { actor, action: 'account.factors-reset', detail: { appPasswords } } : undefined),
  );
  if (wasEnrolled) await endBrowsers(context, account);
  return wasEnrolled;
}

/** Ends what an account has in browsers: sessions, trust, codes and challenges. Returns how many there were. */
export async function endBrowsers(context: Pick<PolicyContext, 'store'>, { name }: Account): Promise<number> {
  return context.store.ephemeral.endAll(name, BROWSER_KINDS);
}

const BROWSER_KINDS: readonly EphemeralKind[] = [
  'browser-session',
  'trusted-browser',
  'one-time-code',
  'passkey-challenge',
  'set-up-link',
  'shown-once',
];

const WITHOUT = {
  totp: { totp: undefined, pendingTotp: undefined },
  email: { emailFactor: undefined },
  passkey: { passkeys: undefined },
} as const satisfies Record<FactorKind, Partial<AccountRecord>>;

const METHOD_WORDS = {
  totp: 'authenticator apps',
  email: 'codes by email',
  passkey: 'passkeys',
} as const satisfies Record<FactorKind, string>;
