/** What the functions that show and change policy share: their tools, and one way to change an account and say so. */

import { Fault } from '../core/fault.ts';

import type { Account } from '../core/identity.ts';
import type { Keyring } from './keyring.ts';
import type { AccountRecord, AuditAction, AuditEntry, Store } from './ports.ts';

/** Handed as first argument to each function; made once by whoever starts the program. */
export interface PolicyTools {
  readonly store: Store;
  readonly keyring: Keyring;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The service's name in an authenticator app. */
  readonly issuer: string;
  /** App passwords that one account may hold. */
  readonly maxAppPasswords: number;
}

/** App passwords that one account may hold, where nobody says otherwise. */
export const DEFAULT_MAX_APP_PASSWORDS = 50;

/** The record of an account that nothing has been saved about. */
export const EMPTY_ACCOUNT: AccountRecord = { recoveryCodes: [], appPasswords: [] };

/** What one step makes of an account: a record to write (undefined: leave it) and a result, or the reason why not. */
export type Changed<T> = { readonly record: AccountRecord | undefined; readonly result: T } | Fault;

/**
 * Changes an account in one atomic step and returns the step's result; throws the Fault that it returns.
 * `change` is pure and may run several times, so chance and time are taken before it.
 */
export async function changeAccount<T>(
  tools: PolicyTools,
  account: Account,
  change: (current: AccountRecord) => Changed<T>,
): Promise<T> {
  const outcome = await tools.store.updateAccount<{ readonly done: T } | Fault>(account, (current) => {
    const changed = change(current ?? EMPTY_ACCOUNT);
    if (changed instanceof Fault) return { record: undefined, result: changed };
    return { record: changed.record, result: { done: changed.result } };
  });
  if (outcome instanceof Fault) throw outcome;
  return outcome.done;
}

/** Writes down who did what to an account. `detail` never holds a secret. */
export async function auditAccount(
  tools: Pick<PolicyTools, 'store' | 'clock'>,
  account: Account,
  entry: { readonly actor: string; readonly action: AuditAction; readonly detail?: AuditEntry['detail'] },
): Promise<void> {
  const { actor, action, detail = {} } = entry;
  const at = tools.clock();
  await tools.store.appendAudit({ at, actor, action, domain: account.domain, account: account.name, detail });
}
