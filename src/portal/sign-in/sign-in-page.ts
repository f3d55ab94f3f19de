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
import { redirect, type Answer, type Route, type SignedVisit, type Visit } from '#portal/http/page.ts';
import { PASSWORD_STATUS, passwordRefusalWords, type PasswordRefusal } from './refusal-text.ts';
import { factorPage, sendFactorCode } from './second-factor-page.ts';
import { placeOf } from './factor-choice.ts';

export const signInRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.home, level: 'public', handle: async () => redirect(PATHS.twoStep) },
  { method: 'GET', path: PATHS.signIn, level: 'public', handle: async (visit) => signInPage(visit, undefined) },
  { method: 'POST', path: PATHS.signIn, level: 'public', handle: signIn },
  { method: 'POST', path: PATHS.signOut, level: 'public', handle: signOut },
];

function signInPage(visit: Visit, refusal: PasswordRefusal | undefined): Answer {
  const { texts } = visit;
  const { signIn: words } = texts;
  const fields = html` ${field({
      name: 'user',
      label: words.address,
      value: visit.form.text('user'),
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
    ${refusal !== undefined && notice('fault', passwordRefusalWords(visit, refusal))}
    ${form(visit, PATHS.signIn, fields)}
    <p class="other"><a href="${linkWithNext(visit, PATHS.adminSignIn)}">${texts.admin.signIn.link}</a></p>
  </div>`;
  return { kind: 'page', status: refusal && PASSWORD_STATUS[refusal.kind], title: words.title, body };
}

async function signIn(visit: Visit): Promise<Answer> {
  const { parts, sessions, address, browser, now, language } = visit;
  const password = visit.form.secret('password');
  const outcome = await judgePassword(parts, { user: visit.form.text('user', 320), password, address });
  if (outcome.kind !== 'right') return signInPage(visit, outcome);
  const { account, record, policy, seen } = outcome;
  if (visit.who !== undefined) await sessions.end(visit.who.session);
  const ways = waysOf(record);
  const trusted = ways.length === 0 ? undefined : await trustedBrowser(visit, account);
  const level = ways.length === 0 || trusted !== undefined ? 'full' : 'password';
  const begun = await sessions.begin({
    account: account.name,
    level,
    // Without a factor the password is all that the account has, and this was the last proof of it.
    secondFactorAt: ways.length === 0 ? now : undefined,
    factorsMark: factorsMark(parts.tools.keyring, account.name, record),
    trustedBrowser: trusted,
    language,
    network: networkText(address),
    browser,
  });
  const cookies: CookieChange[] = [sessionCookie(begun.cookie)];
  if (level === 'full') {
    await forgiveTry(parts, seen);
    cookies.push(await noteSignIn(visit, account));
    return redirect(visit.next ?? PATHS.twoStep, { cookies });
  }
  const given = { session: begun.session, account, record, policy, factors: factorsOf(record) };
  const who = { ...given, kind: 'mailbox', owes: 'nothing', grants: [] } as const;
  return { ...(await firstWay({ ...visit, who, csrf: csrfToken(parts.tools.keyring, begun.cookie) })), cookies };
}

// Whoever gets codes by mail finds one on its way; another way is a page that waits.
async function firstWay(visit: SignedVisit): Promise<Answer> {
  const [way = 'recovery-code'] = waysOf(visit.who.record);
  if (way === 'email') {
    const sending = await sendFactorCode(visit, visit.who.session.id);
    if (sending.kind !== 'sent') return factorPage(visit, way, { sending });
  }
  return redirect(placeOf('sign-in', way).page, { next: visit.next });
}

async function trustedBrowser({ parts, trustedBrowser: token }: Visit, account: Account): Promise<string | undefined> {
  if (token === '') return undefined;
  return (await lookupTrustedBrowser(parts.tools, account, new Secret(token)))?.id;
}

async function signOut(visit: Visit): Promise<Answer> {
  if (visit.who !== undefined) await visit.sessions.end(visit.who.session);
  return redirect(PATHS.signIn, { cookies: [{ name: COOKIES.session, value: '' }] });
}
