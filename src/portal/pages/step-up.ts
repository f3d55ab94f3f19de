/** Asks for a factor again before something important: the second one, or the password where there is no other. */

import { Fault } from '../../core/fault.ts';
import { factorsOf } from '../../policy/factors.ts';
import { field, notice } from '../fields.ts';
import { html, type Html } from '../html.ts';
import { form, linkWithNext } from '../layout.ts';
import { PATHS } from '../paths.ts';
import { judgeFactor, type WayKind } from '../second-factor.ts';
import { judgePassword } from '../sign-in.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '../visit.ts';
import { factorForm, refusalStatus, type FactorRefusal } from './factor-form.ts';
import { PASSWORD_STATUS, passwordRefusalWords, type PasswordRefusal } from './refusals.ts';
import { sessionCookie } from './sign-in.ts';

export const stepUpRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.stepUp, level: 'signed-in', handle: async (visit) => ask(visit, 'totp') },
  {
    method: 'GET',
    path: PATHS.stepUpRecovery,
    level: 'signed-in',
    handle: async (visit) => ask(visit, 'recovery-code'),
  },
  { method: 'POST', path: PATHS.stepUp, level: 'signed-in', returnTo: PATHS.stepUp, handle: confirm },
];

function ask(visit: SignedVisit, factor: WayKind, refusal?: FactorRefusal): Answer {
  if (visit.who.factors.length === 0) return page(visit, passwordForm(visit, undefined));
  const { signIn: words } = visit.texts;
  const other =
    factor === 'totp'
      ? html`<a href="${linkWithNext(visit, PATHS.stepUpRecovery)}">${words.lostPhone}</a>`
      : html`<a href="${linkWithNext(visit, PATHS.stepUp)}">${words.useApp}</a>`;
  const asked = html`<p>${factor === 'totp' ? words.totpLead : words.recoveryLead}</p>
    ${factorForm(visit, { factor, action: PATHS.stepUp, submit: words.confirm }, refusal)}
    <p class="other">${other}</p>`;
  return page(visit, asked, refusalStatus(refusal));
}

async function confirm(visit: SignedVisit): Promise<Answer> {
  const { parts, who, address } = visit;
  if (who.factors.length === 0) return confirmByPassword(visit);
  const factor = visit.form.text('factor') === 'recovery-code' ? 'recovery-code' : 'totp';
  const outcome = await judgeFactor(parts, { account: who.account, address, factor, code: visit.form.secret('code') });
  return outcome.kind === 'right' ? confirmed(visit) : ask(visit, factor, outcome);
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
