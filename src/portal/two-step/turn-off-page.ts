/** Turning 2-Step Authentication off, where the domain leaves that to its users. */

import { turnOff } from '#policy/factors/factors.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS } from '#portal/http/paths.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { restartSession } from './renew-session.ts';

export const turnOffRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.turnOff, level: 'recent', handle: ask },
  { method: 'POST', path: PATHS.turnOff, level: 'recent', returnTo: PATHS.turnOff, handle: turnOffNow },
];

async function ask(visit: SignedVisit): Promise<Answer> {
  const { twoStep: words } = visit.texts;
  // A page that was open when the domain was forced, or another window has turned it off.
  if (visit.who.policy.mode === 'forced' || visit.who.record.enrolledAt === undefined) return redirect(PATHS.twoStep);
  const answers = html`<div class="answers">
    <button class="main danger">${words.turnOff}</button> ${cancelLink(visit)}
  </div>`;
  const body = html`${paneHead(visit, words.turnOffTitle)}
    <section class="card">
      <p>${words.turnOffLead}</p>
      ${form(visit, PATHS.turnOff, answers)}
    </section>`;
  return { kind: 'page', title: words.turnOffTitle, body };
}

async function turnOffNow(visit: SignedVisit): Promise<Answer> {
  const { parts, who } = visit;
  await turnOff(parts.tools, who.account.name, who.account);
  const { cookie } = await restartSession(visit);
  return redirect(PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}
