/** Turning 2-Step Authentication on: choose a method, prove it by a code, keep what is shown. Also for another app. */

import { isFault } from '#core/fault.ts';
import { beginTotp, confirmTotp, pendingTotpOf } from '#policy/factors/totp-enrolment.ts';
import { choices, field, notice } from '#portal/markup/form-fields.ts';
import { html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { offersPasskeys } from '#portal/sign-in/passkey-context.ts';
import { PATHS } from '#portal/http/paths.ts';
import { qrCode } from '#portal/markup/qr-code.ts';
import { copyButton, groupedKey } from '#portal/layout/secret-display.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { goOn } from './set-up-done-page.ts';
import type { FactorKind } from '#policy/ports/records.ts';

export const setUpRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.setUp, level: 'set-up', handle: async (request) => choose(request, undefined) },
  { method: 'POST', path: PATHS.setUp, level: 'set-up', returnTo: PATHS.setUp, handle: next },
  { method: 'GET', path: PATHS.setUpTotp, level: 'set-up', handle: (request) => showTotp(request) },
  { method: 'POST', path: PATHS.setUpTotp, level: 'set-up', returnTo: PATHS.setUpTotp, handle: check },
];

function choose(request: SignedInRequest, trouble: 'none-chosen' | 'begin-again' | undefined): PageResponse {
  const { who, texts } = request;
  const { twoStep: words } = texts;
  const options = methodsOf(request).map((method, index) => ({ ...methodWords(request, method), chosen: index === 0 }));
  const fault = trouble === 'none-chosen' ? words.chooseMethod : undefined;
  const content = html`${choices({ name: 'method', type: 'radio', label: words.method, fault }, options)}
    <div class="answers">
      <button class="main">${texts.next}</button> ${who.pendingStep === 'nothing' && cancelLink(request)}
    </div>`;
  const body = html`${paneHead(request, words.methodTitle)}
    <section class="card">
      ${who.pendingStep === 'set-up' && notice('warning', words.required(who.account.domain))}
      ${trouble === 'begin-again' && notice('fault', words.expired)}
      ${options.length === 0 ? html`<p>${words.noMethods}</p>` : form(request, PATHS.setUp, content)}
    </section>`;
  return { kind: 'page', status: trouble === undefined ? 200 : 422, title: words.methodTitle, body };
}

async function next(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, form: sent } = request;
  const method = methodsOf(request).find((one) => one === sent.text('method'));
  if (method === undefined) return choose(request, 'none-chosen');
  if (method === 'email') return redirect(PATHS.setUpEmail);
  const [then, next] = method === 'passkey' ? [PATHS.setUpPasskey, PATHS.setUpPasskey] : [PATHS.setUpTotp, undefined];
  // A recovery address is asked for in either case, as long as mail can be sent to it.
  if (parts.mail !== undefined && who.record.recoveryAddress === undefined)
    return redirect(PATHS.recoveryAddress, { next });
  if (method === 'totp') await beginTotp(parts.context, who.account);
  return redirect(then);
}

type Method = FactorKind;

/** The methods that the domain permits and this portal can set up. */
function methodsOf({ parts, who }: SignedInRequest): readonly Method[] {
  const possible: readonly (Method | false)[] = [
    parts.mail !== undefined && 'email',
    'totp',
    offersPasskeys(parts) && 'passkey',
  ];
  return possible
    .filter((method) => method !== false && who.policy.methods.includes(method))
    .flatMap((method) => method || []);
}

function methodWords({ texts }: SignedInRequest, value: Method) {
  const { twoStep, email, passkeys } = texts;
  const words = {
    email: [email.method, email.methodHint],
    totp: [twoStep.totp, twoStep.totpHint],
    passkey: [passkeys.method, passkeys.methodHint],
  } as const satisfies Record<Method, unknown>;
  const [label, hint] = words[value];
  return { value, label, hint };
}

async function showTotp(request: SignedInRequest, fault?: string): Promise<PageResponse> {
  const begun = pendingTotpOf(request.parts.context, request.who.account, request.who.record);
  if (begun === undefined) return choose(request, fault === undefined ? undefined : 'begin-again');
  const { twoStep: words } = request.texts;
  const content = html` <ol class="steps">
      <li>${words.totpStepInstall}</li>
      <li>
        ${words.totpStepScan} ${await qrCode(begun.uri, words.totpQr)}
        <p>${words.totpKey}:</p>
        <p class="secret"><output id="key">${groupedKey(begun.secret)}</output></p>
        ${copyButton(request, { id: 'key', text: begun.secret.expose(), label: words.totpCopy })}
      </li>
      <li>
        ${words.totpStepCode}
        ${field({
          name: 'code',
          label: words.code,
          fault,
          autocomplete: 'one-time-code',
          kind: 'digits',
          maxLength: 24,
          first: fault !== undefined,
        })}
      </li>
    </ol>
    <button class="main">${words.check}</button>`;
  const body = html`${paneHead(request, words.totpTitle)}
    <section class="card">${form(request, PATHS.setUpTotp, content)}</section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: words.totpTitle, body };
}

async function check(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, form: sent, texts } = request;
  try {
    const added = await confirmTotp(parts.context, who.account.name, who.account, sent.secret('code'));
    return added.kind === 'wrong-code' ? await showTotp(request, texts.twoStep.wrongCode) : await goOn(request, added);
  } catch (error) {
    if (!isFault(error, 'NOT_ALLOWED')) throw error;
    return choose(request, 'begin-again');
  }
}
