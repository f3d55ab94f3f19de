/** Two-step for an account as an administrator turns it on at the command line, with codes as a phone would show them. */

import { generateSync } from 'otplib';
import type { Gateway } from './gateway.ts';

export interface AddedAppPassword {
  readonly id: string;
  readonly password: string;
}

/** Enrols an account with an authenticator app; returns its first app password. */
export async function enrol(gateway: Gateway, account: string): Promise<string> {
  const begun = await gateway.cli('account', 'enrol', account);
  const code = generateSync({ secret: textIn(begun, 'key') });
  return textIn(await gateway.cli('account', 'enrol', account, '--code', code), 'appPassword');
}

/** Makes another app password for an enrolled account; `more` are options of the command. */
export async function addAppPassword(
  gateway: Gateway,
  account: string,
  name: string,
  ...more: readonly string[]
): Promise<AddedAppPassword> {
  const added = await gateway.cli('app-password', 'add', account, name, ...more);
  return { id: textIn(added, 'id'), password: textIn(added, 'secret') };
}

/** One text of what a command printed as JSON. */
function textIn(printed: unknown, field: string): string {
  const value: unknown = typeof printed === 'object' && printed !== null ? Reflect.get(printed, field) : undefined;
  if (typeof value !== 'string') throw new Error(`no ${field} in ${JSON.stringify(printed)}`);
  return value;
}
