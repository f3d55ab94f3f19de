/**
 * What the owner of an account is told by mail when something about its two-step authentication changes, and where to.
 * Pure; the words are mail's, the sending is whoever starts the program's.
 */

import type { Account } from '#core/identity.ts';
import type { AuditAction, AuditEntry } from '#policy/ports/audit.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

/** Something that the owner of an account is to be told. Holds no secret. */
export interface AccountNotice {
  readonly account: Account;
  readonly action: ToldAction | 'browser.signed-in';
  /** Who did it: the account itself, an admin's account, `cli:<real user>`. */
  readonly actor: string;
  readonly at: number;
  readonly detail?: AuditEntry['detail'] | undefined;
  /** One mail to each of these. */
  readonly to: readonly string[];
  /** The language that the owner reads, where it is known. */
  readonly language: string | undefined;
}

/** Told to the recovery address. */
const TOLD = [
  'account.enrolled',
  'account.unenrolled',
  'account.factor-removed',
  'account.factors-reset',
  'account.recovery-address-changed',
  'account.recovery-code-used',
  'account.recovery-codes-renewed',
  'app-password.added',
  'app-password.reset',
  'app-password.revoked',
] as const satisfies readonly AuditAction[];

/** A change that owners are told of. */
export type ToldAction = (typeof TOLD)[number];

/** Told to the mailbox as well: somebody else did it, and its owner has to do something about it. */
const TOLD_TO_THE_MAILBOX: ReadonlySet<AuditAction> = new Set<AuditAction>(['account.factors-reset']);

/** The action as one that owners are told of; undefined for the others. */
export function notifiableAction(action: AuditAction): ToldAction | undefined {
  return TOLD.find((told) => told === action);
}

/** Where a notice of this action goes: the recovery addresses before and after the change, each once. */
export function addressesFor(
  action: ToldAction,
  account: Account,
  records: readonly Pick<AccountRecord, 'recoveryAddress'>[],
): readonly string[] {
  const mailbox = TOLD_TO_THE_MAILBOX.has(action) ? [account.name] : [];
  return [...new Set([...records.flatMap(({ recoveryAddress }) => recoveryAddress ?? []), ...mailbox])];
}
