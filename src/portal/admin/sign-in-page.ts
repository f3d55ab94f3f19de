/** Signing in as a local admin, and confirming before a change. */

import { localAdminAccount } from '#policy/admins/admins.ts';
import { localMark } from '#policy/admins/local-admins.ts';
import { noteBrowser } from '#portal/sign-in/audit-sign-in.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { field, notice } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form, linkWithNext } from '#portal/layout/layout.ts';
import { judgeLocalAdmin, judgeLocalCode, type LocalOutcome } from './local-sign-in.ts';
import { networkText } from '#portal/http/network-text.ts';
import { PATHS } from '#portal/http/paths.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest, type PageRequest } from '#portal/http/page.ts';

export const adminSignInRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.adminSignIn, level: 'public', handle: async (request) => page(request, undefined) },
  { method: 'POST', path: PATHS.adminSignIn, level: 'public', handle: signIn },
  {
    method: 'GET',
    path: PATHS.adminConfirm,
    level: 'admin',
    right: 'enter',
    handle: async (request) => confirmPage(request, undefined),
  },
  { method: 'POST', path: PATHS.adminConfirm, level: 'admin', right: 'enter', handle: confirm },
];

type Refusal = Exclude<LocalOutcome, { kind: 'right' }>;

const NAME_LENGTH = 32;
const STATUS = { wrong: 403, throttled: 429 } as const satisfies Record<Refusal['kind'], number>;

function page(request: PageRequest, refusal: Refusal | undefined): PageResponse {
  const { signIn: words } = request.texts.admin;
  const fields = html` ${field({
      name: 'user',
      label: words.name,
      value: request.form.text('user', NAME_LENGTH),
      kind: 'code',
      autocomplete: 'username',
      maxLength: NAME_LENGTH,
      first: refusal === undefined,
    })}
    ${field({
      name: 'password',
      label: words.password,
      type: 'password',
      autocomplete: 'current-password',
      maxLength: 1024,
      first: refusal !== undefined,
    })}
    ${codeField(words.code, words.codeHint)}
    <button class="main">${words.submit}</button>`;
  const body = html`<div class="card">
    <h1>${words.title}</h1>
    <p class="lead">${words.lead}</p>
    ${refusal !== undefined && notice('fault', refusalWords(request, refusal, words.wrong))}
    ${form(request, PATHS.adminSignIn, fields)}
    <p class="other"><a href="${linkWithNext(request, PATHS.signIn)}">${words.mailbox}</a></p>
  </div>`;
  return { kind: 'page', status: refusal && STATUS[refusal.kind], title: words.title, body };
}

async function signIn(request: PageRequest): Promise<PageResponse> {
  const { parts, sessions, form: sent, address, browser, language, now } = request;
  const name = sent.text('user', NAME_LENGTH).trim().toLowerCase();
  const given = { name, password: sent.secret('password'), code: sent.secret('code'), address };
  const outcome = await judgeLocalAdmin(parts, given);
  if (outcome.kind !== 'right') return page(request, outcome);
  if (request.who !== undefined) await sessions.end(request.who.session);
  const account = localAdminAccount(name);
  const { cookie } = await sessions.begin({
    account: account.name,
    level: 'full',
    secondFactorAt: now,
    factorsMark: localMark(parts.context.keyring, outcome.admin),
    language,
    network: networkText(address),
    browser,
  });
  await noteBrowser(request, account, 'browser.signed-in');
  return redirect(request.next ?? PATHS.admin, { cookies: [sessionCookie(cookie)] });
}

function confirmPage(request: SignedInRequest, refusal: Refusal | undefined): PageResponse {
  // Somebody with a mailbox confirms with what belongs to it.
  if (request.who.kind === 'mailbox') return redirect(PATHS.stepUp, { next: request.next });
  const { signIn: words } = request.texts.admin;
  const fault = refusal?.kind === 'wrong' ? words.wrongCode : undefined;
  const fields = html`${codeField(words.code, words.codeHint, fault)} <button class="main">${words.confirm}</button>`;
  const body = html`<div class="card">
    <h1>${words.confirmTitle}</h1>
    <p class="lead">${words.confirmLead}</p>
    ${refusal?.kind === 'throttled' && notice('fault', refusalWords(request, refusal, words.wrong))}
    ${form(request, PATHS.adminConfirm, fields)}
  </div>`;
  return { kind: 'page', status: refusal && STATUS[refusal.kind], title: words.confirmTitle, body };
}

async function confirm(request: SignedInRequest): Promise<PageResponse> {
  const { parts, sessions, who, form: sent, address, now } = request;
  if (who.kind === 'mailbox') return redirect(PATHS.stepUp, { next: request.next });
  const outcome = await judgeLocalCode(parts, { name: who.account.local, code: sent.secret('code'), address });
  if (outcome.kind !== 'right') return confirmPage(request, outcome);
  const { cookie } = await sessions.renew(who.session, { secondFactorAt: now });
  return redirect(request.next ?? PATHS.admin, { cookies: [sessionCookie(cookie)] });
}

function codeField(label: string, hint: string, fault?: string): Html {
  const first = fault !== undefined;
  return field({
    name: 'code',
    label,
    hint,
    fault,
    autocomplete: 'one-time-code',
    kind: 'digits',
    maxLength: 24,
    first,
  });
}

function refusalWords({ texts }: PageRequest, refusal: Refusal, wrong: string): string {
  if (refusal.kind === 'wrong') return wrong;
  return texts.signIn.throttled(texts.minutes(Math.ceil(refusal.retryAfterSeconds / 60)));
}
