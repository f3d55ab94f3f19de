/**
 * One-time links under which a device fetches its settings: 256 random bits, kept as their keyed digest for five minutes.
 * A link is bound to the account as it was: a change of its factors, or a suspension, ends it.
 */

import type { Account } from '#core/identity.ts';
import { Secret } from '#core/secret.ts';
import type { EphemeralValues } from '#policy/ports/ephemeral.ts';
import { factorsMark } from '#policy/factors/factors.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { accountNamed } from '#policy/accounts/user-listing.ts';
import { randomToken } from '#portal/session/browser-sessions.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

const LINK_MINUTES = 5;

/** Whose device it is and what it is called. */
export interface SetUpLink {
  readonly account: Account;
  readonly name: string;
}

/** Makes a link's token for a device of this account. */
export async function makeSetUpLink(
  context: PolicyContext,
  account: Account,
  about: { readonly name: string; readonly record: AccountRecord },
): Promise<Secret> {
  const token = randomToken();
  const createdAt = context.clock();
  const value = {
    account: account.name,
    name: about.name,
    form: 'mobileconfig',
    createdAt,
    factorsMark: factorsMark(context.keyring, account.name, about.record),
  };
  await context.store.ephemeral.put(refOf(context, token), { value, expiresAt: createdAt + LINK_MINUTES * 60_000 });
  return new Secret(token);
}

/** The link with this token, left as it is; undefined when there is none, or it was used or ended. */
export async function lookUpLink(context: PolicyContext, token: string): Promise<SetUpLink | undefined> {
  return stillGood(context, (await context.store.ephemeral.load(refOf(context, token)))?.value);
}

/** The same, and the link is used up: of any number of parallel callers one gets it. */
export async function useLink(context: PolicyContext, token: string): Promise<SetUpLink | undefined> {
  return stillGood(context, await context.store.ephemeral.consume(refOf(context, token)));
}

async function stillGood(
  context: PolicyContext,
  link: EphemeralValues['set-up-link'] | undefined,
): Promise<SetUpLink | undefined> {
  if (link === undefined) return undefined;
  const account = accountNamed(link.account);
  const { record } = await context.store.lookupAccount(account);
  if (record === undefined || record.suspended !== undefined) return undefined;
  const same = factorsMark(context.keyring, account.name, record) === link.factorsMark;
  return same ? { account, name: link.name } : undefined;
}

// Nobody owns it: its address names nobody.
function refOf({ keyring }: PolicyContext, token: string) {
  return { kind: 'set-up-link', id: keyring.digest('browser-session', ['set-up', token]), owner: undefined } as const;
}
