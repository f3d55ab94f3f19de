/**
 * Turns two-step authentication on for an account, replaces its authenticator, checks codes, and turns it off again.
 * Who may ask for that (the account itself with all its factors, an operator) is the caller's to decide.
 */

import { Fault } from '../core/fault.ts';
import { PROTOCOLS } from '../core/verdict.ts';
import { makeAppPassword } from './app-passwords.ts';
import { requireTwoStep } from './managed-app-passwords.ts';
import { makeRecoveryCodes } from './recovery-codes.ts';
import { auditAccount, changeAccount } from './tools.ts';
import { NO_STEP, matchCode, newTotp } from './totp.ts';

import type { Account } from '../core/identity.ts';
import type { Secret } from '../core/secret.ts';
import type { DomainPolicy } from './domain-policy.ts';
import type { AccountRecord, AppPasswordRecord } from './ports.ts';
import type { Changed, PolicyTools } from './tools.ts';
import type { CodeMatch, NewTotp } from './totp.ts';

export type Confirmation =
  /** Two-step is on. The app password works in all protocols; it and the codes are to be shown now. */
  | { readonly kind: 'enrolled'; readonly appPassword: Secret; readonly recoveryCodes: readonly Secret[] }
  /** The account was enrolled before and now uses the new authenticator; everything else stays. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'wrong-code' };

/** The name of the app password that enrolment makes. */
export const FIRST_APP_PASSWORD = 'Mail apps';

const PENDING_SECONDS = 1800;
const TOTP_RECORD_ID = 'totp';

/**
 * Makes an authenticator secret and keeps it, sealed, for thirty minutes; a second begin replaces the first.
 * NOT_ALLOWED where the domain has two-step turned off or does not permit authenticator apps.
 */
export async function beginTotp(tools: PolicyTools, account: Account): Promise<NewTotp> {
  const now = tools.clock();
  await requireTotp(tools, account, now);
  const fresh = newTotp(tools.issuer, account.name);
  const pendingTotp = { sealedSecret: tools.keyring.seal(fresh.secret, bindingOf(account)), startedAt: now };
  await changeAccount(tools, account, (current) => ({ record: { ...current, pendingTotp }, result: undefined }));
  return fresh;
}

/**
 * Ends what beginTotp began, with a code of the new authenticator. An account that was not enrolled is now: it gets its
 * first app password and ten recovery codes, and its sessions that the ordinary password opened are closed.
 * NOT_ALLOWED when nothing was begun within thirty minutes, or the domain has changed its mind.
 */
export async function confirmTotp(
  tools: PolicyTools,
  actor: string,
  account: Account,
  code: Secret,
): Promise<Confirmation> {
  const now = tools.clock();
  const policy = await requireTotp(tools, account, now);
  const start = makeStart(tools, account, policy, now);
  const confirmation = await changeAccount(tools, account, (current) =>
    confirmed(tools, current, { account, code, now, start }),
  );
  if (confirmation.kind !== 'wrong-code') {
    const detail = { factor: 'totp', was: confirmation.kind };
    await auditAccount(tools, account, { actor, action: 'account.enrolled', detail });
  }
  return confirmation;
}

/**
 * Checks a code of the enrolled authenticator and uses it up: of two attempts with one code, or with codes of one
 * 30-second step, one is right. NOT_ALLOWED when the account has no authenticator.
 */
export async function consumeTotpCode(tools: PolicyTools, account: Account, code: Secret): Promise<CodeMatch> {
  const now = tools.clock();
  return changeAccount<CodeMatch>(tools, account, (current) => {
    const { totp } = current;
    if (totp === undefined) return new Fault('NOT_ALLOWED', 'the account has no authenticator app');
    const match = matchCode(tools.keyring.open(totp.sealedSecret, bindingOf(account)), code, now, totp.lastStep);
    if (match.kind !== 'right') return { record: undefined, result: match };
    return { record: { ...current, totp: { ...totp, lastStep: match.step } }, result: match };
  });
}

/**
 * Turns two-step off: factors, recovery codes and app passwords are gone, and what they opened is closed. A suspension
 * stays. False when the account was not enrolled.
 */
export async function unenrolAccount(tools: PolicyTools, actor: string, account: Account): Promise<boolean> {
  const wasEnrolled = await changeAccount(tools, account, ({ enrolledAt, suspended, cutOffAt }) => {
    if (enrolledAt === undefined) return { record: undefined, result: false };
    return { record: { recoveryCodes: [], appPasswords: [], suspended, cutOffAt }, result: true };
  });
  if (wasEnrolled) await auditAccount(tools, account, { actor, action: 'account.unenrolled' });
  return wasEnrolled;
}

/** What a first enrolment gives, made before the change because a change may run several times. */
interface Start {
  readonly appPassword: { readonly record: AppPasswordRecord; readonly secret: Secret };
  readonly recoveryCodes: ReturnType<typeof makeRecoveryCodes>;
}

function makeStart(tools: PolicyTools, account: Account, policy: DomainPolicy, now: number): Start {
  const revealable = policy.reveal === 'always';
  const terms = { account: account.name, name: FIRST_APP_PASSWORD, scopes: PROTOCOLS, revealable };
  return {
    appPassword: makeAppPassword(tools.keyring, terms, now),
    recoveryCodes: makeRecoveryCodes(tools.keyring, account.name),
  };
}

function confirmed(
  tools: PolicyTools,
  current: AccountRecord,
  asked: { readonly account: Account; readonly code: Secret; readonly now: number; readonly start: Start },
): Changed<Confirmation> {
  const { account, code, now, start } = asked;
  const { pendingTotp: pending, ...rest } = current;
  if (pending === undefined || now - pending.startedAt > PENDING_SECONDS * 1000) {
    return new Fault('NOT_ALLOWED', 'no enrolment was begun in the last thirty minutes');
  }
  const match = matchCode(tools.keyring.open(pending.sealedSecret, bindingOf(account)), code, now, NO_STEP);
  if (match.kind !== 'right') return { record: undefined, result: { kind: 'wrong-code' } };

  const totp = { sealedSecret: pending.sealedSecret, confirmedAt: now, lastStep: match.step };
  if (current.enrolledAt !== undefined) return { record: { ...rest, totp }, result: { kind: 'replaced' } };
  const { appPassword, recoveryCodes } = start;
  const fresh = { enrolledAt: now, cutOffAt: now, appPasswords: [appPassword.record] };
  return {
    record: { ...rest, ...fresh, totp, recoveryCodes: recoveryCodes.digests },
    result: { kind: 'enrolled', appPassword: appPassword.secret, recoveryCodes: recoveryCodes.codes },
  };
}

async function requireTotp(tools: PolicyTools, account: Account, now: number): Promise<DomainPolicy> {
  const policy = await requireTwoStep(tools, account, now);
  if (policy.methods.includes('totp')) return policy;
  throw new Fault('NOT_ALLOWED', `${account.domain} does not permit authenticator apps`);
}

function bindingOf(account: Account): { readonly account: string; readonly recordId: string } {
  return { account: account.name, recordId: TOTP_RECORD_ID };
}
