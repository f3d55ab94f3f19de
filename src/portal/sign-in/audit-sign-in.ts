/** Writes down, for the owner of an account to see, who signed in in a browser and who knew the password but no code. */

import type { Account } from '#core/identity.ts';
import { noteLanguage } from '#policy/accounts/accounts.ts';
import { auditAccount } from '#policy/changes/account-changes.ts';
import { networkText } from '#portal/http/network-text.ts';
import type { PageRequest } from '#portal/http/page.ts';

/** Says it in the audit of the account and in the log. */
export async function noteBrowser(
  { parts, address, browser, language }: PageRequest,
  account: Account,
  action: 'browser.signed-in' | 'browser.refused',
): Promise<void> {
  const detail = { browser, network: networkText(address) };
  if (action === 'browser.signed-in') await noteLanguage(parts.context, account, language);
  await auditAccount(parts.context, account, { actor: account.name, action, detail });
  const reason = action === 'browser.refused' ? 'second-factor' : undefined;
  parts.log.info(action, { user: account.name, address, reason });
}
