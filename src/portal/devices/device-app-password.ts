/** What setting a device up by a code comes down to: is it possible here, and an app password of its own for the device. */

import { PROTOCOL_FACTS, type Protocol } from '#core/protocols.ts';
import type { Account } from '#core/identity.ts';
import { addAppPassword, checkedName, type FreshAppPassword } from '#policy/app-passwords/app-passwords.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { MailServer } from '#portal/ports/portal-services.ts';
import type { SignedInUser } from '#portal/http/page.ts';

/** True when the mail apps of this account need an app password. */
export function usesAppPasswords({ policy, record }: Pick<SignedInUser, 'policy' | 'record'>): boolean {
  return policy.mode !== 'disabled' && record.enrolledAt !== undefined;
}

export interface WholeServers {
  readonly imap: MailServer;
  readonly submission: MailServer;
}

/** What a mail app receives and sends with. */
const DEVICE_PROTOCOLS = ['imap', 'submission'] as const;
const DEVICE_SCOPES = DEVICE_PROTOCOLS.map((protocol) => PROTOCOL_FACTS[protocol].scope);

/** What a mail app needs for receiving and for sending; undefined when one of them is missing. */
export function wholeServers(servers: readonly MailServer[]): WholeServers | undefined {
  const named = (protocol: Protocol) => servers.find((server) => server.protocol === protocol);
  const [imap, submission] = DEVICE_PROTOCOLS.map(named);
  return imap === undefined || submission === undefined ? undefined : { imap, submission };
}

/** True when the account has room for one more app password. */
export function hasRoom(context: PolicyContext, { policy, record }: Pick<SignedInUser, 'policy' | 'record'>): boolean {
  return (
    record.appPasswords.length < Math.min(context.maxAppPasswords, policy.maxAppPasswords ?? context.maxAppPasswords)
  );
}

/** Room for a number behind a name that is taken. */
const NAME_ROOM = 60;

/**
 * Makes the app password of a device, for receiving and sending, under the device's name; where the account has one of
 * this name, a number is added to it. Throws as addAppPassword does.
 */
export async function deviceAppPassword(
  context: PolicyContext,
  account: Account,
  name: string,
): Promise<FreshAppPassword> {
  const taken = (await context.store.lookupAccount(account)).record?.appPasswords.map((one) => one.name) ?? [];
  const base = checkedName(name).slice(0, NAME_ROOM);
  const names = [base, ...taken.map((_other, index) => `${base} ${index + 2}`)];
  const free = names.find((one) => !taken.includes(one)) ?? base;
  return addAppPassword(context, account.name, account, { name: free, scopes: DEVICE_SCOPES });
}
