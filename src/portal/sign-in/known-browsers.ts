/**
 * Tells the owner of an account of a sign-in from a browser that was not seen before. A browser is known by a cookie that
 * holds a keyed digest for each account that has signed in there: it opens nothing and nothing is stored here. Whoever
 * deletes cookies gets one more mail.
 */

import type { Account } from '#core/identity.ts';
import { tellOfNewBrowser } from '#policy/accounts/accounts.ts';
import { noteBrowser } from './audit-sign-in.ts';
import { COOKIES, type CookieChange } from '#portal/http/cookies.ts';
import { networkText } from '#portal/http/network-text.ts';
import type { PageRequest } from '#portal/http/page.ts';

/** Accounts that one browser is known for. */
const MOST = 8;
/** As long as browsers keep a cookie (draft-ietf-httpbis-rfc6265bis §5.5): 400 days. */
const MAX_AGE_SECONDS = 34_560_000;

/** Writes a whole sign-in down, tells its owner of a new browser, and gives the cookie that makes it a known one. */
export async function noteSignIn(request: PageRequest, account: Account): Promise<CookieChange> {
  await noteBrowser(request, account, 'browser.signed-in');
  const { context } = request.parts;
  const mark = context.keyring.digest('browser-session', ['seen', account.name]);
  const marks = request.seenBrowser.split('.').filter((one) => one !== '');
  if (!marks.includes(mark)) {
    await tellOfNewBrowser(context, account, { browser: request.browser, network: networkText(request.address) });
  }
  const value = [mark, ...marks.filter((one) => one !== mark)].slice(0, MOST).join('.');
  return { name: COOKIES.seen, value, maxAgeSeconds: MAX_AGE_SECONDS };
}
