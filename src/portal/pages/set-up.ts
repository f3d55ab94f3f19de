/** Turning 2-Step Authentication on: choose a method, prove it by a code, keep what is shown. Also for another app. */

import qrcode from 'qrcode';
import { isFault } from '../../core/fault.ts';
import { beginTotp, confirmTotp, pendingTotpOf } from '../../policy/enrolment.ts';
import { FIRST_APP_PASSWORD, type FactorAdded } from '../../policy/factors.ts';
import type { NewTotp } from '../../policy/totp.ts';
import { choices, field, notice } from '../fields.ts';
import { drawing, html, type Html } from '../html.ts';
import { form } from '../layout.ts';
import { PATHS } from '../paths.ts';
import { copyButton, groupedKey, shownSecret } from '../secrets.ts';
import { putOnShow, shownCodes } from '../shown-once.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '../visit.ts';
import { paneHead } from './pane.ts';
import { codeList, keptForm } from './recovery-codes.ts';
import { restartSession } from './restart.ts';
import { sessionCookie } from './sign-in.ts';

export const setUpRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.setUp, level: 'set-up', handle: async (visit) => choose(visit, undefined) },
  { method: 'POST', path: PATHS.setUp, level: 'set-up', returnTo: PATHS.setUp, handle: next },
  { method: 'GET', path: PATHS.setUpTotp, level: 'set-up', handle: (visit) => showTotp(visit) },
  { method: 'POST', path: PATHS.setUpTotp, level: 'set-up', returnTo: PATHS.setUpTotp, handle: check },
  { method: 'GET', path: PATHS.setUpDone, level: 'full', handle: done },
  { method: 'GET', path: PATHS.setUpReplaced, level: 'full', handle: replaced },
];

function choose(visit: SignedVisit, trouble: 'none-chosen' | 'begin-again' | undefined): Answer {
  const { who, texts } = visit;
  const { twoStep: words } = texts;
  const options = who.policy.methods.includes('totp')
    ? [{ value: 'totp', label: words.totp, hint: words.totpHint, chosen: true }]
    : [];
  const fault = trouble === 'none-chosen' ? words.chooseMethod : undefined;
  const content = html`${choices({ name: 'method', type: 'radio', label: words.method, fault }, options)}
    <button class="main">${texts.next}</button>`;
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
  if (sent.text('method') !== 'totp') return choose(visit, 'none-chosen');
  await beginTotp(parts.tools, who.account);
  return redirect(PATHS.setUpTotp);
}

async function showTotp(visit: SignedVisit, fault?: string): Promise<Answer> {
  const begun = pendingTotpOf(visit.parts.tools, visit.who.account, visit.who.record);
  if (begun === undefined) return choose(visit, fault === undefined ? undefined : 'begin-again');
  const { twoStep: words } = visit.texts;
  const content = html` <ol class="steps">
      <li>${words.totpStepInstall}</li>
      <li>
        ${words.totpStepScan} ${await qrCode(begun, words.totpQr)}
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
          maxLength: 12,
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

async function goOn(visit: SignedVisit, added: FactorAdded): Promise<Answer> {
  const { session, cookie } = await restartSession(visit);
  const cookies = [sessionCookie(cookie)];
  if (added.kind !== 'enrolled' && added.kind !== 'restored') return redirect(PATHS.setUpReplaced, { cookies });
  await putOnShow(visit.parts, session, 'codes', { codes: added.recoveryCodes, appPassword: added.appPassword });
  return redirect(PATHS.setUpDone, { cookies });
}

async function done(visit: SignedVisit): Promise<Answer> {
  const { parts, who, texts } = visit;
  const { twoStep: words, appPasswords } = texts;
  const shown = await shownCodes(parts, who.session);
  if (shown === undefined) return redirect(PATHS.twoStep);
  const { appPassword } = shown;
  const label = appPasswords.copyNamed(FIRST_APP_PASSWORD);
  const password =
    appPassword !== undefined &&
    html`<section class="card" aria-labelledby="password">
      <h2 id="password">${words.donePassword}</h2>
      <p>${words.donePasswordLead}</p>
      <div class="secret-row">${shownSecret(visit, 'app-password', appPassword, label)}</div>
      <p class="hint">${who.policy.reveal === 'always' ? words.doneKept : words.doneOnce}</p>
    </section>`;
  const body = html`${paneHead(visit, words.doneTitle)}
    <p class="lead">${words.doneLead}</p>
    ${password}
    <section class="card" aria-labelledby="codes">
      <h2 id="codes">${words.codesTitle}</h2>
      ${codeList(visit, shown)}
    </section>
    ${keptForm(visit)}`;
  return { kind: 'page', title: words.doneTitle, body };
}

async function replaced(visit: SignedVisit): Promise<Answer> {
  const { twoStep: words, done: ok } = visit.texts;
  const body = html`${paneHead(visit, words.replacedTitle)}
    <section class="card">
      <p>${words.replacedLead}</p>
      <p><a class="button main" href="${visit.link(PATHS.twoStep)}">${ok}</a></p>
    </section>`;
  return { kind: 'page', title: words.replacedTitle, body };
}

async function qrCode({ uri }: NewTotp, label: string): Promise<Html> {
  const svg = await qrcode.toString(uri.expose(), { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
  return html`<div class="qr" role="img" aria-label="${label}">${drawing(svg)}</div>`;
}
