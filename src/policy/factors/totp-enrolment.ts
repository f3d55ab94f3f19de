/**
 * Authenticator apps: sets one up for an account, replaces it, checks its codes. The first factor of an account turns
 * two-step authentication on, see factors.ts. Who may ask for that (the account itself with all its factors, an operator) is the caller's to decide.
 */

import { Fault } from '#core/fault.ts';
import { endBrowsers, factorsOf, makeStart, requireMethod, withFactor } from './factors.ts';
import { changeAccount, changeAndNotify } from '#policy/changes/account-changes.ts';
import { NO_STEP, matchCode, newTotp, totpOf } from '#policy/secrets/totp.ts';

import type { Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { FactorAdded, Start } from './factors.ts';
import type { Changed, PolicyContext } from '#policy/changes/account-changes.ts';
import type { CodeMatch, NewTotp } from '#policy/secrets/totp.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

export type Confirmation = FactorAdded | { readonly kind: 'wrong-code' };

const PENDING_SECONDS = 1800;
const TOTP_RECORD_ID = 'totp';

/**
 * Makes an authenticator secret and keeps it, sealed, for thirty minutes; a second begin replaces the first.
 * NOT_ALLOWED where the domain has two-step turned off or does not permit authenticator apps.
 */
export async function beginTotp(context: PolicyContext, account: Account): Promise<NewTotp> {
  const now = context.clock();
  await requireMethod(context, account, 'totp', now);
  const fresh = newTotp(context.issuer, account.name);
  const begun = { sealedSecret: context.keyring.seal(fresh.secret, bindingOf(account)), startedAt: now };
  await changeAccount(context, account, (current) => {
    const pendingTotp = factorsOf(current).length === 0 ? ({ ...begun, first: true } as const) : begun;
    return { record: { ...current, pendingTotp }, result: undefined };
  });
  return fresh;
}

/** What beginTotp has begun for the account with this record, to show it again; undefined when that is too long ago. */
export function pendingTotpOf(context: PolicyContext, account: Account, record: AccountRecord): NewTotp | undefined {
  const { pendingTotp: pending } = record;
  if (pending === undefined || context.clock() - pending.startedAt > PENDING_SECONDS * 1000) return undefined;
  return totpOf(context.issuer, account.name, context.keyring.open(pending.sealedSecret, bindingOf(account)));
}

/**
 * Ends what beginTotp began, with a code of the new authenticator. An account that was not enrolled is now: it gets its
 * first app password and ten recovery codes, and its sessions that the ordinary password opened are closed.
 * NOT_ALLOWED when nothing was begun within thirty minutes, the account got another factor meanwhile that the beginning
 * did not prove, or the domain has changed its mind.
 */
export async function confirmTotp(
  context: PolicyContext,
  actor: string,
  account: Account,
  code: Secret,
): Promise<Confirmation> {
  const now = context.clock();
  const policy = await requireMethod(context, account, 'totp', now);
  const start = makeStart(context, account, policy, now);
  const confirmation = await changeAndNotify<Confirmation>(
    context,
    account,
    (current) => confirmed(context, current, { account, code, start }),
    ({ kind }) =>
      kind === 'wrong-code' ? undefined : { actor, action: 'account.enrolled', detail: { factor: 'totp', was: kind } },
  );
  if (confirmation.kind !== 'wrong-code') await endBrowsers(context, account);
  return confirmation;
}

/**
 * Checks a code of the enrolled authenticator and uses it up: of two attempts with one code, or with codes of one
 * 30-second step, one is right. NOT_ALLOWED when the account has no authenticator.
 */
export async function consumeTotpCode(context: PolicyContext, account: Account, code: Secret): Promise<CodeMatch> {
  const now = context.clock();
  return changeAccount<CodeMatch>(context, account, (current) => {
    const { totp } = current;
    if (totp === undefined) return new Fault('NOT_ALLOWED', 'the account has no authenticator app');
    const match = matchCode(context.keyring.open(totp.sealedSecret, bindingOf(account)), code, now, totp.lastStep);
    if (match.kind !== 'right') return { record: undefined, result: match };
    return { record: { ...current, totp: { ...totp, lastStep: match.step } }, result: match };
  });
}

function confirmed(
  context: PolicyContext,
  current: AccountRecord,
  asked: { readonly account: Account; readonly code: Secret; readonly start: Start },
): Changed<Confirmation> {
  const { account, code, start } = asked;
  const { pendingTotp: pending, ...rest } = current;
  if (pending === undefined || start.now - pending.startedAt > PENDING_SECONDS * 1000) {
    return new Fault('NOT_ALLOWED', 'no enrolment was begun in the last thirty minutes');
  }
  if (pending.first === true && factorsOf(current).length > 0) {
    return new Fault('NOT_ALLOWED', 'the account has got another factor meanwhile: begin again');
  }
  const match = matchCode(context.keyring.open(pending.sealedSecret, bindingOf(account)), code, start.now, NO_STEP);
  if (match.kind !== 'right') return { record: undefined, result: { kind: 'wrong-code' } };
  const totp = { sealedSecret: pending.sealedSecret, confirmedAt: start.now, lastStep: match.step };
  return withFactor(rest, { kind: 'totp', parts: { totp } }, start);
}

function bindingOf(account: Account): { readonly account: string; readonly recordId: string } {
  return { account: account.name, recordId: TOTP_RECORD_ID };
}
