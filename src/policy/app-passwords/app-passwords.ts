/**
 * What a user or an operator does with the app passwords of an account: add, list, rename, reveal, reset, revoke.
 * Each change is one atomic step and is audited. `ref` is an app password's id or its name.
 */

import { Fault } from '#core/fault.ts';
import { formatNetwork, parseNetwork } from '#core/network.ts';
import { isLive, makeAppPassword, resetAppPassword } from '#policy/secrets/app-password.ts';
import { policyAt } from '#policy/rules/domain-policy.ts';
import { auditAccount, changeAndNotify } from '#policy/changes/account-changes.ts';

import type { Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { AppPasswordScope } from '#core/protocols.ts';
import type { DomainPolicy } from '#policy/rules/domain-policy.ts';
import type { AccountEntry, Changed, PolicyContext } from '#policy/changes/account-changes.ts';
import type { AccountRecord, AppPasswordRecord, LastUse } from '#policy/ports/records.ts';

export interface AppPasswordRequest {
  /** The device or program, in the user's words: 1 to 64 characters, unlike the account's other names. */
  readonly name: string;
  readonly scopes: readonly AppPasswordScope[];
  /** Milliseconds since 1970, ahead of now. */
  readonly expiresAt?: number | undefined;
  /** CIDR blocks; absent: from everywhere. */
  readonly networks?: readonly string[] | undefined;
}

/** An app password as its owner may see it: neither digest nor sealed copy. */
export interface AppPasswordView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly AppPasswordScope[];
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly expired: boolean;
  readonly networks: readonly string[] | undefined;
  /** It can be shown again now. */
  readonly revealable: boolean;
  readonly lastUse: LastUse | undefined;
}

/** An app password that was just made or reset, with its secret to show. */
export interface FreshAppPassword {
  readonly appPassword: AppPasswordView;
  readonly secret: Secret;
}

const MAX_NAME_LENGTH = 64;
const DAY_MS = 86_400_000;

/**
 * Adds one to an enrolled account. NOT_ALLOWED when the account is not enrolled, the domain has two-step off or the
 * account holds as many as it may; USAGE when the request cannot be meant.
 */
export async function addAppPassword(
  context: PolicyContext,
  actor: string,
  account: Account,
  request: AppPasswordRequest,
): Promise<FreshAppPassword> {
  const now = context.clock();
  const policy = await requireTwoStep(context, account, now);
  const asked = withExpiry(checkedRequest(request, now), policy, now);
  const revealable = policy.reveal === 'always';
  const made = makeAppPassword(context.keyring, { account: account.name, ...asked, revealable }, now);
  const detail = { id: made.record.id, name: asked.name, scopes: asked.scopes.join(' ') };
  const limit = Math.min(context.maxAppPasswords, policy.maxAppPasswords ?? context.maxAppPasswords);
  await changeAndNotify(
    context,
    account,
    (current) => {
      const refusal = refusalOfOneMore(limit, current, asked.name);
      if (refusal !== undefined) return refusal;
      return { record: { ...current, appPasswords: [...current.appPasswords, made.record] }, result: undefined };
    },
    () => ({ actor, action: 'app-password.added', detail }),
  );
  return { appPassword: viewOf(made.record, { policy, now, lastUse: undefined }), secret: made.secret };
}

/** All app passwords of an account in the order they were made, each with its last use. */
export async function listAppPasswords(context: PolicyContext, account: Account): Promise<readonly AppPasswordView[]> {
  const [{ record }, domain, lastUses] = await Promise.all([
    context.store.lookupAccount(account),
    context.store.lookupDomain(account.domain),
    context.store.lookupLastUses(account),
  ]);
  const now = context.clock();
  const policy = policyAt(domain.record, now);
  return (record?.appPasswords ?? []).map((one) => viewOf(one, { policy, now, lastUse: lastUses.get(one.id) }));
}

/**
 * The secret again. Audited before it is shown, so that none is seen unseen. NOT_ALLOWED when the domain shows app
 * passwords once or no copy was kept; NOT_FOUND when there is no such app password.
 */
