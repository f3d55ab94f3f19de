/**
 * App passwords as values: how one looks, is made, kept as a digest, and checked. Knows no store; what a user or an
 * operator does with them is policy/app-passwords/app-passwords.ts.
 */

import { randomBytes, timingSafeEqual } from 'node:crypto';

import { APP_PASSWORD_ALPHABET, APP_PASSWORD_LENGTH, appPasswordCharacters } from '#core/app-password-shape.ts';
import { Fault } from '#core/fault.ts';
import { PROTOCOL_FACTS, type AppPasswordScope, type Protocol } from '#core/protocols.ts';
import { Secret } from '#core/secret.ts';
import { networkContains, parseNetwork } from '#core/network.ts';

import type { Keyring } from './keyring.ts';
import type { AppPasswordRecord } from '#policy/ports/records.ts';

const GROUP = /.{4}(?=.)/g;

/** What an app password is made with. */
export interface AppPasswordTerms {
  readonly account: string;
  readonly name: string;
  readonly scopes: readonly AppPasswordScope[];
  readonly expiresAt?: number | undefined;
  readonly networks?: readonly string[] | undefined;
  /** Keep a sealed copy, so that it can be shown again. */
  readonly revealable: boolean;
}

/** A login that offers a secret. */
export interface Presented {
  readonly account: string;
  readonly secret: Secret;
  readonly protocol: Protocol;
  /** The client's address. */
  readonly address: string;
  readonly now: number;
}

export type AppPasswordMatch =
  | { readonly kind: 'live'; readonly id: string; readonly generation: number; readonly expiresAt: number | undefined }
  | { readonly kind: 'unfit'; readonly id: string; readonly why: 'expired' | 'out-of-scope' | 'network' }
  | { readonly kind: 'no-match' };

/** Random text of the alphabet. 32 divides 256, so taking a byte modulo 32 favours no character. */
export function randomText(length: number): string {
  const { length: size } = APP_PASSWORD_ALPHABET;
  return Array.from(randomBytes(length), (byte) => APP_PASSWORD_ALPHABET.charAt(byte % size)).join('');
}

/** The secret as it is shown: `abcd efgh jkmn pqrs`. */
export function formatAppPassword(secret: Secret): string {
  return secret.expose().replace(GROUP, '$& ');
}

/** Makes a new app password: the record to keep and the secret to show. */
export function makeAppPassword(
  keyring: Keyring,
  terms: AppPasswordTerms,
  now: number,
): { readonly record: AppPasswordRecord; readonly secret: Secret } {
  const { account, revealable, ...kept } = terms;
  const id = `p${randomText(10)}`;
  const { secret, ...proof } = makeProof(keyring, { account, id, revealable });
  return { record: { id, ...kept, ...proof, createdAt: now, generation: 1 }, secret };
}

/** Gives an app password a new secret. What the old one opened is of an earlier generation and no longer covered. */
export function resetAppPassword(
  keyring: Keyring,
  record: AppPasswordRecord,
  terms: Pick<AppPasswordTerms, 'account' | 'revealable'>,
): { readonly record: AppPasswordRecord; readonly secret: Secret } {
  const { secret, ...proof } = makeProof(keyring, { ...terms, id: record.id });
  return { record: { ...record, ...proof, generation: record.generation + 1 }, secret };
}

/**
 * Compares a secret with all app passwords of an account, in the same time wherever it matches: one digest per master
 * key in use, whatever their number. Throws KEY_INVALID when nothing matched and a record's key is not on the keyring.
 */
export function checkAppPassword(
  keyring: Keyring,
  records: readonly AppPasswordRecord[],
  presented: Presented,
): AppPasswordMatch {
  const typed = appPasswordCharacters(presented.secret.expose());
  if (typed === undefined) return { kind: 'no-match' };
  const digests = new Map<string, string>();
  let match: AppPasswordRecord | undefined;
  let missingKey: string | undefined;
  for (const record of records) {
    if (!keyring.has(record.keyId)) {
      missingKey = record.keyId;
      continue;
    }
    const digest = digests.get(record.keyId) ?? digestOf(keyring, presented.account, typed, record.keyId);
    digests.set(record.keyId, digest);
    if (sameText(digest, record.digest)) match = record;
  }
  if (match !== undefined) return fitOf(match, presented);
  if (missingKey === undefined) return { kind: 'no-match' };
  throw new Fault('KEY_INVALID', 'an app password was made with a key that is not in the key file', {
    fields: { account: presented.account, keyId: missingKey },
  });
}

/** True while an app password may be used at all: it has no expiry, or one that is still ahead. */
export function isLive(record: AppPasswordRecord, now: number): boolean {
  return record.expiresAt === undefined || record.expiresAt > now;
}

/** Compares two texts without telling by its duration where they differ. */
export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function fitOf(record: AppPasswordRecord, { protocol, address, now }: Presented): AppPasswordMatch {
  const { id, generation, expiresAt } = record;
  if (!isLive(record, now)) return { kind: 'unfit', id, why: 'expired' };
  if (!record.scopes.includes(PROTOCOL_FACTS[protocol].scope)) return { kind: 'unfit', id, why: 'out-of-scope' };
  if (!fromPermittedNetwork(record, address)) return { kind: 'unfit', id, why: 'network' };
  return { kind: 'live', id, generation, expiresAt };
}

function fromPermittedNetwork({ networks }: AppPasswordRecord, address: string): boolean {
  if (networks === undefined) return true;
  return networks.some((text) => {
    const network = parseNetwork(text);
    return network !== undefined && networkContains(network, address);
  });
}

function makeProof(
  keyring: Keyring,
  { account, id, revealable }: { account: string; id: string; revealable: boolean },
): Pick<AppPasswordRecord, 'digest' | 'keyId' | 'sealed'> & { readonly secret: Secret } {
  const text = randomText(APP_PASSWORD_LENGTH);
  const secret = new Secret(text);
  return {
    digest: digestOf(keyring, account, text, keyring.currentId),
    keyId: keyring.currentId,
    sealed: revealable ? keyring.seal(secret, { account, recordId: id }) : undefined,
    secret,
  };
}

function digestOf(keyring: Keyring, account: string, characters: string, keyId: string): string {
  return keyring.digest('app-password', [account, characters], keyId);
}
