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
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { factorForm, saidStatus, type Said } from './factor-form.ts';
import { PASSWORD_STATUS, passwordRefusalWords, type PasswordRefusal } from './refusal-text.ts';
import { placeOf } from './factor-choice.ts';

export const stepUpRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.stepUp, level: 'signed-in', handle: (request) => ask(request, 'totp', {}) },
  { method: 'GET', path: PATHS.stepUpEmail, level: 'signed-in', handle: (request) => ask(request, 'email', {}) },
  {
    method: 'GET',
    path: PATHS.stepUpRecovery,
    level: 'signed-in',
    handle: (request) => ask(request, 'recovery-code', {}),
  },
  { method: 'GET', path: PATHS.stepUpPasskey, level: 'signed-in', handle: (request) => ask(request, 'passkey', {}) },
  { method: 'POST', path: PATHS.stepUp, level: 'signed-in', handle: confirm },
  { method: 'POST', path: PATHS.stepUpEmail, level: 'signed-in', handle: send },
];

async function ask(request: SignedInRequest, way: WayKind, said: Said): Promise<PageResponse> {
  const ways = waysOf(request.who.record);
  const [usual] = ways;
  if (usual === undefined) return page(request, passwordForm(request, undefined));
  if (!ways.includes(way)) return redirect(placeOf('step-up', usual).page, { next: request.next });
  const submit = request.texts.signIn.confirm;
  return page(request, await factorForm(request, { way, occasion: 'step-up', submit }, said), saidStatus(said));
}

async function confirm(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, address, form: sent } = request;
  if (who.factors.length === 0) return confirmByPassword(request);
  const way = wayNamed(sent.text('way'));
  const { account, session } = who;
  const code = codeIn(sent, way);
  const given = { account, address, way, code, session: session.id, purpose: 'step-up' } as const;
  const outcome = await judgeFactor(parts, given);
  if (outcome.kind === 'right') return confirmed(request);
  if (outcome.kind === 'wrong' || outcome.kind === 'used-before')
    await noteBrowser(request, account, 'browser.refused');
  return ask(request, way, { refusal: outcome });
}

async function send(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who } = request;
  if (!waysOf(who.record).includes('email')) return ask(request, 'email', {});
  const { account, session } = who;
  const made = await makeFactorCode(parts.context, { session: session.id, purpose: 'step-up', account });
  const sending = await sendCode(request, 'step-up', made);
  if (sending.kind !== 'sent') return ask(request, 'email', { sending });
  return redirect(PATHS.stepUpEmail, { next: request.next });
}

async function confirmByPassword(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, address } = request;
  const given = { user: who.account.name, password: request.form.secret('password'), address };
  const outcome = await judgePassword(parts, given);
  if (outcome.kind !== 'right') return page(request, passwordForm(request, outcome), PASSWORD_STATUS[outcome.kind]);
  // A factor was added since this request began: the password is not all any more.
  if (factorsOf(outcome.record).length > 0) throw new Fault('NOT_ALLOWED', 'the account has a factor meanwhile');
  return confirmed(request);
}

async function confirmed({ sessions, who, now, next }: SignedInRequest): Promise<PageResponse> {
  const { cookie } = await sessions.renew(who.session, { secondFactorAt: now });
  return redirect(next ?? PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

function passwordForm(request: SignedInRequest, refusal: PasswordRefusal | undefined): Html {
  const { signIn: words } = request.texts;
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
    ${refusal !== undefined && notice('fault', passwordRefusalWords(request, refusal))}
    ${form(request, PATHS.stepUp, fields)}`;
}

function page(request: SignedInRequest, content: Html, status?: number): PageResponse {
  const { signIn: words } = request.texts;
  const body = html`<div class="card">
    <h1>${words.stepUpTitle}</h1>
    <p class="lead">${words.stepUpLead}</p>
    ${content}
  </div>`;
  return { kind: 'page', status, title: words.stepUpTitle, body };
}
