/** Signing in with the ordinary password, and signing out. */

import { factorsMark, factorsOf } from '../../policy/factors.ts';
import { noteBrowser } from '../browser-audit.ts';
import { COOKIES } from '../cookies.ts';
import { field, notice } from '../fields.ts';
import { html } from '../html.ts';
import { form } from '../layout.ts';
import { networkText } from '../network-text.ts';
import { PATHS } from '../paths.ts';
import { forgiveTry, judgePassword } from '../sign-in.ts';
import { redirect, type Answer, type CookieChange, type Route, type Visit } from '../visit.ts';
import { PASSWORD_STATUS, passwordRefusalWords, type PasswordRefusal } from './refusals.ts';

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
  </div>`;
  return { kind: 'page', status: refusal && PASSWORD_STATUS[refusal.kind], title: words.title, body };
}

async function signIn(visit: Visit): Promise<Answer> {
  const { parts, sessions, address, browser, now, language } = visit;
  const password = visit.form.secret('password');
  const outcome = await judgePassword(parts, { user: visit.form.text('user', 320), password, address });
  if (outcome.kind !== 'right') return signInPage(visit, outcome);
  const { account, record, seen } = outcome;
  const mark = factorsMark(parts.tools.keyring, account.name, record);
  if (visit.who !== undefined) await sessions.end(visit.who.session);
  const more = factorsOf(record).length > 0;
  const level = more ? 'password' : 'full';
  // Without a factor the password is all that the account has, and this was the last proof of it.
  const secondFactorAt = more ? undefined : now;
  const content = { account: account.name, level, secondFactorAt, factorsMark: mark, language } as const;
  const { cookie } = await sessions.begin({ ...content, network: networkText(address), browser });
  if (!more) {
    await forgiveTry(parts, seen);
    await noteBrowser(visit, account, 'browser.signed-in');
  }
  const to = more ? PATHS.secondFactor : (visit.next ?? PATHS.twoStep);
  return redirect(to, { next: more ? visit.next : undefined, cookies: [sessionCookie(cookie)] });
}

async function signOut(visit: Visit): Promise<Answer> {
  if (visit.who !== undefined) await visit.sessions.end(visit.who.session);
  return redirect(PATHS.signIn, { cookies: [{ name: COOKIES.session, value: '' }] });
}

/** The cookie of a session, kept until the browser is closed. */
export function sessionCookie(value: string): CookieChange {
  return { name: COOKIES.session, value };
}
