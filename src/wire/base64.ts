/** Strict base64 (RFC 4648 §4, as RFC 4422 profiles use it): one spelling per value, nothing ignored. */

const CANONICAL = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes, or undefined when the text has a foreign character, a wrong length or padding, or stray low bits. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!CANONICAL.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  // RFC 4648 §3.5: unused bits must be zero, or two texts would mean one value.
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Base64 of bytes, or of text as UTF-8. */
export function encodeBase64(value: string | Uint8Array): string {
  return (typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value)).toString('base64');
}
