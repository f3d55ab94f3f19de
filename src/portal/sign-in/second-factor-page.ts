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
import { redirect, type PageResponse, type Route, type SignedInRequest, type PageRequest } from '#portal/http/page.ts';
import { factorForm, saidStatus, type Said } from './factor-form.ts';
import { placeOf } from './factor-choice.ts';

export const secondFactorRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: PATHS.secondFactor,
    level: 'password',
    handle: (request) => factorPage(request, 'totp', {}),
  },
  {
    method: 'GET',
    path: PATHS.emailedCode,
    level: 'password',
    handle: (request) => factorPage(request, 'email', {}),
  },
  {
    method: 'GET',
    path: PATHS.recoveryCode,
    level: 'password',
    handle: (request) => factorPage(request, 'recovery-code', {}),
  },
  { method: 'GET', path: PATHS.passkey, level: 'password', handle: (request) => factorPage(request, 'passkey', {}) },
  { method: 'POST', path: PATHS.secondFactor, level: 'password', handle: check },
  { method: 'POST', path: PATHS.emailedCode, level: 'password', handle: send },
  { method: 'GET', path: PATHS.lostEverything, level: 'public', handle: async (request) => helpPage(request) },
];

/** The page that asks for a second factor in this way, or leads to one that the account has. */
export async function factorPage(request: SignedInRequest, way: WayKind, said: Said): Promise<PageResponse> {
  const { texts, who } = request;
  const { signIn: words } = texts;
  // Somebody who is all the way in has nothing to add here.
  if (who.session.level === 'full') return redirect(request.next ?? PATHS.twoStep);
  const ways = waysOf(who.record);
  if (!ways.includes(way)) return redirect(placeOf('sign-in', ways[0] ?? 'recovery-code').page, { next: request.next });
  const title = way === 'recovery-code' ? words.recoveryTitle : words.factorTitle;
  const help = html`<p><a href="${request.link(PATHS.lostEverything)}">${words.lostEverything}</a></p>`;
  const body = html`<div class="card">
    <h1>${title}</h1>
    <p class="lead">${words.signingInAs(who.account.name)}</p>
    ${await factorForm(request, { way, occasion: 'sign-in', submit: words.check }, said)}
    ${way === 'recovery-code' && help}
  </div>`;
  return { kind: 'page', status: saidStatus(said), title, body };
}

async function check(request: SignedInRequest): Promise<PageResponse> {
  const { parts, sessions, who, address, now, form } = request;
  const { session, account } = who;
  if (session.level === 'full') return redirect(request.next ?? PATHS.twoStep);
  const way = wayNamed(form.text('way'));
  const code = codeIn(form, way);
  const given = { account, address, way, code, session: session.id, purpose: 'sign-in' } as const;
  const outcome = await judgeFactor(parts, given);
  if (outcome.kind !== 'right') {
    if (outcome.kind === 'wrong' || outcome.kind === 'used-before')
      await noteBrowser(request, account, 'browser.refused');
    return factorPage(request, way, { refusal: outcome });
  }
  const { cookie } = await sessions.renew(session, { level: 'full', secondFactorAt: now });
  const seen = await noteSignIn(request, account);
  return redirect(request.next ?? PATHS.twoStep, { cookies: [sessionCookie(cookie), seen, ...(await trust(request))] });
}

async function trust({ parts, who, form, browser, address, now }: SignedInRequest): Promise<readonly CookieChange[]> {
  if (form.text('trust') !== 'yes' || who.policy.trustedBrowserDays === 0) return [];
  const seen = { browser, network: networkText(address) };
  const { token, expiresAt } = await trustBrowser(parts.context, who.account, seen);
  const maxAgeSeconds = Math.floor((expiresAt - now) / 1000);
  return [{ name: COOKIES.trustedBrowser, value: token.expose(), maxAgeSeconds }];
}

async function send(request: SignedInRequest): Promise<PageResponse> {
  if (request.who.session.level === 'full') return redirect(request.next ?? PATHS.twoStep);
  if (!waysOf(request.who.record).includes('email')) return factorPage(request, 'email', {});
  const sending = await sendFactorCode(request, request.who.session.id);
  // Said on the page itself when it did not go well; else the page is opened, so that it can be loaded again.
  if (sending.kind !== 'sent') return factorPage(request, 'email', { sending });
  return redirect(PATHS.emailedCode, { next: request.next });
}

/** Mails a code for the second step of this sign-in. */
export async function sendFactorCode(
  request: Pick<SignedInRequest, 'parts' | 'who' | 'language'>,
  session: string,
): Promise<Sending> {
  const { parts, who } = request;
  const made = await makeFactorCode(parts.context, { session, purpose: 'sign-in', account: who.account });
  return sendCode(request, 'sign-in', made);
}

function helpPage(request: PageRequest): PageResponse {
  const { signIn: words } = request.texts;
  const steps = words.helpSteps.split('\n').map((step) => html`<li>${step}</li>`);
  const body = html`<div class="card">
    <h1>${words.helpTitle}</h1>
    <p class="lead">${words.helpLead}</p>
    <ol>
      ${steps}
    </ol>
    <p>${words.helpMailApps}</p>
    <p class="other"><a href="${request.link(PATHS.signIn)}">${words.title}</a></p>
  </div>`;
  return { kind: 'page', title: words.helpTitle, body };
}
