/**
 * Forms of other sites are refused twice: by the headers with which browsers say where a form came from, and by a token
 * in each form that is a keyed digest of the browser's cookie. Before a sign-in the cookie is that of a visitor.
 */

import { sameText } from '#policy/secrets/app-password.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';

/** The name of the form's field. */
export const CSRF_FIELD = 'token';

/** The token of the forms of this browser. */
export function csrfToken(keyring: Keyring, cookie: string): string {
  return keyring.digest('browser-session', ['form', cookie]);
}

/** True when the form carries this browser's token. Without a cookie there is none. */
export function isOwnForm(keyring: Keyring, cookie: string, token: string): boolean {
  return cookie !== '' && sameText(csrfToken(keyring, cookie), token);
}

/** True when the browser says that the form is one of ours. `Origin` comes with every POST (Fetch §3.2). */
export function isOwnOrigin(
  headers: { readonly origin?: string | undefined; readonly 'sec-fetch-site'?: string | string[] | undefined },
  url: URL,
): boolean {
  const site = headers['sec-fetch-site'];
  return headers.origin === url.origin && (site === undefined || site === 'same-origin');
}
