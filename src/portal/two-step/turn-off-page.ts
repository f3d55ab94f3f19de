/** Turning 2-Step Authentication off, where the domain leaves that to its users. */

import { turnOff } from '#policy/factors/factors.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS } from '#portal/http/paths.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { restartSession } from './renew-session.ts';

export const turnOffRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.turnOff, level: 'recent', handle: ask },
  { method: 'POST', path: PATHS.turnOff, level: 'recent', returnTo: PATHS.turnOff, handle: turnOffNow },
];

async function ask(request: SignedInRequest): Promise<PageResponse> {
  const { twoStep: words } = request.texts;
  // A page that was open when the domain was forced, or another window has turned it off.
  if (request.who.policy.mode === 'forced' || request.who.record.enrolledAt === undefined)
    return redirect(PATHS.twoStep);
  const answers = html`<div class="answers">
    <button class="main danger">${words.turnOff}</button> ${cancelLink(request)}
  </div>`;
  const body = html`${paneHead(request, words.turnOffTitle)}
    <section class="card">
      <p>${words.turnOffLead}</p>
      ${form(request, PATHS.turnOff, answers)}
    </section>`;
  return { kind: 'page', title: words.turnOffTitle, body };
}

async function turnOffNow(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who } = request;
  await turnOff(parts.context, who.account.name, who.account);
  const { cookie } = await restartSession(request);
  return redirect(PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}
