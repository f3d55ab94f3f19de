/**
 * The recovery address: asked for, and shown to arrive by a code. As a factor (`set-up/recovery-email`) codes go to it;
 * else (`recovery-address`) only notices, which is also the first step of setting up an authenticator app or a passkey.
 */

import { beginTotp } from '#policy/factors/totp-enrolment.ts';
import {
  beginRecoveryAddress,
  checkRecoveryAddress,
  confirmRecoveryAddress,
  type AddressBinding,
} from '#policy/factors/recovery-address.ts';
import { sendCode, sendingWords, type Sending } from '#portal/sign-in/send-code.ts';
import { sessionCookie } from '#portal/http/cookies.ts';
import { field, notice } from '#portal/markup/form-fields.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS } from '#portal/http/paths.ts';
import { putFlash, shownAddress, removeFlash } from '#portal/session/flash.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { restartSession } from './renew-session.ts';
import { goOn } from './set-up-done-page.ts';

type As = AddressBinding['as'];

/** Without a mailer no address can be verified. */
const PLACES = {
  factor: { ask: PATHS.setUpEmail, check: PATHS.setUpEmailCode },
  'notices-only': { ask: PATHS.recoveryAddress, check: PATHS.recoveryAddressCode },
} as const;

export const recoveryAddressRoutes: readonly Route[] = (['factor', 'notices-only'] as const).flatMap((as) =>
  routes(as),
);

function routes(as: As): readonly Route[] {
  const { ask: askPath, check: checkPath } = PLACES[as];
  return [
    { method: 'GET', path: askPath, level: 'set-up', handle: async (request) => ask(request, as) },
    { method: 'POST', path: askPath, level: 'set-up', returnTo: askPath, handle: (request) => begin(request, as) },
    { method: 'GET', path: checkPath, level: 'set-up', handle: (request) => askForCode(request, as) },
    { method: 'POST', path: checkPath, level: 'set-up', returnTo: checkPath, handle: (request) => check(request, as) },
  ];
}

interface Trouble {
  readonly fault?: string | undefined;
  readonly sending?: Sending | undefined;
}

function ask(request: SignedInRequest, as: As, { fault, sending }: Trouble = {}): PageResponse {
  const { who, texts, form: sent } = request;
  const { email: words } = texts;
  if (request.parts.mail === undefined) return redirect(PATHS.twoStep);
  const value = sent.text('address', 320) || (who.record.recoveryAddress ?? '');
  const said = sending === undefined ? undefined : sendingWords(request, sending);
  const content = html` ${field({
      name: 'address',
      label: words.address,
      type: 'email',
      autocomplete: 'email',
      maxLength: 320,
      value,
      fault,
      first: true,
    })}
    <div class="answers">
      <button class="main">${texts.next}</button> ${who.pendingStep === 'nothing' && cancelLink(request)}
    </div>`;
  const body = html`${paneHead(request, words.title)}
    <section class="card">
      ${said !== undefined && notice('fault', said)}
      <p>${as === 'factor' ? words.lead : words.noticesLead}</p>
      ${form(request, PLACES[as].ask, content)}
    </section>`;
  const status = fault !== undefined ? 422 : sending && 503;
  return { kind: 'page', status, title: words.title, body };
}

async function begin(request: SignedInRequest, as: As): Promise<PageResponse> {
  const { parts, who, texts, form: sent } = request;
  if (parts.mail === undefined) return redirect(PATHS.twoStep);
  const typed = sent.text('address', 320);
  const checked = checkRecoveryAddress(who.account, typed, parts.identity);
  if (checked.kind === 'malformed') return ask(request, as, { fault: texts.email.malformed });
  if (checked.kind === 'same-mailbox') return ask(request, as, { fault: texts.email.sameMailbox });
  const made = await beginRecoveryAddress(parts.context, bindingOf(request, as), typed, parts.identity);
  const sending = await sendCode(request, as === 'factor' ? 'email-factor' : 'recovery-address', made);
  if (sending.kind === 'failed' || sending.kind === 'too-many') return ask(request, as, { sending });
  await putFlash(parts, who.session, 'address', { address: checked.address });
  if (sending.kind === 'on-its-way') return askForCode(request, as, { sending });
  return redirect(PLACES[as].check, { next: request.next });
}

async function askForCode(request: SignedInRequest, as: As, { fault, sending }: Trouble = {}): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const { email: words } = texts;
  const address = await shownAddress(parts, who.session);
  if (address === undefined) return redirect(PLACES[as].ask);
  const said = sending === undefined ? undefined : sendingWords(request, sending);
  const again = html`<input type="hidden" name="address" value="${address}" /><button class="link">
      ${words.again}
    </button>`;
  const content = html` ${field({
      name: 'code',
      label: texts.signIn.code,
      hint: texts.signIn.codeHint,
      fault,
      autocomplete: 'one-time-code',
      kind: 'digits',
      maxLength: 24,
      first: true,
    })}
    <button class="main">${texts.twoStep.check}</button>`;
  const body = html`${paneHead(request, words.codeTitle)}
    <section class="card">
      ${said !== undefined && notice('warning', said)}
      <p>${words.sentTo(address)}</p>
      ${form(request, PLACES[as].check, content)}
      <ul class="other">
        <li>${form(request, PLACES[as].ask, again)}</li>
        <li><a href="${request.link(PLACES[as].ask)}">${words.other}</a></li>
      </ul>
    </section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: words.codeTitle, body };
}

async function check(request: SignedInRequest, as: As): Promise<PageResponse> {
  const { parts, who, texts, form: sent } = request;
  const { context } = parts;
  const binding = bindingOf(request, as);
  const outcome = await confirmRecoveryAddress(context, who.account.name, binding, sent.secret('code'));
  if (outcome.kind === 'wrong') return askForCode(request, as, { fault: texts.email.wrong });
  if (outcome.kind === 'over') return askForCode(request, as, { fault: texts.email.over });
  await removeFlash(parts, who.session, 'address');
  if (outcome.kind !== 'set') return goOn(request, outcome);
  // The address was the first step of setting up a passkey or an authenticator app.
  if (who.factors.length === 0) {
    if (request.next === PATHS.setUpPasskey) return redirect(PATHS.setUpPasskey);
    if (!who.policy.methods.includes('totp')) return redirect(PATHS.setUp);
    await beginTotp(context, who.account);
    return redirect(PATHS.setUpTotp);
  }
  // Where codes go to it, a new address is a new factor, under which every browser session begins anew.
  if (who.record.emailFactor === undefined) return redirect(PATHS.twoStep);
  const { cookie } = await restartSession(request);
  return redirect(PATHS.twoStep, { cookies: [sessionCookie(cookie)] });
}

function bindingOf({ who }: SignedInRequest, as: As): AddressBinding {
  return { session: who.session.id, account: who.account, as };
}
