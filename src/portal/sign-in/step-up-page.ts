/** Asks for a factor again before something important: the second one, or the password where there is no other. */

import { Fault } from '#core/fault.ts';
import { makeFactorCode } from '#policy/factors/email-factor.ts';
import { factorsOf } from '#policy/factors/factors.ts';
import { noteBrowser } from './audit-sign-in.ts';
import { sendCode } from './send-code.ts';
import { field, notice } from '#portal/markup/form-fields.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS } from '#portal/http/paths.ts';
import { codeIn, judgeFactor, wayNamed, waysOf, type WayKind } from './check-factor.ts';
import { judgePassword } from './check-password.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '#portal/http/page.ts';
import { factorForm, saidStatus, type Said } from './factor-form.ts';
import { PASSWORD_STATUS, passwordRefusalWords, type PasswordRefusal } from './refusal-text.ts';
import { placeOf } from './factor-choice.ts';

export const stepUpRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.stepUp, level: 'signed-in', handle: (visit) => ask(visit, 'totp', {}) },
  { method: 'GET', path: PATHS.stepUpEmail, level: 'signed-in', handle: (visit) => ask(visit, 'email', {}) },
  {
    method: 'GET',
    path: PATHS.stepUpRecovery,
    level: 'signed-in',
    handle: (visit) => ask(visit, 'recovery-code', {}),
  },
  { method: 'GET', path: PATHS.stepUpPasskey, level: 'signed-in', handle: (visit) => ask(visit, 'passkey', {}) },
  { method: 'POST', path: PATHS.stepUp, level: 'signed-in', handle: confirm },
  { method: 'POST', path: PATHS.stepUpEmail, level: 'signed-in', handle: send },
];

async function ask(visit: SignedVisit, way: WayKind, said: Said): Promise<Answer> {
  const ways = waysOf(visit.who.record);
  const [usual] = ways;
  if (usual === undefined) return page(visit, passwordForm(visit, undefined));
  if (!ways.includes(way)) return redirect(placeOf('step-up', usual).page, { next: visit.next });
  const submit = visit.texts.signIn.confirm;
  return page(visit, await factorForm(visit, { way, occasion: 'step-up', submit }, said), saidStatus(said));
}

async function confirm(visit: SignedVisit): Promise<Answer> {
  const { parts, who, address, form: sent } = visit;
  if (who.factors.length === 0) return confirmByPassword(visit);
  const way = wayNamed(sent.text('way'));
  const { account, session } = who;
  const code = codeIn(sent, way);
  const given = { account, address, way, code, session: session.id, purpose: 'step-up' } as const;
  const outcome = await judgeFactor(parts, given);
  if (outcome.kind === 'right') return confirmed(visit);
  if (outcome.kind === 'wrong' || outcome.kind === 'used-before') await noteBrowser(visit, account, 'browser.refused');
  return ask(visit, way, { refusal: outcome });
}

async function send(visit: SignedVisit): Promise<Answer> {
  const { parts, who } = visit;
  if (!waysOf(who.record).includes('email')) return ask(visit, 'email', {});
  const { account, session } = who;
  const made = await makeFactorCode(parts.tools, { session: session.id, purpose: 'step-up', account });
  const sending = await sendCode(visit, 'step-up', made);
  if (sending.kind !== 'sent') return ask(visit, 'email', { sending });
  return redirect(PATHS.stepUpEmail, { next: visit.next });
}

async function confirmByPassword(visit: SignedVisit): Promise<Answer> {
  const { parts, who, address } = visit;
  const given = { user: who.account.name, password: visit.form.secret('password'), address };
  const outcome = await judgePassword(parts, given);
  if (outcome.kind !== 'right') return page(visit, passwordForm(visit, outcome), PASSWORD_STATUS[outcome.kind]);
  // A factor was added since this request began: the password is not all any more.
  if (factorsOf(outcome.record).length > 0) throw new Fault('NOT_ALLOWED', 'the account has a factor meanwhile');
  return confirmed(visit);
}

async function confirmed({ sessions, who, now, next }: SignedVisit): Promise<Answer> {
  const { cookie } = await sessions.renew(who.session, { secondFactorAt: now });
  return redirect(next ?? PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

function passwordForm(visit: SignedVisit, refusal: PasswordRefusal | undefined): Html {
  const { signIn: words } = visit.texts;
  const fields = html` ${field({
      name: 'password',
      label: words.password,
      type: 'password',
      autocomplete: 'current-password',
      maxLength: 1024,
      first: true,
    })}
    <button class="main">${words.confirm}</button>`;
  return html`<p>${words.stepUpPasswordLead}</p>
    ${refusal !== undefined && notice('fault', passwordRefusalWords(visit, refusal))}
    ${form(visit, PATHS.stepUp, fields)}`;
}

function page(visit: SignedVisit, content: Html, status?: number): Answer {
  const { signIn: words } = visit.texts;
  const body = html`<div class="card">
    <h1>${words.stepUpTitle}</h1>
    <p class="lead">${words.stepUpLead}</p>
    ${content}
  </div>`;
  return { kind: 'page', status, title: words.stepUpTitle, body };
}
