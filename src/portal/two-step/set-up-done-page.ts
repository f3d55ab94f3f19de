/** The end of a set-up: what it gave is shown, once, and the browser's session begins anew. */

import { FIRST_APP_PASSWORD, type FactorAdded } from '#policy/factors/factors.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { html } from '#portal/markup/html.ts';
import { PATHS } from '#portal/http/paths.ts';
import { shownSecret } from '#portal/layout/secret-display.ts';
import { putFlash, shownCodes } from '#portal/session/flash.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { paneHead } from '#portal/layout/pane.ts';
import { codeList, keptForm } from './recovery-codes-page.ts';
import { restartSession } from './renew-session.ts';

export const setUpDoneRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.setUpDone, level: 'full', handle: done },
  { method: 'GET', path: PATHS.setUpReplaced, level: 'full', handle: replaced },
];

/** Goes on after a factor was added. */
export async function goOn(request: SignedInRequest, added: FactorAdded): Promise<PageResponse> {
  const { session, cookie } = await restartSession(request);
  const cookies = [sessionCookie(cookie)];
  if (added.kind !== 'enrolled' && added.kind !== 'restored') return redirect(PATHS.setUpReplaced, { cookies });
  await putFlash(request.parts, session, 'codes', { codes: added.recoveryCodes, appPassword: added.appPassword });
  return redirect(PATHS.setUpDone, { cookies });
}

async function done(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const { twoStep: words, appPasswords } = texts;
  const shown = await shownCodes(parts, who.session);
  if (shown === undefined) return redirect(PATHS.twoStep);
  const { appPassword } = shown;
  const label = appPasswords.copyNamed(FIRST_APP_PASSWORD);
  const password =
    appPassword !== undefined &&
    html`<section class="card" aria-labelledby="password">
      <h2 id="password">${words.donePassword}</h2>
      <p>${words.donePasswordLead}</p>
      <div class="secret-row">${shownSecret(request, 'app-password', appPassword, label)}</div>
      <p class="hint">${who.policy.reveal === 'always' ? words.doneKept : words.doneOnce}</p>
    </section>`;
  const body = html`${paneHead(request, words.doneTitle)}
    <p class="lead">${words.doneLead}</p>
    ${password}
    <section class="card" aria-labelledby="codes">
      <h2 id="codes">${words.codesTitle}</h2>
      ${codeList(request, shown)}
    </section>
    ${keptForm(request)}`;
  return { kind: 'page', title: words.doneTitle, body };
}

async function replaced(request: SignedInRequest): Promise<PageResponse> {
  const { twoStep: words, done: ok } = request.texts;
  const body = html`${paneHead(request, words.replacedTitle)}
    <section class="card">
      <p>${words.replacedLead}</p>
      <p><a class="button main" href="${request.link(PATHS.twoStep)}">${ok}</a></p>
    </section>`;
  return { kind: 'page', title: words.replacedTitle, body };
}
