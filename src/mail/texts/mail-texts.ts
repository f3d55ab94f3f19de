/** The words of every mail, one object per language; a missing one does not compile. */

import type { Language } from '#core/languages.ts';
import { en } from './en.ts';
import { ms } from './ms.ts';
import type { MailTexts } from './shape.ts';

const TEXTS: Readonly<Record<Language, MailTexts>> = { en, ms };

/** The words of a language. */
export function mailTexts(language: Language): MailTexts {
  return TEXTS[language];
}
