/** Recovery codes: new ones, shown once, to copy, to print and to save. */

import { renewRecoveryCodes } from '#policy/factors/recovery-codes.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { ICONS } from '#portal/markup/icons.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS } from '#portal/http/paths.ts';
import { copyButton } from '#portal/layout/secret-display.ts';
import { putFlash, shownCodes, removeFlash, type Flash } from '#portal/session/flash.ts';
import { dayText } from '#portal/markup/times.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';

export const recoveryCodeRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.recoveryCodes, level: 'recent', handle: page },
  { method: 'POST', path: PATHS.recoveryCodes, level: 'recent', returnTo: PATHS.recoveryCodes, handle: renew },
  { method: 'GET', path: PATHS.recoveryCodesText, level: 'recent', handle: download },
  { method: 'POST', path: PATHS.recoveryCodesKept, level: 'full', returnTo: PATHS.twoStep, handle: kept },
];

async function page(request: SignedInRequest): Promise<PageResponse> {
  const { twoStep: words } = request.texts;
  const shown = await shownCodes(request.parts, request.who.session);
  if (shown !== undefined) {
    const body = html`${paneHead(request, words.codesFresh)}
      <section class="card">${codeList(request, shown)}</section>
      ${keptForm(request)}`;
    return { kind: 'page', title: words.codesFresh, body };
  }
  const answers = html`<div class="answers">
    <button class="main">${words.codesRenew}</button> ${cancelLink(request)}
  </div>`;
  const body = html`${paneHead(request, words.codesRenewTitle)}
    <section class="card">
      <p>${words.codesRenewLead}</p>
      ${form(request, PATHS.recoveryCodes, answers)}
    </section>`;
  return { kind: 'page', title: words.codesRenewTitle, body };
}

async function renew({ parts, who }: SignedInRequest): Promise<PageResponse> {
  const codes = await renewRecoveryCodes(parts.context, who.account.name, who.account);
  await putFlash(parts, who.session, 'codes', { codes });
  return redirect(PATHS.recoveryCodes);
}

async function download(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts, now, language } = request;
  const shown = await shownCodes(parts, who.session);
  if (shown === undefined) return redirect(PATHS.twoStep);
  const head = texts.twoStep.codesFileHead(who.account.name, dayText(now, language));
  const lines = [head, '', ...shown.codes.map((code) => code.expose()), '', parts.settings.url];
  return { kind: 'download', fileName: 'recovery-codes.txt', text: `${lines.join('\r\n')}\r\n` };
}

async function kept({ parts, who }: SignedInRequest): Promise<PageResponse> {
  await removeFlash(parts, who.session, 'codes');
  return redirect(PATHS.twoStep);
}

/** The codes with what can be done with them. */
export function codeList(request: SignedInRequest, { codes }: Flash['codes']): Html {
  const { twoStep: words, print } = request.texts;
  const text = codes.map((code) => code.expose()).join('\n');
  return html`<p>${words.codesLead}</p>
    <p><strong>${words.codesOnce}</strong></p>
    <ul class="codes">
      ${codes.map((code) => html`<li><code>${code.expose()}</code></li>`)}
    </ul>
    <div class="answers">
      ${copyButton(request, { id: 'recovery-codes', text, label: words.codesCopy })}
      <button type="button" class="small" data-print hidden>${ICONS.print} ${print}</button>
      <a class="button small" href="${request.link(PATHS.recoveryCodesText)}" download
        >${ICONS.download} ${words.codesDownload}</a
      >
    </div>`;
}

/** The button with which the codes go off show. */
export function keptForm(request: SignedInRequest): Html {
  return form(request, PATHS.recoveryCodesKept, html`<button class="main">${request.texts.twoStep.saved}</button>`);
}
