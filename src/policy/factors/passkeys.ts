/**
 * Passkeys as a second factor: several per account, each with a name. What the browser is asked is made here, with a
 * challenge that is bound to session, purpose and account and used once; judging its answer is the verifier's.
 * WebAuthn Level 3 §5.4, §5.5, §7.
 */

import { randomBytes } from 'node:crypto';

import { Fault } from '#core/fault.ts';
import { endBrowsers, factorsOf, makeStart, requireMethod, withFactor } from './factors.ts';
import { checkedName } from '#policy/app-passwords/app-passwords.ts';
import { changeAccount, changeAndNotify } from '#policy/changes/account-changes.ts';

import type { Account } from '#core/identity.ts';
import type { EphemeralRef } from '#policy/ports/ephemeral.ts';
import type { FactorAdded } from './factors.ts';
import type { PasskeySite, PasskeyVerifier } from '#policy/ports/passkeys.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { AccountRecord, PasskeyRecord } from '#policy/ports/records.ts';

export type PasskeyTools = PolicyContext & { readonly passkeys: PasskeyVerifier; readonly site: PasskeySite };

/** Where a challenge belongs. */
export interface PasskeyBinding {
  readonly session: string;
  readonly account: Account;
}

/** What is handed to `navigator.credentials.create()` (PublicKeyCredentialCreationOptionsJSON). */
export interface PasskeyCreation {
  readonly challenge: string;
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[];
  readonly timeout: number;
  readonly excludeCredentials: readonly PasskeyDescriptor[];
  readonly authenticatorSelection: { readonly residentKey: 'discouraged'; readonly userVerification: 'preferred' };
  readonly attestation: 'none';
}

/** What is handed to `navigator.credentials.get()` (PublicKeyCredentialRequestOptionsJSON). */
export interface PasskeyRequest {
  readonly challenge: string;
  readonly rpId: string;
  readonly allowCredentials: readonly PasskeyDescriptor[];
  readonly timeout: number;
  readonly userVerification: 'preferred';
}

interface PasskeyDescriptor {
  readonly type: 'public-key';
  readonly id: string;
  readonly transports: readonly string[];
}

export type PasskeyAdded =
  | (FactorAdded & { readonly passkey: PasskeyRecord })
  /** The answer proves nothing, or its challenge is used up or older than five minutes. */
  | { readonly kind: 'not-proven' };

export type PasskeyCheck =
  | { readonly kind: 'right'; readonly passkey: PasskeyRecord }
  | { readonly kind: 'wrong' }
  /** No challenge waits for an answer: ask anew. */
  | { readonly kind: 'over' };

const CHALLENGE_BYTES = 32;
const CHALLENGE_MS = 300_000;
const MAX_PASSKEYS = 10;
/** ES256, RS256 and EdDSA (RFC 8152 §8, RFC 8812 §2), the most wanted first. */
const ALGORITHMS = [-7, -257, -8] as const;

/** Asks for a new passkey. NOT_ALLOWED where the domain does not permit them, or the account has ten. */
export async function beginPasskey(context: PasskeyTools, binding: PasskeyBinding): Promise<PasskeyCreation> {
  const { account } = binding;
  await requireMethod(context, account, 'passkey', context.clock());
  const { record } = await context.store.lookupAccount(account);
  const { passkeys = [] } = record ?? {};
  if (passkeys.length >= MAX_PASSKEYS) throw tooMany();
  const { rpId, name } = context.site;
  return {
    challenge: await newChallenge(context, binding, additionTo(record)),
    rp: { id: rpId, name },
    // Opaque, since the authenticator shows it to nobody but may give it to anybody (WebAuthn §14.6.1).
    user: {
      id: context.keyring.digest('passkey', ['user', account.name]),
      name: account.name,
      displayName: account.name,
    },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: CHALLENGE_MS,
    excludeCredentials: passkeys.map((passkey) => descriptorOf(passkey)),
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
    attestation: 'none',
  };
}

/**
 * Ends what beginPasskey began with the browser's answer. The first factor turns two-step on. NOT_ALLOWED when the
 * account got its first factor meanwhile by another way, or this passkey is there already; USAGE when the name is none.
 */
export async function confirmPasskey(
  context: PasskeyTools,
  actor: string,
  binding: PasskeyBinding,
  answer: { readonly response: unknown; readonly name: string },
): Promise<PasskeyAdded> {
  const { account } = binding;
  const now = context.clock();
  const name = checkedName(answer.name);
  const policy = await requireMethod(context, account, 'passkey', now);
  const before = (await context.store.lookupAccount(account)).record;
  const purpose = additionTo(before);
  const challenge = await takeChallenge(context, binding, purpose);
  if (challenge === undefined) return { kind: 'not-proven' };
  const proven = await context.passkeys.registration(answer.response, { ...context.site, challenge });
  if (proven === undefined) return { kind: 'not-proven' };
  const passkey: PasskeyRecord = { ...proven, name, createdAt: now };
  const start = makeStart(context, account, policy, now);
  const added = await changeAndNotify<FactorAdded>(
    context,
    account,
    (current) => {
      const { passkeys = [] } = current;
      if (additionTo(current) !== purpose) return new Fault('NOT_ALLOWED', 'the account has changed: begin again');
      if (passkeys.length >= MAX_PASSKEYS) return tooMany();
      if (passkeys.some(({ id }) => id === passkey.id)) {
        return new Fault('NOT_ALLOWED', 'the account has this passkey already');
      }
      return withFactor(current, { kind: 'passkey', parts: { passkeys: [...passkeys, passkey] } }, start);
    },
    ({ kind }) => ({ actor, action: 'account.enrolled', detail: { factor: 'passkey', name, was: kind } }),
  );
  await endBrowsers(context, account);
  return { ...added, passkey };
}

