/** The words of every mail, one object per language; a missing one does not compile. */

import { unreachable } from '#core/fault.ts';
import type { MailLanguage } from '#mail/content.ts';
import { en } from './en.ts';
import { ms } from './ms.ts';
import type { MailTexts } from './shape.ts';

/** The words of a language. */
export function mailTexts(language: MailLanguage): MailTexts {
  switch (language) {
    case 'en':
      return en;
    case 'ms':
      return ms;
    default:
      return unreachable(language);
  }
}
