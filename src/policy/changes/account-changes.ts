/**
 * What the functions that show and change policy share: their tools, and one way to change an account, write it down
 * and tell its owner.
 */

import { Fault } from '#core/fault.ts';
import { addressesFor, notifiableAction } from './notices.ts';

import type { Account } from '#core/identity.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { AccountNotice } from './notices.ts';
import type { AuditAction, AuditEntry } from '#policy/ports/audit.ts';
import type { Store } from '#policy/ports/store.ts';
import { type AccountRecord, EMPTY_ACCOUNT } from '#policy/ports/records.ts';

/** Handed as first argument to each function; made once by whoever starts the program. */
export interface PolicyContext {
  readonly store: Store;
  readonly keyring: Keyring;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The service's name in an authenticator app. */
  readonly issuer: string;
  /** App passwords that one account may hold. */
  readonly maxAppPasswords: number;
  /** Takes what the owner of an account is to be told, and returns at once. Absent where no mail is sent. */
  readonly notify?: ((notice: AccountNotice) => void) | undefined;
}

/** App passwords that one account may hold, where nobody says otherwise. */
export const DEFAULT_MAX_APP_PASSWORDS = 50;
/** The most that anybody may let it hold: each costs room in a record that every login reads. */
export const MAX_APP_PASSWORDS = 1000;

/** What one step makes of an account: a record to write (undefined: leave it) and a result, or the reason why not. */
export type Changed<T> = { readonly record: AccountRecord | undefined; readonly result: T } | Fault;

/** What is written down about a change. `detail` never holds a secret. */
export interface AccountEntry {
  readonly actor: string;
  readonly action: AuditAction;
  readonly detail?: AuditEntry['detail'];
}

/**
 * Changes an account in one atomic step and returns the step's result; throws the Fault that it returns.
 * `change` is pure and may run several times, so chance and time are taken before it.
 */
export async function changeAccount<T>(
  context: Pick<PolicyContext, 'store'>,
  account: Account,
  change: (current: AccountRecord) => Changed<T>,
): Promise<T> {
  return (await changeRecord(context, account, change)).result;
}

/**
 * Changes an account as changeAccount does, then writes it down and tells its owner: at the recovery address, and where
 * the change replaces that, at the old one too. `entryOf` gives undefined when nothing has happened.
 */
export async function changeAndNotify<T>(
  context: PolicyContext,
  account: Account,
  change: (current: AccountRecord) => Changed<T>,
  entryOf: (result: T) => AccountEntry | undefined,
): Promise<T> {
  const { before, after, result } = await changeRecord(context, account, change);
  const entry = entryOf(result);
  if (entry === undefined) return result;
  await auditAccount(context, account, entry);
  const action = notifiableAction(entry.action);
  const to = action === undefined ? [] : addressesFor(action, account, [before, after]);
  const language = after.language ?? before.language;
  if (action !== undefined && to.length > 0) {
    context.notify?.({ ...entry, action, account, at: context.clock(), to, language });
  }
  return result;
}

/** Writes down who did what to an account. */
export async function auditAccount(
  context: Pick<PolicyContext, 'store' | 'clock'>,
  account: Account,
  { actor, action, detail = {} }: AccountEntry,
): Promise<void> {
  const at = context.clock();
  await context.store.appendAudit({ at, actor, action, domain: account.domain, account: account.name, detail });
}

/** A step that was made, with the records before and after it. */
interface Step<T> {
  readonly before: AccountRecord;
  readonly after: AccountRecord;
  readonly result: T;
}

async function changeRecord<T>(
  context: Pick<PolicyContext, 'store'>,
  account: Account,
  change: (current: AccountRecord) => Changed<T>,
): Promise<Step<T>> {
  const outcome = await context.store.updateAccount<Step<T> | Fault>(account, (current) => {
    const before = current ?? EMPTY_ACCOUNT;
    const changed = change(before);
    if (changed instanceof Fault) return { record: undefined, result: changed };
    const { record, result } = changed;
    return { record, result: { before, after: record ?? before, result } };
  });
  if (outcome instanceof Fault) throw outcome;
  return outcome;
}
