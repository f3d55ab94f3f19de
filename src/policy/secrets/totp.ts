/**
 * Time-based one-time codes: SHA-1, 30 seconds, 6 digits, one step of clock drift either way, each step used once.
 * Secrets are values here; keeping them is policy/factors/totp-enrolment.ts. RFC 6238, RFC 4226 §5.3.
 */

import { generateSecret, generateURI, verifySync } from 'otplib';

import { Secret } from '#core/secret.ts';
import { typedCode } from './typed-code.ts';

/** A new authenticator secret, and the address that its QR code holds. Both are to be shown once. */
export interface NewTotp {
  /** 160 random bits in base32. */
  readonly secret: Secret;
  /** `otpauth://totp/…`, with the secret in it. */
  readonly uri: Secret;
}

export type CodeMatch =
  /** `step`: the 30-second step that the code belongs to; it and all before it are used up from now on. */
  | { readonly kind: 'right'; readonly step: number }
  | { readonly kind: 'wrong' }
  /** A code that was right once (RFC 6238 §5.2). */
  | { readonly kind: 'used-before' };

/** The value of `lastStep` before any code was used. */
export const NO_STEP = -1;

const PERIOD_SECONDS = 30;
const DRIFT_STEPS = 1;
const CODE = /^\d{6}$/;

/** Makes a secret for an account; `issuer` is the service's name in the authenticator app. */
export function newTotp(issuer: string, account: string): NewTotp {
  return totpOf(issuer, account, new Secret(generateSecret()));
}

/** The same for a secret that was made before. */
export function totpOf(issuer: string, account: string, secret: Secret): NewTotp {
  const named = { issuer: withoutColons(issuer), label: account };
  return { secret, uri: new Secret(generateURI({ ...named, secret: secret.expose() })) };
}

/**
 * Compares a typed code with those of the steps around `now` (ms) that come after `lastStep`.
 * Spaces and hyphens are ignored, digits of any script are taken (typedCode).
 */
export function matchCode(secret: Secret, typed: Secret, now: number, lastStep: number): CodeMatch {
  const code = typedCode(typed.expose());
  if (!CODE.test(code)) return { kind: 'wrong' };
  const epoch = Math.floor(now / 1000);
  const options = { secret: secret.expose(), token: code, epoch, epochTolerance: DRIFT_STEPS * PERIOD_SECONDS };
  // A clock that went back leaves every step of the window used; otplib takes that for a mistake and throws.
  const newestStep = Math.floor(epoch / PERIOD_SECONDS) + DRIFT_STEPS;
  const unused = lastStep === NO_STEP ? options : { ...options, afterTimeStep: Math.min(lastStep, newestStep) };
  const result = verifySync(unused);
  if (result.valid && 'timeStep' in result) return { kind: 'right', step: result.timeStep };
  return verifySync(options).valid ? { kind: 'used-before' } : { kind: 'wrong' };
}

// A colon parts issuer and account in the label; an app that finds two refuses it (FreeOTP).
function withoutColons(issuer: string): string {
  return issuer.replaceAll(/\s*:\s*/g, ' ').trim();
}
