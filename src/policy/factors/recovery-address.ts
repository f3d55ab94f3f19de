/**
 * The recovery address of an account: where notices go, and codes when it is a factor. It is asked for at set-up, must
 * be shown to arrive by a code, and is never the mailbox itself, however that is spelled: who holds the mailbox would
 * hold the second factor, and who is locked out of it would get no notice.
 */

import { Fault } from '#core/fault.ts';
import { canonicalAccount } from '#core/identity.ts';
import { checkEmailedCode, makeEmailedCode } from './emailed-code.ts';
import { endBrowsers, factorsOf, makeStart, requireMethod, withFactor } from './factors.ts';
import { requireTwoStep } from '#policy/app-passwords/app-passwords.ts';
import { changeAndNotify } from '#policy/changes/account-changes.ts';

import type { Account, IdentityRules } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { CodeCheck, MadeCode } from './emailed-code.ts';
import type { FactorAdded } from './factors.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

export type AddressCheck =
  | { readonly kind: 'fit'; readonly address: string }
  /** Not the form of a mail address. */
  | { readonly kind: 'malformed' }
  /** The mailbox itself, or another spelling of it. */
  | { readonly kind: 'same-mailbox' };

export type AddressOutcome =
  | { readonly kind: 'set' }
  /** As a factor. */
  | FactorAdded
  | Exclude<CodeCheck, { readonly kind: 'right' }>;

/** Whose address, in which browser session, and whether codes at sign-in are to go to it. */
export interface AddressBinding {
  readonly session: string;
  readonly account: Account;
  readonly as: 'notices-only' | 'factor';
}

// What another provider makes of a local part is its own affair: it is kept as it was typed.
const FOREIGN: IdentityRules = { localPart: 'as-is', subaddressDelimiter: '', masterUserSeparator: '' };

/** Judges a typed address. `rules` are those by which the account's own name was made canonical. */
export function checkRecoveryAddress(account: Account, typed: string, rules: IdentityRules): AddressCheck {
  const found = typed.includes('@') ? canonicalAccount(typed.trim(), FOREIGN) : undefined;
  if (found?.kind !== 'account' || !found.account.domain.includes('.')) return { kind: 'malformed' };
  const { name: address, local, domain } = found.account;
  const canonical = canonicalAccount(address, rules);
  if (canonical.kind === 'account' && canonical.account.name === account.name) return { kind: 'same-mailbox' };
  const same = domain === account.domain && plainest(local) === plainest(account.local);
  return same ? { kind: 'same-mailbox' } : { kind: 'fit', address };
}

/**
 * Makes a code for the address, to be mailed to it. NOT_ALLOWED where the domain has two-step turned off, or does not
 * permit codes by email while a factor is wanted; USAGE when the address does not fit.
 */
export async function beginRecoveryAddress(
  context: PolicyContext,
  binding: AddressBinding,
  typed: string,
  rules: IdentityRules,
): Promise<MadeCode> {
  const { account } = binding;
  await policyFor(context, binding);
  const checked = checkRecoveryAddress(account, typed, rules);
  if (checked.kind !== 'fit') throw new Fault('USAGE', `this cannot be the recovery address: ${checked.kind}`);
  const { record } = await context.store.lookupAccount(account);
  return makeEmailedCode(context, codeBinding(binding, record), checked.address);
}

/**
 * Ends what beginRecoveryAddress began. The address is the account's from now on; as a factor it turns two-step on or is
 * one more. An email factor that the account has already moves to the new address. NOT_ALLOWED when the account got
 * another factor meanwhile that the beginning did not prove.
 */
export async function confirmRecoveryAddress(
  context: PolicyContext,
  actor: string,
  binding: AddressBinding,
  code: Secret,
): Promise<AddressOutcome> {
  const { account } = binding;
  const policy = await policyFor(context, binding);
  const before = (await context.store.lookupAccount(account)).record;
  const checked = await checkEmailedCode(context, codeBinding(binding, before), code);
  if (checked.kind !== 'right') return checked;
  const start = makeStart(context, account, policy, context.clock());
  const first = hasNoFactor(before);
  const outcome = await changeAndNotify<FactorAdded | { readonly kind: 'set' }>(
    context,
    account,
    (current) => {
      if (first !== hasNoFactor(current)) return new Fault('NOT_ALLOWED', 'the account has changed: begin again');
      const { address: recoveryAddress } = checked;
      const emailFactor = { confirmedAt: start.now };
      if (binding.as === 'factor') {
        return withFactor(current, { kind: 'email', parts: { recoveryAddress, emailFactor } }, start);
      }
      const moved = current.emailFactor === undefined ? {} : { emailFactor };
      return { record: { ...current, recoveryAddress, ...moved }, result: { kind: 'set' } };
    },
    ({ kind }) =>
      kind === 'set'
        ? { actor, action: 'account.recovery-address-changed' }
        : { actor, action: 'account.enrolled', detail: { factor: 'email', was: kind } },
  );
  if (outcome.kind !== 'set' || before?.emailFactor !== undefined) await endBrowsers(context, account);
  return outcome;
}

function policyFor(context: PolicyContext, { account, as }: AddressBinding) {
  const now = context.clock();
  return as === 'factor' ? requireMethod(context, account, 'email', now) : requireTwoStep(context, account, now);
}

// A code that was asked for with the password alone is worth nothing once the account has a factor.
function codeBinding({ session, account, as }: AddressBinding, record: AccountRecord | undefined) {
  const stage = hasNoFactor(record) ? 'first' : 'further';
  const purpose = as === 'factor' ? 'email-factor' : 'recovery-address';
  return { session: `${session} ${stage}`, purpose, account } as const;
}

function hasNoFactor(record: AccountRecord | undefined): boolean {
  return record === undefined || factorsOf(record).length === 0;
}

// The spellings that mail servers commonly take for one mailbox: any case, anything behind a plus, wide letters.
function plainest(local: string): string {
  const cased = local.normalize('NFKC').toLowerCase();
  const plus = cased.indexOf('+', 1);
  return plus < 0 ? cased : cased.slice(0, plus);
}