export async function revealAppPassword(
  context: PolicyContext,
  actor: string,
  account: Account,
  ref: string,
): Promise<Secret> {
  const [{ record }, domain] = await Promise.all([
    context.store.lookupAccount(account),
    context.store.lookupDomain(account.domain),
  ]);
  const found = find(record?.appPasswords ?? [], ref);
  if (found instanceof Fault) throw found;
  if (policyAt(domain.record, context.clock()).reveal === 'once' || found.sealed === undefined) {
    throw new Fault('NOT_ALLOWED', 'this app password was shown once and cannot be shown again; reset it instead');
  }
  const secret = context.keyring.open(found.sealed, { account: account.name, recordId: found.id });
  const detail = { id: found.id, name: found.name };
  await auditAccount(context, account, { actor, action: 'app-password.revealed', detail });
  return secret;
}

/**
 * Gives it a new secret; the sessions that the old one opened are closed. NOT_FOUND when there is none, NOT_ALLOWED
 * when it has expired.
 */
export async function resetAppPasswordOf(
  context: PolicyContext,
  actor: string,
  account: Account,
  ref: string,
): Promise<FreshAppPassword> {
  const now = context.clock();
  const policy = policyAt((await context.store.lookupDomain(account.domain)).record, now);
  const terms = { account: account.name, revealable: policy.reveal === 'always' };
  const fresh = await changeOne(context, account, ref, {
    change: (one) => {
      if (!isLive(one, now)) return new Fault('NOT_ALLOWED', `"${one.name}" has expired; add a new app password`);
      const reset = resetAppPassword(context.keyring, one, terms);
      return { kept: reset.record, result: reset };
    },
    entryOf: ({ record: { id, name } }) => ({ actor, action: 'app-password.reset', detail: { id, name } }),
  });
  return { appPassword: viewOf(fresh.record, { policy, now, lastUse: undefined }), secret: fresh.secret };
}

/** Ends it for good; the sessions that it opened are closed. NOT_FOUND when there is none. */
export async function revokeAppPassword(
  context: PolicyContext,
  actor: string,
  account: Account,
  ref: string,
): Promise<void> {
  await changeOne(context, account, ref, {
    change: (one) => ({ kept: undefined, result: one }),
    entryOf: ({ id, name }) => ({ actor, action: 'app-password.revoked', detail: { id, name } }),
  });
}

/** Gives it another name. NOT_FOUND when there is none, USAGE when the name is taken or no name. */
export async function renameAppPassword(
  context: PolicyContext,
  actor: string,
  account: Account,
  change: { readonly ref: string; readonly name: string },
): Promise<void> {
  const name = checkedName(change.name);
  await changeOne(context, account, change.ref, {
    change: (one, others) => {
      if (others.some((other) => other.name === name)) return nameTaken(name);
      return { kept: { ...one, name }, result: one };
    },
    entryOf: ({ id, name: formerName }) => ({
      actor,
      action: 'app-password.renamed',
      detail: { id, name, formerName },
    }),
  });
}

/** The view of one app password under the domain's policy at the time `now`. */
export function viewOf(
  record: AppPasswordRecord,
  around: { readonly policy: DomainPolicy; readonly now: number; readonly lastUse: LastUse | undefined },
): AppPasswordView {
  const { id, name, scopes, createdAt, expiresAt, networks, sealed } = record;
  const expired = !isLive(record, around.now);
  const revealable = sealed !== undefined && around.policy.reveal === 'always';
  return { id, name, scopes, createdAt, expiresAt, expired, networks, revealable, lastUse: around.lastUse };
}

/** The domain's policy, or NOT_ALLOWED where two-step authentication is turned off. */
export async function requireTwoStep(context: PolicyContext, account: Account, now: number): Promise<DomainPolicy> {
  const policy = policyAt((await context.store.lookupDomain(account.domain)).record, now);
  if (policy.mode !== 'disabled') return policy;
  throw new Fault('NOT_ALLOWED', `two-step authentication is turned off for ${account.domain}`);
}

