/**
 * Browsers that may leave the second factor out for as many days as the domain allows. Trust belongs to one account and
 * to its factors as they were; it stands in at sign-in only, never before a change.
 */

import { randomBytes } from 'node:crypto';

import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { sameText } from '#policy/secrets/app-password.ts';
import { policyAt } from '#policy/rules/domain-policy.ts';
import { factorsMark } from './factors.ts';

import type { Account } from '#core/identity.ts';
import type { EphemeralRef, TrustedBrowserRecord } from '#policy/ports/ephemeral.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { EMPTY_ACCOUNT } from '#policy/ports/records.ts';

export interface TrustedBrowser extends TrustedBrowserRecord {
  readonly id: string;
  readonly expiresAt: number;
}

const DAY_MS = 86_400_000;

/** Trusts a browser; returns the value of its cookie and until when. NOT_ALLOWED where the domain trusts none. */
export async function trustBrowser(
  context: PolicyContext,
  account: Account,
  seen: Pick<TrustedBrowserRecord, 'browser' | 'network'>,
): Promise<{ readonly token: Secret; readonly expiresAt: number }> {
  const { mark, days } = await standing(context, account);
  if (days === 0) throw new Fault('NOT_ALLOWED', `${account.domain} trusts no browsers`);
  const now = context.clock();
  const token = new Secret(randomBytes(32).toString('base64url'));
  const expiresAt = now + days * DAY_MS;
  const value = { account: account.name, ...seen, createdAt: now, usedAt: now, factorsMark: mark };
  await context.store.ephemeral.put(refOf(account, idOf(context, token)), { value, expiresAt });
  return { token, expiresAt };
}

/** The trusted browser of this cookie, noted as used now; undefined when it is not trusted by this account any more. */
export async function lookupTrustedBrowser(
  context: PolicyContext,
  account: Account,
  token: Secret,
): Promise<TrustedBrowser | undefined> {
  const ref = refOf(account, idOf(context, token));
  const entry = await context.store.ephemeral.load(ref);
  if (entry === undefined) return undefined;
  const { mark, days } = await standing(context, account);
  const now = context.clock();
  // A domain that has shortened the time means those trusted before, too.
  const until = Math.min(entry.expiresAt, entry.value.createdAt + days * DAY_MS);
  if (until <= now || !sameText(entry.value.factorsMark, mark)) return undefined;
  const value = { ...entry.value, usedAt: now };
  await context.store.ephemeral.update(ref, { ...entry, value });
  return { ...value, id: entry.id, expiresAt: until };
}

/** The browsers that an account trusts. */
export async function listTrustedBrowsers(
  context: PolicyContext,
  account: Account,
): Promise<readonly TrustedBrowser[]> {
  const [entries, { mark, days }] = await Promise.all([
    context.store.ephemeral.listOf(account.name, 'trusted-browser'),
    standing(context, account),
  ]);
  const now = context.clock();
  return entries
    .map(({ id, value, expiresAt }) => ({
      ...value,
      id,
      expiresAt: Math.min(expiresAt, value.createdAt + days * DAY_MS),
    }))
    .filter((one) => one.expiresAt > now && sameText(one.factorsMark, mark));
}

/** Ends the trust in one browser, by its id. False when there is none. */
export async function distrustBrowser(context: PolicyContext, account: Account, id: string): Promise<boolean> {
  return (await context.store.ephemeral.consume(refOf(account, id))) !== undefined;
}

/** Ends the trust in all browsers of an account. Returns how many there were. */
export async function distrustAllBrowsers(context: PolicyContext, { name }: Account): Promise<number> {
  return context.store.ephemeral.endAll(name, ['trusted-browser']);
}

async function standing({ store, keyring, clock }: PolicyContext, account: Account) {
  const [{ record = EMPTY_ACCOUNT }, domain] = await Promise.all([
    store.lookupAccount(account),
    store.lookupDomain(account.domain),
  ]);
  const { mode, trustedBrowserDays } = policyAt(domain.record, clock());
  const days = mode === 'disabled' || record.enrolledAt === undefined ? 0 : trustedBrowserDays;
  return { mark: factorsMark(keyring, account.name, record), days };
}

function refOf({ name }: Account, id: string): EphemeralRef<'trusted-browser'> {
  return { kind: 'trusted-browser', id, owner: name };
}

function idOf({ keyring }: PolicyContext, token: Secret): string {
  return keyring.digest('trusted-browser', [token.expose()]);
}
