/**
 * The second step of a sign-in, and of a confirmation: a passkey, a code of the authenticator app, one that was
 * mailed, or a recovery code. Each is good once, also when it is sent twice at the same time; wrong ones count like wrong passwords.
 */

import { isFault, unreachable } from '#core/fault.ts';
import type { Account } from '#core/identity.ts';
import { Secret } from '#core/secret.ts';
import { checkFactorCode, type FactorCodeBinding } from '#policy/factors/email-factor.ts';
import { consumeTotpCode } from '#policy/factors/totp-enrolment.ts';
import { factorsOf } from '#policy/factors/factors.ts';
import { retryAfterSeconds as retryAfter } from '#policy/rules/login-rules.ts';
import { checkPasskey } from '#policy/factors/passkeys.ts';
import { consumeRecoveryCode } from '#policy/factors/recovery-codes.ts';
import { MAX_PASSKEY_ANSWER, PASSKEY_FIELD, passkeyAnswer } from './passkey-form.ts';
import { passkeyTools } from './passkey-context.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';
import { countTry, forgiveTry } from './check-password.ts';
import type { Form } from '#portal/http/page.ts';
import { typedCode } from '#policy/secrets/typed-code.ts';
import { FACTOR_KINDS, type AccountRecord, type FactorKind } from '#policy/ports/records.ts';

/** Ways to give a second factor. */
export type WayKind = FactorKind | typeof RECOVERY;

export type FactorOutcome =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  /** Right, but once before. */
  | { readonly kind: 'used-before' }
  /** The mailed code or the challenge has expired or was tried too often: there has to be another one. */
  | { readonly kind: 'over' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface FactorTry {
  readonly account: Account;
  readonly address: string;
  readonly way: WayKind;
  /** What was typed, or a browser's answer for a passkey in JSON. */
  readonly code: Secret;
  /** The browser session, and what it is for: mailed codes are good for nothing else. */
  readonly session: string;
  readonly purpose: FactorCodeBinding['purpose'];
}

const RECOVERY = 'recovery-code';
/** The quickest and the safest in front. */
const PLACES = { passkey: 1, totp: 2, email: 3 } as const satisfies Record<FactorKind, number>;
const FACTOR_WAYS = FACTOR_KINDS.toSorted((a, b) => PLACES[a] - PLACES[b]);

/** The ways that this account has, the usual one first; none when it has no factor. */
export function waysOf(record: AccountRecord): readonly WayKind[] {
  const factors = factorsOf(record);
  if (factors.length === 0) return [];
  return [...FACTOR_WAYS.filter((way) => factors.includes(way)), RECOVERY];
}

/** The way with this name. */
export function wayNamed(name: string): WayKind {
  const ways: readonly WayKind[] = [...FACTOR_KINDS, RECOVERY];
  return ways.find((way) => way === name) ?? 'totp';
}

/** What a form holds for this way. */
export function codeIn(form: Form, way: WayKind): Secret {
  return way === 'passkey' ? new Secret(form.text(PASSKEY_FIELD, MAX_PASSKEY_ANSWER)) : form.secret('code');
}

/** Judges a code and uses it up. Throws STORE_UNAVAILABLE. */
export async function judgeFactor(parts: PortalParts, given: FactorTry): Promise<FactorOutcome> {
  const { account, address, way, code } = given;
  const offered = [way, typedCode(code.expose())] as const;
  const seen = { account, address, offered };
  const { pressure, account: found } = await countTry(parts, seen);
  const retryAfterSeconds = retryAfter(pressure, parts.limits);
  if (retryAfterSeconds !== undefined) return { kind: 'throttled', retryAfterSeconds };
  if (found.record === undefined || !waysOf(found.record).includes(way)) return { kind: 'wrong' };
  const outcome = await consume(parts, given);
  if (outcome.kind === 'right') await forgiveTry(parts, seen);
  return outcome;
}

async function consume(parts: PortalParts, given: FactorTry): Promise<FactorOutcome> {
  const { account, way, code, session, purpose } = given;
  const { context } = parts;
  switch (way) {
    case 'passkey': {
      const answer = passkeyAnswer(code.expose());
      return { kind: (await checkPasskey(passkeyTools(parts), { session, account }, purpose, answer)).kind };
    }
    case 'totp':
      return { kind: (await consumeTotpCode(context, account, code)).kind };
    case 'email':
      return { kind: (await emailed(() => checkFactorCode(context, { session, purpose, account }, code))).kind };
    case 'recovery-code': {
      const { kind } = await consumeRecoveryCode(context, account.name, account, code);
      return { kind: kind === 'used' ? 'right' : 'wrong' };
    }
    default:
      return unreachable(way);
  }
}

// The factor may have been taken away between looking and checking.
async function emailed<T>(check: () => Promise<T>): Promise<T | { readonly kind: 'over' }> {
  try {
    return await check();
  } catch (error) {
    if (isFault(error, 'NOT_ALLOWED')) return { kind: 'over' };
    throw error;
  }
}
