/**
 * Who may log in at the demo mail server: its own accounts with their ordinary passwords, and the gateway as any of
 * them (`account*master` with the master's password, Dovecot's way of impersonation).
 */

import { createHash, timingSafeEqual } from 'node:crypto';

export interface MailAccounts {
  /** Ordinary passwords by address. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly master: { readonly user: string; readonly password: string };
}

const SEPARATOR = '*';

/** The account that these credentials open, or undefined. */
export function authenticate(accounts: MailAccounts, username: string, password: string): string | undefined {
  const at = username.lastIndexOf(SEPARATOR);
  const account = (at < 0 ? username : username.slice(0, at)).toLowerCase();
  const master = at < 0 ? undefined : username.slice(at + 1);
  if (!Object.hasOwn(accounts.passwords, account)) return undefined;
  if (master !== undefined && master !== accounts.master.user) return undefined;
  const expected = master === undefined ? accounts.passwords[account] : accounts.master.password;
  return expected !== undefined && equal(expected, password) ? account : undefined;
}

/** The account with this address, or undefined. */
export function lookupAddress(accounts: MailAccounts, address: string): string | undefined {
  const account = address.toLowerCase();
  return Object.hasOwn(accounts.passwords, account) ? account : undefined;
}

function equal(expected: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}
