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
import { redirect, type Answer, type Route, type SignedVisit } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';
import { goOn } from './set-up-done-page.ts';
import type { FactorKind } from '#policy/ports/records.ts';

export const setUpRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.setUp, level: 'set-up', handle: async (visit) => choose(visit, undefined) },
  { method: 'POST', path: PATHS.setUp, level: 'set-up', returnTo: PATHS.setUp, handle: next },
  { method: 'GET', path: PATHS.setUpTotp, level: 'set-up', handle: (visit) => showTotp(visit) },
  { method: 'POST', path: PATHS.setUpTotp, level: 'set-up', returnTo: PATHS.setUpTotp, handle: check },
];

function choose(visit: SignedVisit, trouble: 'none-chosen' | 'begin-again' | undefined): Answer {
  const { who, texts } = visit;
  const { twoStep: words } = texts;
  const options = methodsOf(visit).map((method, index) => ({ ...methodWords(visit, method), chosen: index === 0 }));
  const fault = trouble === 'none-chosen' ? words.chooseMethod : undefined;
  const content = html`${choices({ name: 'method', type: 'radio', label: words.method, fault }, options)}
    <div class="answers">
      <button class="main">${texts.next}</button> ${who.owes === 'nothing' && cancelLink(visit)}
    </div>`;
  const body = html`${paneHead(visit, words.methodTitle)}
    <section class="card">
      ${who.owes === 'set-up' && notice('warning', words.required(who.account.domain))}
      ${trouble === 'begin-again' && notice('fault', words.expired)}
      ${options.length === 0 ? html`<p>${words.noMethods}</p>` : form(visit, PATHS.setUp, content)}
    </section>`;
  return { kind: 'page', status: trouble === undefined ? 200 : 422, title: words.methodTitle, body };
}

async function next(visit: SignedVisit): Promise<Answer> {
  const { parts, who, form: sent } = visit;
  const method = methodsOf(visit).find((one) => one === sent.text('method'));
  if (method === undefined) return choose(visit, 'none-chosen');
  if (method === 'email') return redirect(PATHS.setUpEmail);
  const [then, next] = method === 'passkey' ? [PATHS.setUpPasskey, PATHS.setUpPasskey] : [PATHS.setUpTotp, undefined];
  // A recovery address is asked for in either case, as long as mail can be sent to it.
  if (parts.mail !== undefined && who.record.recoveryAddress === undefined)
    return redirect(PATHS.recoveryAddress, { next });
  if (method === 'totp') await beginTotp(parts.tools, who.account);
  return redirect(then);
}

type Method = FactorKind;

/** The methods that the domain permits and this portal can set up. */
function methodsOf({ parts, who }: SignedVisit): readonly Method[] {
  const possible: readonly (Method | false)[] = [
    parts.mail !== undefined && 'email',
    'totp',
    offersPasskeys(parts) && 'passkey',
  ];
  return possible
    .filter((method) => method !== false && who.policy.methods.includes(method))
    .flatMap((method) => method || []);
}

function methodWords({ texts }: SignedVisit, value: Method) {
  const { twoStep, email, passkeys } = texts;
  const words = {
    email: [email.method, email.methodHint],
    totp: [twoStep.totp, twoStep.totpHint],
    passkey: [passkeys.method, passkeys.methodHint],
  } as const satisfies Record<Method, unknown>;
  const [label, hint] = words[value];
  return { value, label, hint };
}

async function showTotp(visit: SignedVisit, fault?: string): Promise<Answer> {
  const begun = pendingTotpOf(visit.parts.tools, visit.who.account, visit.who.record);
  if (begun === undefined) return choose(visit, fault === undefined ? undefined : 'begin-again');
  const { twoStep: words } = visit.texts;
  const content = html` <ol class="steps">
      <li>${words.totpStepInstall}</li>
      <li>
        ${words.totpStepScan} ${await qrCode(begun.uri, words.totpQr)}
        <p>${words.totpKey}:</p>
        <p class="secret"><output id="key">${groupedKey(begun.secret)}</output></p>
        ${copyButton(visit, { id: 'key', text: begun.secret.expose(), label: words.totpCopy })}
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
  const body = html`${paneHead(visit, words.totpTitle)}
    <section class="card">${form(visit, PATHS.setUpTotp, content)}</section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: words.totpTitle, body };
}

async function check(visit: SignedVisit): Promise<Answer> {
  const { parts, who, form: sent, texts } = visit;
  try {
    const added = await confirmTotp(parts.tools, who.account.name, who.account, sent.secret('code'));
    return added.kind === 'wrong-code' ? await showTotp(visit, texts.twoStep.wrongCode) : await goOn(visit, added);
  } catch (error) {
    if (!isFault(error, 'NOT_ALLOWED')) throw error;
    return choose(visit, 'begin-again');
  }
}
