/**
 * One-time links under which a device fetches its settings: 256 random bits, kept as their keyed digest for five minutes.
 * A link is bound to the account as it was: a change of its factors, or a suspension, ends it.
 */

import type { Account } from '#core/identity.ts';
import { Secret } from '#core/secret.ts';
import type { EphemeralValues } from '#policy/ports/ephemeral.ts';
import { factorsMark } from '#policy/factors/factors.ts';
import type { PolicyTools } from '#policy/changes/account-changes.ts';
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
  tools: PolicyTools,
  account: Account,
  about: { readonly name: string; readonly record: AccountRecord },
): Promise<Secret> {
  const token = randomToken();
  const createdAt = tools.clock();
  const value = {
    account: account.name,
    name: about.name,
    form: 'mobileconfig',
    createdAt,
    factorsMark: factorsMark(tools.keyring, account.name, about.record),
  };
  await tools.store.ephemeral.put(refOf(tools, token), { value, expiresAt: createdAt + LINK_MINUTES * 60_000 });
  return new Secret(token);
}

/** The link with this token, left as it is; undefined when there is none, or it was used or ended. */
export async function lookUpLink(tools: PolicyTools, token: string): Promise<SetUpLink | undefined> {
  return stillGood(tools, (await tools.store.ephemeral.load(refOf(tools, token)))?.value);
}

/** The same, and the link is used up: of any number of parallel callers one gets it. */
export async function useLink(tools: PolicyTools, token: string): Promise<SetUpLink | undefined> {
  return stillGood(tools, await tools.store.ephemeral.consume(refOf(tools, token)));
}

async function stillGood(
  tools: PolicyTools,
  link: EphemeralValues['set-up-link'] | undefined,
): Promise<SetUpLink | undefined> {
  if (link === undefined) return undefined;
  const account = accountNamed(link.account);
  const { record } = await tools.store.lookupAccount(account);
  if (record === undefined || record.suspended !== undefined) return undefined;
  const same = factorsMark(tools.keyring, account.name, record) === link.factorsMark;
  return same ? { account, name: link.name } : undefined;
}

// Nobody owns it: its address names nobody.
function refOf({ keyring }: PolicyTools, token: string) {
  return { kind: 'set-up-link', id: keyring.digest('browser-session', ['set-up', token]), owner: undefined } as const;
}
