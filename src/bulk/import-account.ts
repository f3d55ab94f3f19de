/**
 * One line of an import about an account. With a recovery address it enrols the account: the operator vouches that the
 * address is its owner's, and codes go there from then on. What an account has once it has enrolled is its owner's: a
 * line changes nothing of it but a suspension, so that an import may be run again without bringing back what was
 * revoked.
 *
 * App passwords are made sealed where the domain shows them always: their owners read them in the portal. Where it shows
 * them once, they are made only when somebody takes them; recovery codes likewise.
 */

import { Fault } from '#core/fault.ts';
import { canonicalAccount, type Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import { APP_PASSWORD_SCOPES } from '#core/protocols.ts';
import { makeAppPassword } from '#policy/secrets/app-password.ts';
import { policyAt, type DomainPolicy } from '#policy/rules/domain-policy.ts';
import { endBrowsers, FIRST_APP_PASSWORD } from '#policy/factors/factors.ts';
import { checkedName, expiryAllowed } from '#policy/app-passwords/app-passwords.ts';
import { checkRecoveryAddress } from '#policy/factors/recovery-address.ts';
import { makeRecoveryCodes } from '#policy/factors/recovery-codes.ts';
import { auditAccount, changeAccount } from '#policy/changes/account-changes.ts';
import type { AccountEntry } from './entries.ts';
import type { ImportWork, Outcome } from './work.ts';
import { type AccountRecord, type AppPasswordRecord, EMPTY_ACCOUNT } from '#policy/ports/records.ts';

/** What enrolling would write, and the secrets it is made of. */
interface Enrolment {
  readonly parts: Partial<AccountRecord> & { readonly recoveryAddress: string };
  readonly appPasswords: readonly { readonly record: AppPasswordRecord; readonly secret: Secret }[];
  readonly recoveryCodes: readonly Secret[];
}

/** What a line makes of a record. */
interface Step {
  readonly created: boolean;
  readonly enrolled: boolean;
  readonly suspension: 'account.suspended' | 'account.resumed' | undefined;
  /** The recovery address that stays, where the line names another one. */
  readonly keptAddress: boolean;
}

const WHY_NOT_ADDRESS = {
  malformed: 'recoveryAddress is not a mail address',
  'same-mailbox': 'recoveryAddress is the mailbox itself: who loses one loses the other',
} as const;

/** Does what the line says. USAGE or NOT_ALLOWED, with the reason, when it cannot be done: nothing is written then. */
export async function importAccount(work: ImportWork, entry: AccountEntry): Promise<Outcome> {
  const account = accountOf(work, entry.account);
  const { recoveryAddress, appPasswords, suspended } = entry;
  if (recoveryAddress === undefined && appPasswords !== undefined) {
    throw new Fault('USAGE', 'appPasswords come with enrolling, which needs a recoveryAddress');
  }
  if (recoveryAddress === undefined && suspended === undefined) {
    throw new Fault('USAGE', 'it says nothing about the account: name a recoveryAddress to enrol it, or suspended');
  }
  const now = work.context.clock();
  const enrolment = recoveryAddress === undefined ? undefined : await prepare(work, account, entry, now);
  const suspension = suspended === true ? { at: now, by: work.actor } : undefined;
  const change = (current: AccountRecord) => changed(current, { enrolment, suspended, suspension });
  if (work.dryRun) {
    const { record: before } = await work.context.store.lookupAccount(account);
    return outcomeOf({ ...change(before ?? EMPTY_ACCOUNT).result, created: before === undefined }, account);
  }
  const step = await apply(work, account, change);
  await settle(work, account, step, enrolment);
  return outcomeOf(step, account);
}

/** The canonical account of a line. USAGE when its name can be none. */
function accountOf(work: ImportWork, typed: string): Account {
  const identity = canonicalAccount(typed, work.rules);
  if (identity.kind === 'account') return identity.account;
  throw new Fault('USAGE', `"${typed}" is no account: write it like alice@example.org`);
}

async function prepare(work: ImportWork, account: Account, entry: AccountEntry, now: number): Promise<Enrolment> {
  const policy = policyAt(await work.domain(account.domain), now);
  const recoveryAddress = permittedAddress(work, account, policy, entry.recoveryAddress ?? '');
  const names = permittedNames(work, policy, entry.appPasswords ?? [FIRST_APP_PASSWORD]);
  const terms = {
    account: account.name,
    scopes: APP_PASSWORD_SCOPES,
    expiresAt: expiryAllowed(policy, now),
    revealable: policy.reveal === 'always',
  };
  const appPasswords = names.map((name) => makeAppPassword(work.context.keyring, { ...terms, name }, now));
  const recovery =
    work.secrets === undefined ? { codes: [], digests: [] } : makeRecoveryCodes(work.context.keyring, account.name);
  const parts = {
    enrolledAt: now,
    cutOffAt: now,
    recoveryAddress,
    emailFactor: { confirmedAt: now },
    appPasswords: appPasswords.map(({ record }) => record),
    recoveryCodes: recovery.digests,
  };
  return { parts, appPasswords, recoveryCodes: recovery.codes };
}

function permittedAddress(work: ImportWork, account: Account, policy: DomainPolicy, typed: string): string {
  if (policy.mode === 'disabled') {
    throw new Fault('NOT_ALLOWED', `two-step is off for ${account.domain}: give the domain a mode first`);
  }
  if (!policy.methods.includes('email')) {
    throw new Fault('NOT_ALLOWED', `${account.domain} does not permit codes by email, which this would enrol with`);
  }
  const check = checkRecoveryAddress(account, typed, work.rules);
  if (check.kind === 'fit') return check.address;
  throw new Fault('USAGE', WHY_NOT_ADDRESS[check.kind]);
}

function permittedNames(work: ImportWork, policy: DomainPolicy, typed: readonly string[]): readonly string[] {
  const names = typed.map((name) => checkedName(name));
  const limit = Math.min(work.context.maxAppPasswords, policy.maxAppPasswords ?? work.context.maxAppPasswords);
  if (new Set(names).size < names.length) throw new Fault('USAGE', 'appPasswords names one twice');
  if (names.length > limit) throw new Fault('NOT_ALLOWED', `an account may hold ${limit} app passwords`);
  if (names.length > 0 && policy.reveal === 'once' && work.secrets === undefined) {
    throw new Fault('NOT_ALLOWED', 'its domain shows app passwords once: name a file for them with --secrets');
  }
  return names;
}

interface Wanted {
  readonly enrolment: Enrolment | undefined;
  readonly suspended: boolean | undefined;
  readonly suspension: AccountRecord['suspended'];
}

function changed(current: AccountRecord, { enrolment, suspended, suspension }: Wanted) {
  const enrolled = enrolment !== undefined && current.enrolledAt === undefined;
  const keptAddress =
    enrolment !== undefined && !enrolled && current.recoveryAddress !== enrolment.parts.recoveryAddress;
  const differs = suspended !== undefined && suspended !== (current.suspended !== undefined);
  const step: Omit<Step, 'created'> = {
    enrolled,
    keptAddress,
    suspension: differs ? (suspended ? 'account.suspended' : 'account.resumed') : undefined,
  };
  if (!enrolled && !differs) return { record: undefined, result: step };
  const parts = { ...(enrolled ? enrolment.parts : {}), ...(differs ? { suspended: suspension } : {}) };
  return { record: { ...current, ...parts }, result: step };
}

function apply(
  { context }: ImportWork,
  account: Account,
  change: (current: AccountRecord) => ReturnType<typeof changed>,
): Promise<Step> {
  return changeAccount(context, account, (current) => {
    const { record, result } = change(current);
    return { record, result: { ...result, created: current === EMPTY_ACCOUNT } };
  });
}

// The secrets first: after a crash the audit can be done without, a password that nobody has cannot.
async function settle(work: ImportWork, account: Account, step: Step, enrolment: Enrolment | undefined): Promise<void> {
  const { context, actor } = work;
  if (step.enrolled && enrolment !== undefined) {
    const appPasswords = enrolment.appPasswords.map(({ record: { name }, secret }) => ({
      name,
      secret: secret.expose(),
    }));
    const recoveryCodes = enrolment.recoveryCodes.map((code) => code.expose());
    work.secrets?.({ account: account.name, appPasswords, recoveryCodes });
    const detail = { factor: 'email', was: 'enrolled', by: 'import' };
    await auditAccount(context, account, { actor, action: 'account.enrolled', detail });
  }
  if (step.suspension !== undefined) await auditAccount(context, account, { actor, action: step.suspension });
  if (step.enrolled || step.suspension === 'account.suspended') await endBrowsers(context, account);
}

function outcomeOf({ created, enrolled, suspension, keptAddress }: Step, { name }: Account): Outcome {
  if (enrolled || suspension !== undefined) return { kind: created ? 'created' : 'changed' };
  if (!keptAddress) return { kind: 'unchanged' };
  return { kind: 'kept', note: `${name} has enrolled before: its recovery address stays as its owner has it` };
}
