/** A user name as a client typed it, fit for the log: people type their password where the name belongs. */

import { createHmac, randomBytes } from 'node:crypto';
import { canonicalAccount, type IdentityRules } from '#core/identity.ts';

/** Of this process alone, so that nobody can try passwords against what is logged. */
const KEY = randomBytes(32);
const SHOWN_CHARACTERS = 8;

/**
 * The account where the name is that of one, else a mark that is the same for the same text while this process runs, and
 * tells nothing of it.
 */
export function typedName(authcid: string, rules: IdentityRules): string {
  const found = canonicalAccount(authcid, rules);
  if (found.kind === 'account') return found.account.name;
  return `[no address: ${markOf(authcid)}]`;
}

/** The same mark for a name that no local admin has. */
export function unknownAdmin(typed: string): string {
  return `[no admin: ${markOf(typed)}]`;
}

function markOf(typed: string): string {
  return createHmac('sha256', KEY).update(typed).digest('hex').slice(0, SHOWN_CHARACTERS);
}
