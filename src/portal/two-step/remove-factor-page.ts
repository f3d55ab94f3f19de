/** Taking one of several factors away. */

import { Fault } from '#core/fault.ts';
import { removeFactor } from '#policy/factors/factors.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { restartSession } from './renew-session.ts';

export const removeFactorRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.removeFactor, level: 'recent', handle: ask },
  { method: 'POST', path: PATHS.removeFactor, level: 'recent', returnTo: PATHS.removeFactor, handle: remove },
];

async function ask(visit: SignedVisit): Promise<Answer> {
  const { twoStep: words, email } = visit.texts;
  const factor = named(visit);
  const title = words.removeNamed(factor === 'totp' ? words.totp : email.method);
  const answers = html`<div class="answers">
    <button class="main danger">${words.remove}</button> ${cancelLink(visit)}
  </div>`;
  const body = html`${paneHead(visit, title)}
    <section class="card">
      <p>${words.removeLead}</p>
      ${form(visit, withId(PATHS.removeFactor, factor), answers)}
    </section>`;
  return { kind: 'page', title, body };
}

async function remove(visit: SignedVisit): Promise<Answer> {
  const { parts, who } = visit;
  await removeFactor(parts.tools, who.account.name, who.account, named(visit));
  const { cookie } = await restartSession(visit);
  return redirect(PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

function named({ id, who }: SignedVisit): 'totp' | 'email' {
  if ((id === 'totp' || id === 'email') && who.factors.includes(id)) return id;
  throw new Fault('NOT_FOUND', 'the account has no such factor');
}
