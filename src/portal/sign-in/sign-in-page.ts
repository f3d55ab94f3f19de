/** Signing in with the ordinary password, and signing out. */

import { factorsMark, factorsOf } from '#policy/factors/factors.ts';
import type { Account } from '#core/identity.ts';
import { Secret } from '#core/secret.ts';
import { lookupTrustedBrowser } from '#policy/factors/trusted-browsers.ts';
import { COOKIES, sessionCookie, type CookieChange } from '#portal/http/cookies.ts';
import { csrfToken } from '#portal/http/csrf.ts';
import { field, notice } from '#portal/markup/form-fields.ts';
import { html } from '#portal/markup/html.ts';
import { form, linkWithNext } from '#portal/layout/layout.ts';
import { networkText } from '#portal/http/network-text.ts';
import { PATHS } from '#portal/http/paths.ts';
import { noteSignIn } from './known-browsers.ts';
import { waysOf } from './check-factor.ts';
import { forgiveTry, judgePassword } from './check-password.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest, type PageRequest } from '#portal/http/page.ts';
import { PASSWORD_STATUS, passwordRefusalWords, type PasswordRefusal } from './refusal-text.ts';
import { factorPage, sendFactorCode } from './second-factor-page.ts';
import { placeOf } from './factor-choice.ts';

export const signInRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.home, level: 'public', handle: async () => redirect(PATHS.twoStep) },
  { method: 'GET', path: PATHS.signIn, level: 'public', handle: async (request) => signInPage(request, undefined) },
  { method: 'POST', path: PATHS.signIn, level: 'public', handle: signIn },
  { method: 'POST', path: PATHS.signOut, level: 'public', handle: signOut },
];

function signInPage(request: PageRequest, refusal: PasswordRefusal | undefined): PageResponse {
  const { texts } = request;
  const { signIn: words } = texts;
  const fields = html` ${field({
      name: 'user',
      label: words.address,
      value: request.form.text('user'),
      type: 'text',
      kind: 'code',
      autocomplete: 'username',
      maxLength: 320,
      first: refusal === undefined,
    })}
    ${field({
      name: 'password',
      label: words.password,
      hint: words.passwordHint,
      type: 'password',
      autocomplete: 'current-password',
      maxLength: 1024,
      first: refusal !== undefined,
    })}
    <button class="main">${words.submit}</button>`;
  const body = html`<div class="card">
    <h1>${words.title}</h1>
    <p class="lead">${words.lead}</p>
    ${refusal !== undefined && notice('fault', passwordRefusalWords(request, refusal))}
    ${form(request, PATHS.signIn, fields)}
    <p class="other"><a href="${linkWithNext(request, PATHS.adminSignIn)}">${texts.admin.signIn.link}</a></p>
  </div>`;
  return { kind: 'page', status: refusal && PASSWORD_STATUS[refusal.kind], title: words.title, body };
}

async function signIn(request: PageRequest): Promise<PageResponse> {
  const { parts, sessions, address, browser, now, language } = request;
  const password = request.form.secret('password');
  const outcome = await judgePassword(parts, { user: request.form.text('user', 320), password, address });
  if (outcome.kind !== 'right') return signInPage(request, outcome);
  const { account, record, policy, seen } = outcome;
  if (request.who !== undefined) await sessions.end(request.who.session);
  const ways = waysOf(record);
  const trusted = ways.length === 0 ? undefined : await trustedBrowser(request, account);
  const level = ways.length === 0 || trusted !== undefined ? 'full' : 'password';
  const begun = await sessions.begin({
    account: account.name,
    level,
    // Without a factor the password is all that the account has, and this was the last proof of it.
    secondFactorAt: ways.length === 0 ? now : undefined,
    factorsMark: factorsMark(parts.context.keyring, account.name, record),
    trustedBrowser: trusted,
    language,
    network: networkText(address),
    browser,
  });
  const cookies: CookieChange[] = [sessionCookie(begun.cookie)];
  if (level === 'full') {
    await forgiveTry(parts, seen);
    cookies.push(await noteSignIn(request, account));
    return redirect(request.next ?? PATHS.twoStep, { cookies });
  }
  const given = { session: begun.session, account, record, policy, factors: factorsOf(record) };
  const who = { ...given, kind: 'mailbox', pendingStep: 'nothing', grants: [] } as const;
  return { ...(await firstWay({ ...request, who, csrf: csrfToken(parts.context.keyring, begun.cookie) })), cookies };
}

// Whoever gets codes by mail finds one on its way; another way is a page that waits.
async function firstWay(request: SignedInRequest): Promise<PageResponse> {
  const [way = 'recovery-code'] = waysOf(request.who.record);
  if (way === 'email') {
    const sending = await sendFactorCode(request, request.who.session.id);
    if (sending.kind !== 'sent') return factorPage(request, way, { sending });
  }
  return redirect(placeOf('sign-in', way).page, { next: request.next });
}

async function trustedBrowser(
  { parts, trustedBrowser: token }: PageRequest,
  account: Account,
): Promise<string | undefined> {
  if (token === '') return undefined;
  return (await lookupTrustedBrowser(parts.context, account, new Secret(token)))?.id;
}

async function signOut(request: PageRequest): Promise<PageResponse> {
  if (request.who !== undefined) await request.sessions.end(request.who.session);
  return redirect(PATHS.signIn, { cookies: [{ name: COOKIES.session, value: '' }] });
}
