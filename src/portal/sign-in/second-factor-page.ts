/** The second step of a sign-in, by each of the ways that the account has; and what to do when all are lost. */

import { makeFactorCode } from '#policy/factors/email-factor.ts';
import { trustBrowser } from '#policy/factors/trusted-browsers.ts';
import { noteBrowser } from './audit-sign-in.ts';
import { sendCode, type Sending } from './send-code.ts';
import { COOKIES, sessionCookie, type CookieChange } from '#portal/http/cookies.ts';
import { html } from '#portal/markup/html.ts';
import { networkText } from '#portal/http/network-text.ts';
import { PATHS } from '#portal/http/paths.ts';
import { noteSignIn } from './known-browsers.ts';
import { codeIn, judgeFactor, wayNamed, waysOf, type WayKind } from './check-factor.ts';
import { redirect, type Answer, type Route, type SignedVisit, type Visit } from '#portal/http/page.ts';
import { factorForm, saidStatus, type Said } from './factor-form.ts';
import { placeOf } from './factor-choice.ts';

export const secondFactorRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: PATHS.secondFactor,
    level: 'password',
    handle: (visit) => factorPage(visit, 'totp', {}),
  },
  {
    method: 'GET',
    path: PATHS.emailedCode,
    level: 'password',
    handle: (visit) => factorPage(visit, 'email', {}),
  },
  {
    method: 'GET',
    path: PATHS.recoveryCode,
    level: 'password',
    handle: (visit) => factorPage(visit, 'recovery-code', {}),
  },
  { method: 'GET', path: PATHS.passkey, level: 'password', handle: (visit) => factorPage(visit, 'passkey', {}) },
  { method: 'POST', path: PATHS.secondFactor, level: 'password', handle: check },
  { method: 'POST', path: PATHS.emailedCode, level: 'password', handle: send },
  { method: 'GET', path: PATHS.lostEverything, level: 'public', handle: async (visit) => helpPage(visit) },
];

/** The page that asks for a second factor in this way, or leads to one that the account has. */
export async function factorPage(visit: SignedVisit, way: WayKind, said: Said): Promise<Answer> {
  const { texts, who } = visit;
  const { signIn: words } = texts;
  // Somebody who is all the way in has nothing to add here.
  if (who.session.level === 'full') return redirect(visit.next ?? PATHS.twoStep);
  const ways = waysOf(who.record);
  if (!ways.includes(way)) return redirect(placeOf('sign-in', ways[0] ?? 'recovery-code').page, { next: visit.next });
  const title = way === 'recovery-code' ? words.recoveryTitle : words.factorTitle;
  const help = html`<p><a href="${visit.link(PATHS.lostEverything)}">${words.lostEverything}</a></p>`;
  const body = html`<div class="card">
    <h1>${title}</h1>
    <p class="lead">${words.signingInAs(who.account.name)}</p>
    ${await factorForm(visit, { way, occasion: 'sign-in', submit: words.check }, said)}
    ${way === 'recovery-code' && help}
  </div>`;
  return { kind: 'page', status: saidStatus(said), title, body };
}

async function check(visit: SignedVisit): Promise<Answer> {
  const { parts, sessions, who, address, now, form } = visit;
  const { session, account } = who;
  if (session.level === 'full') return redirect(visit.next ?? PATHS.twoStep);
  const way = wayNamed(form.text('way'));
  const code = codeIn(form, way);
  const given = { account, address, way, code, session: session.id, purpose: 'sign-in' } as const;
  const outcome = await judgeFactor(parts, given);
  if (outcome.kind !== 'right') {
    if (outcome.kind === 'wrong' || outcome.kind === 'used-before')
      await noteBrowser(visit, account, 'browser.refused');
    return factorPage(visit, way, { refusal: outcome });
  }
  const { cookie } = await sessions.renew(session, { level: 'full', secondFactorAt: now });
  const seen = await noteSignIn(visit, account);
  return redirect(visit.next ?? PATHS.twoStep, { cookies: [sessionCookie(cookie), seen, ...(await trust(visit))] });
}

async function trust({ parts, who, form, browser, address, now }: SignedVisit): Promise<readonly CookieChange[]> {
  if (form.text('trust') !== 'yes' || who.policy.trustedBrowserDays === 0) return [];
  const seen = { browser, network: networkText(address) };
  const { token, expiresAt } = await trustBrowser(parts.tools, who.account, seen);
  const maxAgeSeconds = Math.floor((expiresAt - now) / 1000);
  return [{ name: COOKIES.trustedBrowser, value: token.expose(), maxAgeSeconds }];
}

async function send(visit: SignedVisit): Promise<Answer> {
  if (visit.who.session.level === 'full') return redirect(visit.next ?? PATHS.twoStep);
  if (!waysOf(visit.who.record).includes('email')) return factorPage(visit, 'email', {});
  const sending = await sendFactorCode(visit, visit.who.session.id);
  // Said on the page itself when it did not go well; else the page is opened, so that it can be loaded again.
  if (sending.kind !== 'sent') return factorPage(visit, 'email', { sending });
  return redirect(PATHS.emailedCode, { next: visit.next });
}

/** Mails a code for the second step of this sign-in. */
export async function sendFactorCode(
  visit: Pick<SignedVisit, 'parts' | 'who' | 'language'>,
  session: string,
): Promise<Sending> {
  const { parts, who } = visit;
  const made = await makeFactorCode(parts.tools, { session, purpose: 'sign-in', account: who.account });
  return sendCode(visit, 'sign-in', made);
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
