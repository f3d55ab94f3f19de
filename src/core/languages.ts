/** The languages in which people are addressed, in the portal and by mail. */

/** Their codes (BCP 47) and their own names. */
export const LANGUAGES = [
  { code: 'en', name: 'English' },
  { code: 'ms', name: 'Bahasa Melayu' },
] as const;
export type Language = (typeof LANGUAGES)[number]['code'];

/** The language of those who choose none. */
export const DEFAULT_LANGUAGE: Language = 'en';

/** The language with this code; undefined where it is none of ours. */
export function languageNamed(code: string): Language | undefined {
  return LANGUAGES.find((language) => language.code === code)?.code;
}
