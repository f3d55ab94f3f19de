/**
 * The portal's cookies, all of one kind: bound to this host and to HTTPS by the prefix `__Host-`, out of reach of
 * scripts, not sent with forms of other sites. draft-ietf-httpbis-rfc6265bis §4.1.3.
 */

export const COOKIES = {
  session: '__Host-postern',
  language: '__Host-postern-language',
  trustedBrowser: '__Host-postern-browser',
  seen: '__Host-postern-seen',
} as const;

type CookieName = (typeof COOKIES)[keyof typeof COOKIES];

export const COOKIE_FORM = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;

export interface CookieChange {
  readonly name: CookieName;
  /** '' takes the cookie away. */
  readonly value: string;
  /** Absent: until the browser is closed. */
  readonly maxAgeSeconds?: number | undefined;
}

/** The cookie of a session, kept until the browser is closed. */
export function sessionCookie(value: string): CookieChange {
  return { name: COOKIES.session, value };
}
