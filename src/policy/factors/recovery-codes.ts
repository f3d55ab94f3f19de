/**
 * Recovery codes: ten, made at enrolment, each good for one sign-in without the factor. Kept as keyed digests only;
 * 60 random bits need no slow hash.
 */

import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { randomText, sameText } from '#policy/secrets/app-password.ts';
import { changeAndNotify } from '#policy/changes/account-changes.ts';

import type { Account } from '#core/identity.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { typedCode } from '#policy/secrets/typed-code.ts';

/** Codes to show once, `abcd-efgh-jkmn`, and the digests to keep. */
export interface NewRecoveryCodes {
  readonly codes: readonly Secret[];
  readonly digests: readonly string[];
}

export type RecoveryOutcome = { readonly kind: 'used'; readonly left: number } | { readonly kind: 'unknown' };

const COUNT = 10;
const LENGTH = 12;
// Twelve characters with every one of them set apart; what is longer is no code.
const MAX_TYPED_LENGTH = 48;
const GROUP = /.{4}(?=.)/g;

/** Makes ten new codes for an account. */
export function makeRecoveryCodes(keyring: Keyring, account: string): NewRecoveryCodes {
  const texts = Array.from({ length: COUNT }, () => randomText(LENGTH));
  return {
    codes: texts.map((text) => new Secret(text.replace(GROUP, '$&-'))),
    digests: texts.map((text) => digestOf(keyring, account, text, keyring.currentId)),
  };
}

/**
 * Uses up one code, typed with or without hyphens, in any case. Of two attempts with the same code one is `used`.
 * A code whose master key is no longer on the keyring is unknown.
 */
export async function consumeRecoveryCode(
  context: PolicyContext,
  actor: string,
  account: Account,
  typed: Secret,
): Promise<RecoveryOutcome> {
  return changeAndNotify<RecoveryOutcome>(
    context,
    account,
    (current) => {
      const used = findDigest(context.keyring, account.name, typed, current.recoveryCodes);
      if (used === undefined) return { record: undefined, result: { kind: 'unknown' } };
      const recoveryCodes = current.recoveryCodes.filter((digest) => digest !== used);
      return { record: { ...current, recoveryCodes }, result: { kind: 'used', left: recoveryCodes.length } };
    },
    (outcome) =>
      outcome.kind === 'used'
        ? { actor, action: 'account.recovery-code-used', detail: { left: outcome.left } }
        : undefined,
  );
}

/** Replaces all codes by ten new ones. NOT_ALLOWED when the account has not enrolled. */
export async function renewRecoveryCodes(
  context: PolicyContext,
  actor: string,
  account: Account,
): Promise<readonly Secret[]> {
  const fresh = makeRecoveryCodes(context.keyring, account.name);
  await changeAndNotify(
    context,
    account,
    (current) => {
      if (current.enrolledAt === undefined) return new Fault('NOT_ALLOWED', 'the account has not enrolled');
      return { record: { ...current, recoveryCodes: fresh.digests }, result: undefined };
    },
    () => ({ actor, action: 'account.recovery-codes-renewed' }),
  );
  return fresh.codes;
}

// Every digest is compared, so that the time does not tell which code it was.
function findDigest(keyring: Keyring, account: string, typed: Secret, digests: readonly string[]): string | undefined {
  const text = typedCode(typed.expose().slice(0, MAX_TYPED_LENGTH)).toLowerCase();
  const keyIds = new Set(digests.map((digest) => keyIdOf(digest)).filter((id) => keyring.has(id)));
  const candidates = [...keyIds].map((keyId) => digestOf(keyring, account, text, keyId));
  const [found] = digests.filter((digest) => candidates.filter((one) => sameText(one, digest)).length > 0);
  return found;
}

// The key's id is kept in front of the digest, so that old codes still work after the master key was rotated.
function digestOf(keyring: Keyring, account: string, text: string, keyId: string): string {
  return `${keyId}.${keyring.digest('recovery-code', [account, text], keyId)}`;
}

function keyIdOf(digest: string): string {
  return digest.slice(0, Math.max(0, digest.indexOf('.')));
}
