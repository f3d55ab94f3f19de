/** Taking one of several factors away. */

import { Fault } from '#core/fault.ts';
import { removeFactor } from '#policy/factors/factors.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { restartSession } from './renew-session.ts';

export const removeFactorRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.removeFactor, level: 'recent', handle: ask },
  { method: 'POST', path: PATHS.removeFactor, level: 'recent', returnTo: PATHS.removeFactor, handle: remove },
];

async function ask(request: SignedInRequest): Promise<PageResponse> {
  const { twoStep: words, email } = request.texts;
  const factor = named(request);
  const title = words.removeNamed(factor === 'totp' ? words.totp : email.method);
  const answers = html`<div class="answers">
    <button class="main danger">${words.remove}</button> ${cancelLink(request)}
  </div>`;
  const body = html`${paneHead(request, title)}
    <section class="card">
      <p>${words.removeLead}</p>
      ${form(request, withId(PATHS.removeFactor, factor), answers)}
    </section>`;
  return { kind: 'page', title, body };
}

async function remove(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who } = request;
  await removeFactor(parts.context, who.account.name, who.account, named(request));
  const { cookie } = await restartSession(request);
  return redirect(PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

function named({ id, who }: SignedInRequest): 'totp' | 'email' {
  if ((id === 'totp' || id === 'email') && who.factors.includes(id)) return id;
  throw new Fault('NOT_FOUND', 'the account has no such factor');
}
