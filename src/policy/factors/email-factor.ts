/** The recovery address as a second factor: a code to it at sign-in, and again before a change. */

import { Fault } from '#core/fault.ts';
import { checkEmailedCode, makeEmailedCode } from './emailed-code.ts';

import type { Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { CodeCheck, MadeCode } from './emailed-code.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

/** A code for the second step in one browser session. */
export interface FactorCodeBinding {
  readonly session: string;
  readonly purpose: 'sign-in' | 'step-up';
  readonly account: Account;
}

/** Makes a code to be mailed to the recovery address. NOT_ALLOWED when that is no factor of the account. */
export async function makeFactorCode(context: PolicyContext, binding: FactorCodeBinding): Promise<MadeCode> {
  return makeEmailedCode(context, binding, await factorAddress(context, binding.account));
}

/** Checks a code and uses it up. One that was sent to an address which is no longer the factor is `over`. */
export async function checkFactorCode(
  context: PolicyContext,
  binding: FactorCodeBinding,
  typed: Secret,
): Promise<CodeCheck> {
  const address = await factorAddress(context, binding.account);
  const checked = await checkEmailedCode(context, binding, typed);
  return checked.kind === 'right' && checked.address !== address ? { kind: 'over' } : checked;
}

async function factorAddress({ store }: PolicyContext, account: Account): Promise<string> {
  const { record } = await store.lookupAccount(account);
  if (record?.emailFactor !== undefined && record.recoveryAddress !== undefined) return record.recoveryAddress;
  throw new Fault('NOT_ALLOWED', 'the account gets no codes by email');
}
