/**
 * Signing in as a local admin, who has no mailbox: name, password and the code of an authenticator are judged together,
 * so that nobody learns which of them was wrong. Counted like every login, and in one time for names that there are not.
 */

import type { Secret } from '#core/secret.ts';
import type { AdminRecord } from '#policy/ports/admins.ts';
import { localAdminAccount } from '#policy/admins/admins.ts';
import { checkLocalPassword, consumeLocalCode, lookupLocalAdmin } from '#policy/admins/local-admins.ts';
import { retryAfterSeconds as retryAfter } from '#policy/rules/login-rules.ts';
import { attemptFingerprint, type OfferedSecret } from '#policy/secrets/attempt-fingerprint.ts';
import { unknownAdmin } from '#ops/typed-name.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';
import { countTry } from '#portal/sign-in/check-password.ts';

export type LocalOutcome =
  | { readonly kind: 'right'; readonly admin: AdminRecord }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface LocalTry {
  readonly name: string;
  readonly password: Secret;
  readonly code: Secret;
  readonly address: string;
}

/** Judges a sign-in. Throws STORE_UNAVAILABLE, and DEADLINE while too many passwords wait to be checked. */
export async function judgeLocalAdmin(parts: PortalParts, given: LocalTry): Promise<LocalOutcome> {
  const { context, admins } = parts;
  const { name, password, code } = given;
  const seen = seenOf(given, ['local', `${password.expose()}\0${code.expose()}`]);
  const retryAfterSeconds = await pressed(parts, seen);
  if (retryAfterSeconds !== undefined) return refused(parts, given, { kind: 'throttled', retryAfterSeconds });
  const answer = await checkLocalPassword({ ...context, hasher: admins.hasher }, name, password);
  // A code is used up only by whoever knows the password.
  const match = answer === 'right' ? await consumeLocalCode(context, name, code) : undefined;
  const admin = match?.kind === 'right' ? await lookupLocalAdmin(context, name) : undefined;
  if (admin === undefined) return refused(parts, given, { kind: 'wrong' });
  await forgive(parts, seen);
  return { kind: 'right', admin };
}

/** Judges a code of somebody who is signed in, before a change. */
export async function judgeLocalCode(
  parts: PortalParts,
  given: Pick<LocalTry, 'name' | 'code' | 'address'>,
): Promise<Exclude<LocalOutcome, { kind: 'right' }> | { readonly kind: 'right' }> {
  const seen = seenOf(given, ['local-code', given.code.expose()]);
  const retryAfterSeconds = await pressed(parts, seen);
  if (retryAfterSeconds !== undefined) return refused(parts, given, { kind: 'throttled', retryAfterSeconds });
  const { kind } = await consumeLocalCode(parts.context, given.name, given.code);
  if (kind !== 'right') return refused(parts, given, { kind: 'wrong' });
  await forgive(parts, seen);
  return { kind };
}

function seenOf({ name, address }: Pick<LocalTry, 'name' | 'address'>, offered: OfferedSecret['offered']) {
  return { account: localAdminAccount(name), address, offered } as const;
}

async function pressed(parts: PortalParts, seen: OfferedSecret): Promise<number | undefined> {
  const { pressure } = await countTry(parts, seen);
  return retryAfter(pressure, parts.limits);
}

async function forgive({ context }: PortalParts, seen: OfferedSecret): Promise<void> {
  await context.store.recordSuccess({
    ...attemptFingerprint(context.keyring, seen),
    now: context.clock(),
    protocol: 'imap',
  });
}

async function refused<T extends Exclude<LocalOutcome, { kind: 'right' }>>(
  { context, log }: PortalParts,
  { name, address }: Pick<LocalTry, 'name' | 'address'>,
  outcome: T,
): Promise<T> {
  // What was typed as the name of nobody may be a password. Looked up for every refusal, so that the time tells nothing.
  const known = (await lookupLocalAdmin(context, name)) !== undefined;
  const user = known ? localAdminAccount(name).name : unknownAdmin(name);
  log.info('browser.refused', { user, address, reason: outcome.kind });
  return outcome;
}
