/** The languages of the portal, and which of them a browser asks for. */

import { en } from './en.ts';
import { ms } from './ms.ts';
import type { Texts } from './shape.ts';

export const LANGUAGES = { en: 'English', ms: 'Bahasa Melayu' } as const;
export type Language = keyof typeof LANGUAGES;

const TEXTS: Readonly<Record<Language, Texts>> = { en, ms };

/** All texts in a language. */
export function textsOf(language: Language): Texts {
  return TEXTS[language];
}

/** The language with this name. */
export function languageNamed(name: string): Language | undefined {
  const known: readonly Language[] = ['en', 'ms'];
  return known.find((language) => language === name);
}

/** The first of ours that a browser asks for; English when it asks for none. RFC 9110 §12.5.4. */
export function preferredLanguage(acceptLanguage: string): Language {
  const wanted = acceptLanguage
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const q = parameters.find((parameter) => parameter.startsWith('q='));
      return { language: languageNamed(range.split('-')[0] ?? ''), weight: q === undefined ? 1 : Number(q.slice(2)) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  return wanted.find(({ language }) => language !== undefined)?.language ?? 'en';
}
