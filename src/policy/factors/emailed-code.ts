/**
 * Codes that are sent by mail: six digits, good for ten minutes, five tries and one use, and only in the session, for
 * the purpose, the account and the address that they were made for. Kept as keyed digests. Sending them is mail's.
 */

import { randomInt } from 'node:crypto';

import { Secret } from '#core/secret.ts';
import { sameText } from '#policy/secrets/app-password.ts';

import type { Account } from '#core/identity.ts';
import type { EphemeralRef, OneTimeCodeRecord } from '#policy/ports/ephemeral.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { typedCode } from '#policy/secrets/typed-code.ts';

/** What a code is good for. */
export type CodePurpose = 'sign-in' | 'step-up' | 'recovery-address' | 'email-factor';

/** Where a code belongs: the same binding is needed to check it. */
export interface CodeBinding {
  /** The browser session's id. */
  readonly session: string;
  readonly purpose: CodePurpose;
  readonly account: Account;
}

export type MadeCode =
  /** To be sent to `address`, and nowhere else shown. An earlier code of the same binding is worth nothing now. */
  | { readonly kind: 'made'; readonly code: Secret; readonly address: string; readonly expiresAt: number }
  /** Too many codes were sent to this account, or the last one of this binding a moment ago. */
  | { readonly kind: 'too-many'; readonly retryAfterSeconds: number };

export type CodeCheck =
  | { readonly kind: 'right'; readonly address: string }
  | { readonly kind: 'wrong'; readonly triesLeft: number }
  /** There is no code that could be right: none was sent, or it has expired, was used or mistyped too often. */
  | { readonly kind: 'over' };

export const CODE_MINUTES = 10;

const LIFETIME_MS = CODE_MINUTES * 60_000;
const MAX_TRIES = 5;
const DIGITS = /^\d{6}$/;
/** An account may be sent this many within an hour. */
const MAX_SENDINGS = 12;
const SENDINGS_MS = 3_600_000;
/** Between two codes of one binding. */
const PAUSE_MS = 30_000;
// Each lost race is somebody else's sending or try, and of those there are no more than these.
const MAX_ROUNDS = 32;

type Tools = Pick<PolicyContext, 'store' | 'keyring' | 'clock'>;

/** Makes a code for an address, in place of an earlier one of this binding. */
export async function makeEmailedCode(context: Tools, binding: CodeBinding, address: string): Promise<MadeCode> {
  const { store, keyring, clock } = context;
  const now = clock();
  const ref = refOf(context, binding);
  const earlier = await store.ephemeral.load(ref);
  const pauseMs = earlier === undefined ? 0 : earlier.value.sentAt + PAUSE_MS - now;
  const waitMs = pauseMs > 0 ? pauseMs : await countSending(context, binding.account, now);
  if (waitMs > 0) return { kind: 'too-many', retryAfterSeconds: Math.ceil(waitMs / 1000) };
  const text = String(randomInt(1_000_000)).padStart(6, '0');
  const keyId = keyring.currentId;
  const digest = digestOf(context, binding, { address, text, keyId });
  const expiresAt = now + LIFETIME_MS;
  await store.ephemeral.put(ref, { value: { digest, keyId, address, wrongTries: 0, sentAt: now }, expiresAt });
  return { kind: 'made', code: new Secret(text), address, expiresAt };
}

/**
 * Checks a typed code and uses it up: of parallel tries with the right one exactly one is right, and of parallel guesses
 * no more than five are looked at. Spaces and hyphens are ignored, digits of any script are taken (typedCode); what is not six digits is wrong and no try.
 */
export async function checkEmailedCode(context: Tools, binding: CodeBinding, typed: Secret): Promise<CodeCheck> {
  const ref = refOf(context, binding);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const entry = await context.store.ephemeral.load(ref);
    if (entry === undefined || entry.expiresAt <= context.clock() || entry.value.wrongTries >= MAX_TRIES) break;
    const { value } = entry;
    const text = typedCode(typed.expose());
    if (!DIGITS.test(text)) return { kind: 'wrong', triesLeft: MAX_TRIES - value.wrongTries };
    const right = isRight(context, binding, value, text);
    // A right one is left behind spent: taking it away could take a newer one that came in between.
    const wrongTries = right ? MAX_TRIES : value.wrongTries + 1;
    if (!(await context.store.ephemeral.update(ref, { ...entry, value: { ...value, wrongTries } }))) continue;
    return right ? { kind: 'right', address: value.address } : { kind: 'wrong', triesLeft: MAX_TRIES - wrongTries };
  }
  return { kind: 'over' };
}

/** Counts one more sending; returns how long to wait (ms) when it is one too many. */
async function countSending({ store }: Tools, { name }: Account, now: number): Promise<number> {
  const ref = { kind: 'code-sendings', id: 'all', owner: name } as const;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const entry = await store.ephemeral.load(ref);
    const recent = (entry?.value.sentAt ?? []).filter((at) => at > now - SENDINGS_MS);
    const [oldest = now] = recent;
    if (recent.length >= MAX_SENDINGS) return oldest + SENDINGS_MS - now;
    const value = { sentAt: [...recent, now] };
    if (await store.ephemeral.update(ref, { version: entry?.version, value, expiresAt: now + SENDINGS_MS })) return 0;
  }
  return PAUSE_MS;
}

function isRight(context: Tools, binding: CodeBinding, value: OneTimeCodeRecord, text: string): boolean {
  const { digest, keyId, address } = value;
  return context.keyring.has(keyId) && sameText(digestOf(context, binding, { address, text, keyId }), digest);
}

function digestOf(
  { keyring }: Tools,
  { session, purpose, account }: CodeBinding,
  { address, text, keyId }: { readonly address: string; readonly text: string; readonly keyId: string },
): string {
  return keyring.digest('emailed-code', [session, purpose, account.name, address, text], keyId);
}

function refOf({ keyring }: Tools, { session, purpose, account }: CodeBinding): EphemeralRef<'one-time-code'> {
  const id = keyring.digest('emailed-code', ['id', session, purpose]);
  return { kind: 'one-time-code', id, owner: account.name };
}
