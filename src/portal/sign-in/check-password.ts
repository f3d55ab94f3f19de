/**
 * The first step of a sign-in: an address and its ordinary password, which the backend judges. Counted like every login,
 * by network and by account; somebody unknown, somebody suspended and a wrong password get one answer.
 */

import { randomBytes } from 'node:crypto';
import { passwordSendable } from '#core/credentials.ts';
import { Fault } from '#core/fault.ts';
import { appPasswordCharacters } from '#core/app-password-shape.ts';
import { canonicalAccount, type Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { Attempt } from '#core/verdict.ts';
import { typedName } from '#ops/typed-name.ts';
import { retryAfterSeconds as retryAfter } from '#policy/rules/login-rules.ts';
import { policyAt, type DomainPolicy } from '#policy/rules/domain-policy.ts';
import { attemptFingerprint, type OfferedSecret } from '#policy/secrets/attempt-fingerprint.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';
import { type AccountRecord, EMPTY_ACCOUNT } from '#policy/ports/records.ts';
import type { LoginFacts } from '#policy/ports/logins.ts';

export type PasswordOutcome =
  | {
      readonly kind: 'right';
      readonly account: Account;
      readonly record: AccountRecord;
      readonly policy: DomainPolicy;
      readonly seen: OfferedSecret;
    }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable' };

export interface PasswordTry {
  readonly user: string;
  readonly password: Secret;
  readonly address: string;
}

const BACKEND_MS = 15_000;

/** Judges an address and its ordinary password. Throws STORE_UNAVAILABLE. */
export async function judgePassword(parts: PortalParts, given: PasswordTry): Promise<PasswordOutcome> {
  const { context, identity, limits } = parts;
  const found = canonicalAccount(given.user.trim(), identity);
  const text = given.password.expose();
  if (found.kind === 'refused' || !passwordSendable(given.password)) {
    parts.log.info('browser.refused', {
      user: typedName(given.user.trim(), identity),
      address: given.address,
      reason: 'identity-refused',
    });
    return { kind: 'wrong' };
  }
  const { account } = found;
  const offered = ['password', appPasswordCharacters(text) ?? text] as const;
  const seen = { account, address: given.address, offered };
  const facts = await countTry(parts, seen);
  const retryAfterSeconds = retryAfter(facts.pressure, limits);
  if (retryAfterSeconds !== undefined) return refused(parts, account, given, { kind: 'throttled', retryAfterSeconds });
  const answer = await askBackend(parts, attemptOf(account, given));
  if (answer !== 'right') return refused(parts, account, given, { kind: answer });
  const { record = EMPTY_ACCOUNT } = facts.account;
  if (record.suspended !== undefined) {
    parts.log.info('browser.refused', { user: account.name, address: given.address, reason: 'suspended' });
    return { kind: 'wrong' };
  }
  const policy = policyAt(facts.domain.record, context.clock());
  return { kind: 'right', account, record, policy, seen };
}

/** Counts a try as wrong until it is forgiven, and reads what there is to know of the account. */
export async function countTry(parts: PortalParts, given: OfferedSecret): Promise<LoginFacts> {
  const { context, limits } = parts;
  return context.store.lookupLogin({ ...attemptFingerprint(context.keyring, given), now: context.clock(), limits });
}

/**
 * Takes a try that was right back out of the counts, once all factors were given: the network is known from now on, and
 * so is the account, as one whose ordinary password the backend has confirmed.
 */
export async function forgiveTry(parts: PortalParts, given: OfferedSecret): Promise<void> {
  const { context } = parts;
  await context.store.recordSuccess({
    ...attemptFingerprint(context.keyring, given),
    now: context.clock(),
    protocol: 'imap',
    ordinaryPassword: true,
  });
}

function attemptOf(account: Account, { password, address }: PasswordTry): Attempt {
  return {
    protocol: 'imap',
    account,
    offered: { kind: 'password', password },
    client: { address, port: 0, tls: true },
    listener: 'portal',
    sessionId: randomBytes(6).toString('hex'),
  };
}

async function askBackend(parts: PortalParts, attempt: Attempt): Promise<'right' | 'wrong' | 'unavailable'> {
  try {
    return await parts.checkOrdinaryPassword(attempt, AbortSignal.timeout(BACKEND_MS));
  } catch (error) {
    if (error instanceof Fault || isAbort(error)) return 'unavailable';
    throw error;
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

function refused(
  { log }: PortalParts,
  account: Account,
  { address }: PasswordTry,
  outcome: Exclude<PasswordOutcome, { kind: 'right' }>,
): PasswordOutcome {
  log.info('browser.refused', { user: account.name, address, reason: outcome.kind });
  return outcome;
}
