/** The words of the portal in each language, and which of them a browser asks for. */

import { DEFAULT_LANGUAGE, languageNamed, type Language } from '#core/languages.ts';
import { en } from './en.ts';
import { ms } from './ms.ts';
import type { Texts } from './shape.ts';

const TEXTS: Readonly<Record<Language, Texts>> = { en, ms };

/** All texts in a language. */
export function textsOf(language: Language): Texts {
  return TEXTS[language];
}

/** The first of ours that a browser asks for; the default when it asks for none. RFC 9110 §12.5.4. */
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
  return wanted.find(({ language }) => language !== undefined)?.language ?? DEFAULT_LANGUAGE;
}