/** Asks for a proof by one of the account's passkeys. NOT_ALLOWED when it has none. */
export async function requestPasskey(
  context: PasskeyTools,
  binding: PasskeyBinding,
  purpose: 'sign-in' | 'step-up',
): Promise<PasskeyRequest> {
  const { record } = await context.store.lookupAccount(binding.account);
  const { passkeys = [] } = record ?? {};
  if (passkeys.length === 0) throw new Fault('NOT_ALLOWED', 'the account has no passkey');
  return {
    challenge: await newChallenge(context, binding, purpose),
    rpId: context.site.rpId,
    allowCredentials: passkeys.map((passkey) => descriptorOf(passkey)),
    timeout: CHALLENGE_MS,
    userVerification: 'preferred',
  };
}

/**
 * Checks a proof and uses its challenge up: of parallel answers to one challenge at most one is right. A count that did
 * not go up, as that of a copied authenticator, is wrong.
 */
export async function checkPasskey(
  context: PasskeyTools,
  binding: PasskeyBinding,
  purpose: 'sign-in' | 'step-up',
  response: unknown,
): Promise<PasskeyCheck> {
  const { account } = binding;
  const challenge = await takeChallenge(context, binding, purpose);
  if (challenge === undefined) return { kind: 'over' };
  const { record } = await context.store.lookupAccount(account);
  const expected = { ...context.site, challenge };
  const proven = await context.passkeys.assertion(response, expected, record?.passkeys ?? []);
  if (proven === undefined) return { kind: 'wrong' };
  const lastUsedAt = context.clock();
  return changeAccount<PasskeyCheck>(context, account, (current) => {
    const { passkeys = [] } = current;
    const found = passkeys.find(({ id }) => id === proven.id);
    if (found === undefined || !goesUp(found.counter, proven.counter)) {
      return { record: undefined, result: { kind: 'wrong' } };
    }
    const used: PasskeyRecord = { ...found, counter: proven.counter, lastUsedAt };
    const others = passkeys.map((one) => (one === found ? used : one));
    return { record: { ...current, passkeys: others }, result: { kind: 'right', passkey: used } };
  });
}

/** Gives a passkey another name. NOT_FOUND when there is none with this id; USAGE when the name is none. */
export async function renamePasskey(
  context: PolicyContext,
  account: Account,
  change: { readonly id: string; readonly name: string },
): Promise<void> {
  const name = checkedName(change.name);
  await changeAccount(context, account, (current) => {
    const { passkeys = [] } = current;
    if (!passkeys.some(({ id }) => id === change.id)) return unknownPasskey();
    const renamed = passkeys.map((one) => (one.id === change.id ? { ...one, name } : one));
    return { record: { ...current, passkeys: renamed }, result: undefined };
  });
}

/** Takes one passkey away. NOT_FOUND when there is none with this id; NOT_ALLOWED when it is the only factor. */
export async function removePasskey(
  context: PolicyContext,
  actor: string,
  account: Account,
  id: string,
): Promise<void> {
  await changeAndNotify<string>(
    context,
    account,
    (current) => {
      const { passkeys = [] } = current;
      const gone = passkeys.find((one) => one.id === id);
      if (gone === undefined) return unknownPasskey();
      const left = passkeys.filter((one) => one !== gone);
      const record = { ...current, passkeys: left.length === 0 ? undefined : left };
      if (factorsOf(record).length > 0) return { record, result: gone.name };
      return new Fault('NOT_ALLOWED', 'this is the only factor; turn two-step off instead');
    },
    (name) => ({ actor, action: 'account.factor-removed', detail: { factor: 'passkey', name } }),
  );
  await endBrowsers(context, account);
}

type ChallengePurpose = 'sign-in' | 'step-up' | 'first-factor' | 'further-factor';

// What was asked for with the password alone is worth nothing once the account has a factor.
function additionTo(record: AccountRecord | undefined): ChallengePurpose {
  return record === undefined || factorsOf(record).length === 0 ? 'first-factor' : 'further-factor';
}

async function newChallenge(
  context: PolicyContext,
  binding: PasskeyBinding,
  purpose: ChallengePurpose,
): Promise<string> {
  const createdAt = context.clock();
  const challenge = randomBytes(CHALLENGE_BYTES).toString('base64url');
  const content = { value: { challenge, createdAt }, expiresAt: createdAt + CHALLENGE_MS };
  await context.store.ephemeral.put(refOf(context, binding, purpose), content);
  return challenge;
}

async function takeChallenge(
  context: PolicyContext,
  binding: PasskeyBinding,
  purpose: ChallengePurpose,
): Promise<string | undefined> {
  const found = await context.store.ephemeral.consume(refOf(context, binding, purpose));
  return found === undefined || found.createdAt + CHALLENGE_MS <= context.clock() ? undefined : found.challenge;
}

function refOf(
  { keyring }: PolicyContext,
  { session, account }: PasskeyBinding,
  purpose: ChallengePurpose,
): EphemeralRef<'passkey-challenge'> {
  const id = keyring.digest('passkey', ['challenge', session, purpose]);
  return { kind: 'passkey-challenge', id, owner: account.name };
}

// WebAuthn §6.1.1: 0 both times is an authenticator that does not count.
function goesUp(stored: number, presented: number): boolean {
  return (stored === 0 && presented === 0) || presented > stored;
}

function descriptorOf({ id, transports }: PasskeyRecord): PasskeyDescriptor {
  return { type: 'public-key', id, transports };
}

function unknownPasskey(): Fault {
  return new Fault('NOT_FOUND', 'there is no passkey with this id');
}

function tooMany(): Fault {
  return new Fault('NOT_ALLOWED', `an account holds ${MAX_PASSKEYS} passkeys at most`);
}
