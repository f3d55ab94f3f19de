/** A browser in a few words, "Firefox, Android": for its owner to recognise it by, never to decide anything by. */

const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['SamsungBrowser', 'Samsung Internet'],
  ['Firefox', 'Firefox'],
  ['FxiOS', 'Firefox'],
  ['CriOS', 'Chrome'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const;

const SYSTEMS = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

/** The words for a User-Agent (RFC 9110 §10.1.5); "Browser" for one that is not known. */
export function browserName(userAgent: string): string {
  const text = userAgent.slice(0, 500);
  const browser = BROWSERS.find(([sign]) => text.includes(`${sign}/`))?.[1] ?? 'Browser';
  const system = SYSTEMS.find(([sign]) => text.includes(sign))?.[1];
  return system === undefined ? browser : `${browser}, ${system}`;
}
