/**
 * Headers of every answer. Pages may load nothing but our own style, script and pictures, may not be framed, and are kept
 * by no cache: not by the browser's own, so that the back button shows nothing after a sign-out (RFC 9111 §5.2.2.5).
 */

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const PERMISSIONS_POLICY = ['camera', 'geolocation', 'microphone', 'payment', 'usb']
  .map((name) => `${name}=()`)
  .join(', ');

const EVERYWHERE = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': PERMISSIONS_POLICY,
  // Not no-referrer: with it browsers send `Origin: null` even with our own forms (Fetch §3.2).
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex',
} as const;

/** The headers of every answer of a portal with this address. */
export function headersFor(url: URL): Readonly<Record<string, string>> {
  if (url.protocol !== 'https:') return EVERYWHERE;
  return { ...EVERYWHERE, 'strict-transport-security': 'max-age=31536000' };
}

export const PAGE_HEADERS = { 'cache-control': 'no-store', vary: 'Accept-Language, Cookie' } as const;
export const ASSET_HEADERS = { 'cache-control': 'public, max-age=31536000, immutable' } as const;
