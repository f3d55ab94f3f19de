/** After a change of factors every browser session of the account is over; this browser's begins anew, under the new ones. */

import { noteLanguage } from '#policy/accounts/accounts.ts';
import { factorsMark } from '#policy/factors/factors.ts';
import type { BegunSession } from '#portal/session/browser-sessions.ts';
import type { SignedInRequest } from '#portal/http/page.ts';
import { EMPTY_ACCOUNT } from '#policy/ports/records.ts';

/** Begins this browser's session anew. Only for whoever has just given all factors. */
export async function restartSession(request: SignedInRequest): Promise<BegunSession> {
  const { parts, who, sessions, now, language } = request;
  await noteLanguage(parts.context, who.account, language);
  const { record = EMPTY_ACCOUNT } = await parts.context.store.lookupAccount(who.account);
  const { account, network, browser } = who.session;
  return sessions.begin({
    account,
    language,
    network,
    browser,
    level: 'full',
    secondFactorAt: now,
    factorsMark: factorsMark(parts.context.keyring, account, record),
  });
}
