/**
 * The second step of a sign-in, and of a confirmation: a code of the authenticator app, or a recovery code. Each code is
 * good once, also when it is sent twice at the same time; wrong ones count like wrong passwords.
 */

import { unreachable } from '../core/fault.ts';
import type { Account } from '../core/identity.ts';
import type { Secret } from '../core/secret.ts';
import { consumeTotpCode } from '../policy/enrolment.ts';
import { retryAfterSeconds as retryAfter } from '../policy/login-rules.ts';
import { factorsOf } from '../policy/factors.ts';
import type { AccountRecord } from '../policy/ports.ts';
import { consumeRecoveryCode } from '../policy/recovery-codes.ts';
import type { PortalParts } from './settings.ts';
import { countTry, forgiveTry } from './sign-in.ts';

/** Ways to give a second factor. */
export type WayKind = 'totp' | 'recovery-code';

export type FactorOutcome =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  /** Right, but once before. */
  | { readonly kind: 'used-before' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface FactorTry {
  readonly account: Account;
  readonly address: string;
  readonly factor: WayKind;
  readonly code: Secret;
}

/** The ways that this account has, the usual one first; none when it has no factor. */
export function waysOf(record: AccountRecord): readonly WayKind[] {
  const factors = factorsOf(record);
  if (factors.length === 0) return [];
  return [...factors.flatMap((factor) => (factor === 'totp' ? factor : [])), 'recovery-code'];
}

/** Judges a code and uses it up. Throws STORE_UNAVAILABLE. */
export async function judgeFactor(parts: PortalParts, given: FactorTry): Promise<FactorOutcome> {
  const { account, address, factor, code } = given;
  const offered = [factor, code.expose().replaceAll(/[\s\p{Pd}]/gu, '')] as const;
  const seen = { account, address, offered };
  const { pressure, account: found } = await countTry(parts, seen);
  const retryAfterSeconds = retryAfter(pressure, parts.limits);
  if (retryAfterSeconds !== undefined) return { kind: 'throttled', retryAfterSeconds };
  if (found.record === undefined || !waysOf(found.record).includes(factor)) return { kind: 'wrong' };
  const outcome = await consume(parts, given);
  if (outcome.kind === 'right') await forgiveTry(parts, seen);
  return outcome;
}

async function consume({ tools }: PortalParts, given: FactorTry): Promise<FactorOutcome> {
  const { account, factor, code } = given;
  switch (factor) {
    case 'totp': {
      const { kind } = await consumeTotpCode(tools, account, code);
      return { kind };
    }
    case 'recovery-code': {
      const { kind } = await consumeRecoveryCode(tools, account.name, account, code);
      return { kind: kind === 'used' ? 'right' : 'wrong' };
    }
    default:
      return unreachable(factor);
  }
}
