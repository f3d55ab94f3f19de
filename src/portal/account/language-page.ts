/** The switch of the language, at the foot of every page. */

import { noteLanguage } from '#policy/accounts/accounts.ts';
import { COOKIES } from '#portal/http/cookies.ts';
import { PATHS, placeNamed } from '#portal/http/paths.ts';
import { languageNamed } from '#portal/texts/texts.ts';
import { redirect, type Answer, type Route, type Visit } from '#portal/http/page.ts';

const YEAR_SECONDS = 31_536_000;

export const languageRoutes: readonly Route[] = [
  { method: 'POST', path: PATHS.language, level: 'public', handle: chooseLanguage },
];

async function chooseLanguage(visit: Visit): Promise<Answer> {
  const language = languageNamed(visit.form.text('language'));
  const here = placeNamed(visit.form.text('here'), Object.values(PATHS)) ?? PATHS.home;
  if (language === undefined) return redirect(here);
  // Mail to somebody who is all the way in follows; anybody else could choose for the account.
  if (visit.who?.session.level === 'full') await noteLanguage(visit.parts.tools, visit.who.account, language);
  return redirect(here, { cookies: [{ name: COOKIES.language, value: language, maxAgeSeconds: YEAR_SECONDS }] });
}
