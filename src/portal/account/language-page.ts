/** The switch of the language, at the foot of every page. */

import { noteLanguage } from '#policy/accounts/accounts.ts';
import { COOKIES } from '#portal/http/cookies.ts';
import { PATHS, placeNamed } from '#portal/http/paths.ts';
import { languageNamed } from '#core/languages.ts';
import { redirect, type PageResponse, type Route, type PageRequest } from '#portal/http/page.ts';

const YEAR_SECONDS = 31_536_000;

export const languageRoutes: readonly Route[] = [
  { method: 'POST', path: PATHS.language, level: 'public', handle: chooseLanguage },
];

async function chooseLanguage(request: PageRequest): Promise<PageResponse> {
  const language = languageNamed(request.form.text('language'));
  const here = placeNamed(request.form.text('here'), Object.values(PATHS)) ?? PATHS.home;
  if (language === undefined) return redirect(here);
  // Mail to somebody who is all the way in follows; anybody else could choose for the account.
  if (request.who?.session.level === 'full') await noteLanguage(request.parts.context, request.who.account, language);
  return redirect(here, { cookies: [{ name: COOKIES.language, value: language, maxAgeSeconds: YEAR_SECONDS }] });
}