type OneChanged<T> = { readonly kept: AppPasswordRecord | undefined; readonly result: T } | Fault;

interface OneStep<T> {
  readonly change: (one: AppPasswordRecord, others: readonly AppPasswordRecord[]) => OneChanged<T>;
  /** What is written down about it. */
  readonly entryOf: (result: T) => AccountEntry;
}

/** Replaces (or, `kept` undefined, removes) the one app password that `ref` names. */
async function changeOne<T>(
  context: PolicyContext,
  account: Account,
  ref: string,
  { change, entryOf }: OneStep<T>,
): Promise<T> {
  const onlyOne = (current: AccountRecord): Changed<T> => {
    const one = find(current.appPasswords, ref);
    if (one instanceof Fault) return one;
    const others = current.appPasswords.filter((other) => other !== one);
    const changed = change(one, others);
    if (changed instanceof Fault) return changed;
    const appPasswords = current.appPasswords.flatMap((each) => (each === one ? (changed.kept ?? []) : each));
    return { record: { ...current, appPasswords }, result: changed.result };
  };
  return changeAndNotify(context, account, onlyOne, entryOf);
}

function find(records: readonly AppPasswordRecord[], ref: string): AppPasswordRecord | Fault {
  const found = records.find(({ id }) => id === ref) ?? records.find(({ name }) => name === ref);
  // Not quoted: what was given may be the secret itself, typed by mistake.
  return found ?? new Fault('NOT_FOUND', 'there is no app password with this id or name');
}

function refusalOfOneMore(limit: number, { enrolledAt, appPasswords }: AccountRecord, name: string) {
  if (enrolledAt === undefined)
    return new Fault('NOT_ALLOWED', 'the account has not enrolled in two-step authentication');
  if (appPasswords.some((other) => other.name === name)) return nameTaken(name);
  if (appPasswords.length < limit) return undefined;
  return new Fault('NOT_ALLOWED', `the account holds ${appPasswords.length} app passwords, as many as it may`);
}

function nameTaken(name: string): Fault {
  return new Fault('USAGE', `there is already an app password "${name}"`);
}

function checkedRequest({ name, scopes, expiresAt, networks }: AppPasswordRequest, now: number): AppPasswordRequest {
  if (scopes.length === 0) throw new Fault('USAGE', 'an app password needs at least one protocol');
  if (expiresAt !== undefined && expiresAt <= now) throw new Fault('USAGE', 'the expiry is not ahead of now');
  if (networks?.length === 0) throw new Fault('USAGE', 'an empty list of networks would permit none');
  const blocks = networks?.map((text) => checkedNetwork(text));
  return { name: checkedName(name), scopes: [...new Set(scopes)], expiresAt, networks: blocks };
}

/** The latest end (ms) that the domain allows a new app password; undefined where none need end. */
export function expiryAllowed({ appPasswordDays }: DomainPolicy, now: number): number | undefined {
  return appPasswordDays === undefined ? undefined : now + appPasswordDays * DAY_MS;
}

function withExpiry(request: AppPasswordRequest, policy: DomainPolicy, now: number): AppPasswordRequest {
  const latest = expiryAllowed(policy, now);
  const { expiresAt = latest } = request;
  if (latest !== undefined && expiresAt !== undefined && expiresAt > latest) {
    throw new Fault('USAGE', `an app password of this domain ends after ${policy.appPasswordDays} days at the latest`);
  }
  return { ...request, expiresAt };
}

function checkedNetwork(text: string): string {
  const network = parseNetwork(text);
  if (network !== undefined) return formatNetwork(network);
  throw new Fault('USAGE', `"${text}" is not a network such as 192.0.2.0/24 or 2001:db8::/56`);
}

/** A name in the user's words, tidied. USAGE when it is empty, too long or not printable. */
export function checkedName(typed: string): string {
  const name = typed.normalize('NFC').trim();
  if (name === '' || name.length > MAX_NAME_LENGTH || /\p{C}/u.test(name)) {
    throw new Fault('USAGE', `a name is 1 to ${MAX_NAME_LENGTH} printable characters`);
  }
  return name;
}
