/** The second step of a sign-in: a code of the authenticator app, or a recovery code; and what to do without either. */

import { noteBrowser } from '../browser-audit.ts';
import { html } from '../html.ts';
import { linkWithNext } from '../layout.ts';
import { PATHS } from '../paths.ts';
import { judgeFactor, type WayKind } from '../second-factor.ts';
import { redirect, type Answer, type Route, type SignedVisit, type Visit } from '../visit.ts';
import { factorForm, refusalStatus, type FactorRefusal } from './factor-form.ts';
import { sessionCookie } from './sign-in.ts';

export const secondFactorRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.secondFactor, level: 'password', handle: (visit) => ask(visit, 'totp') },
  { method: 'GET', path: PATHS.recoveryCode, level: 'password', handle: (visit) => ask(visit, 'recovery-code') },
  { method: 'POST', path: PATHS.secondFactor, level: 'password', returnTo: PATHS.secondFactor, handle: check },
  { method: 'GET', path: PATHS.lostEverything, level: 'public', handle: async (visit) => helpPage(visit) },
];

async function ask(visit: SignedVisit, factor: WayKind, refusal?: FactorRefusal): Promise<Answer> {
  const { texts, who } = visit;
  const { signIn: words } = texts;
  // Somebody who is all the way in has nothing to add here.
  if (who.session.level === 'full') return redirect(visit.next ?? PATHS.twoStep);
  const title = factor === 'totp' ? words.factorTitle : words.recoveryTitle;
  const other =
    factor === 'totp'
      ? html`<a href="${linkWithNext(visit, PATHS.recoveryCode)}">${words.lostPhone}</a>`
      : html`<a href="${linkWithNext(visit, PATHS.secondFactor)}">${words.useApp}</a><br />
          <a href="${visit.link(PATHS.lostEverything)}">${words.lostEverything}</a>`;
  const body = html`<div class="card">
    <h1>${title}</h1>
    <p class="lead">${words.signingInAs(who.account.name)}</p>
    <p>${factor === 'totp' ? words.totpLead : words.recoveryLead}</p>
    ${factorForm(visit, { factor, action: PATHS.secondFactor, submit: words.check }, refusal)}
    <p class="other">${other}</p>
  </div>`;
  return { kind: 'page', status: refusalStatus(refusal), title, body };
}

async function check(visit: SignedVisit): Promise<Answer> {
  const { parts, sessions, who, address, now } = visit;
  if (who.session.level === 'full') return redirect(visit.next ?? PATHS.twoStep);
  const factor = visit.form.text('factor') === 'recovery-code' ? 'recovery-code' : 'totp';
  const code = visit.form.secret('code');
  const outcome = await judgeFactor(parts, { account: who.account, address, factor, code });
  if (outcome.kind !== 'right') {
    if (outcome.kind !== 'throttled') await noteBrowser(visit, who.account, 'browser.refused');
    return ask(visit, factor, outcome);
  }
  const { cookie } = await sessions.renew(who.session, { level: 'full', secondFactorAt: now });
  await noteBrowser(visit, who.account, 'browser.signed-in');
  return redirect(visit.next ?? PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

function helpPage(visit: Visit): Answer {
  const { signIn: words } = visit.texts;
  const steps = words.helpSteps.split('\n').map((step) => html`<li>${step}</li>`);
  const body = html`<div class="card">
    <h1>${words.helpTitle}</h1>
    <p class="lead">${words.helpLead}</p>
    <ol>
      ${steps}
    </ol>
    <p>${words.helpMailApps}</p>
    <p class="other"><a href="${visit.link(PATHS.signIn)}">${words.title}</a></p>
  </div>`;
  return { kind: 'page', title: words.helpTitle, body };
}
