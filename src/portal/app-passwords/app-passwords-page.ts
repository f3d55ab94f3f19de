/** One app password: its page, showing and hiding it, a new secret for it, another name, and its end. */

import { Fault, isFault } from '#core/fault.ts';
import {
  listAppPasswords,
  renameAppPassword,
  resetAppPasswordOf,
  revealAppPassword,
  revokeAppPassword,
  type AppPasswordView,
} from '#policy/app-passwords/app-passwords.ts';
import { field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { ICONS } from '#portal/markup/icons.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { putFlash, shownAppPassword, removeFlash } from '#portal/session/flash.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { facts, secretRow } from './app-password-list.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';

const { appPassword, showAppPassword, hideAppPassword, resetAppPassword, revokeAppPassword: revokePath } = PATHS;

export const appPasswordRoutes: readonly Route[] = [
  { method: 'GET', path: appPassword, level: 'full', handle: (request) => detail(request) },
  { method: 'POST', path: showAppPassword, level: 'recent', returnTo: appPassword, handle: show },
  { method: 'POST', path: hideAppPassword, level: 'full', returnTo: appPassword, handle: hide },
  { method: 'GET', path: resetAppPassword, level: 'recent', handle: askToReset },
  { method: 'POST', path: resetAppPassword, level: 'recent', returnTo: resetAppPassword, handle: reset },
  { method: 'GET', path: revokePath, level: 'recent', handle: askToRevoke },
  { method: 'POST', path: revokePath, level: 'recent', returnTo: revokePath, handle: revoke },
  { method: 'POST', path: PATHS.renameAppPassword, level: 'recent', returnTo: appPassword, handle: rename },
];

async function detail(request: SignedInRequest, fault?: string): Promise<PageResponse> {
  const { parts, who } = request;
  const { appPasswords: words } = request.texts;
  const view = await found(request);
  const shown = await shownAppPassword(parts, who.session);
  const name = fault === undefined ? view.name : request.form.text('name');
  const renaming = html`${field({ name: 'name', label: words.name, fault, value: name, autocomplete: 'off', maxLength: 64 })}
    <button>${words.rename}</button>`;
  const body = html`${paneHead(request, words.detailTitle(view.name))}
    <section class="card">${secretRow(request, view, shown, 'detail')} ${facts(request, view)}</section>
    <section class="card">${form(request, withId(PATHS.renameAppPassword, view.id), renaming)}</section>
    <section class="card">
      <p>${words.revokeLead}</p>
      <p><a class="button danger" href="${request.link(withId(revokePath, view.id))}">${words.revoke}</a></p>
    </section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: words.detailTitle(view.name), body };
}

async function show(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, id } = request;
  const secret = await revealAppPassword(parts.context, who.account.name, who.account, (await found(request)).id);
  await putFlash(parts, who.session, 'app-password', { id, secret });
  return backToPage(request);
}

async function hide(request: SignedInRequest): Promise<PageResponse> {
  await removeFlash(request.parts, request.who.session, 'app-password');
  return backToPage(request);
}

async function askToReset(request: SignedInRequest): Promise<PageResponse> {
  const { appPasswords: words } = request.texts;
  const { id, name } = await found(request);
  return question(request, {
    title: words.resetTitle(name),
    text: [words.resetLead, words.resetEffect],
    form: form(request, withId(resetAppPassword, id), answers(request, html`${ICONS.refresh} ${words.reset}`)),
  });
}

async function reset(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who } = request;
  const { id } = await found(request);
  const { secret } = await resetAppPasswordOf(parts.context, who.account.name, who.account, id);
  await putFlash(parts, who.session, 'app-password', { id, secret });
  return redirect(withId(appPassword, id));
}

async function askToRevoke(request: SignedInRequest): Promise<PageResponse> {
  const { appPasswords: words } = request.texts;
  const { id, name } = await found(request);
  return question(request, {
    title: words.revokeTitle(name),
    text: [words.revokeLead],
    form: form(request, withId(revokePath, id), answers(request, words.revoke)),
  });
}

async function revoke(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who } = request;
  await revokeAppPassword(parts.context, who.account.name, who.account, (await found(request)).id);
  return redirect(PATHS.twoStep);
}

async function rename(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const { appPasswords: words } = texts;
  const view = await found(request);
  const name = request.form.text('name');
  const others = (await listAppPasswords(parts.context, who.account)).filter(({ id }) => id !== view.id);
  if (others.some((other) => other.name === name.normalize('NFC').trim())) return detail(request, words.nameTaken);
  try {
    await renameAppPassword(parts.context, who.account.name, who.account, { ref: view.id, name });
  } catch (error) {
    if (!isFault(error, 'USAGE')) throw error;
    return detail(request, words.nameMissing);
  }
  return redirect(withId(appPassword, view.id));
}

/** The app password that the path names. By id only: a name in its place could be another's. */
async function found({ parts, who, id }: SignedInRequest): Promise<AppPasswordView> {
  const view = (await listAppPasswords(parts.context, who.account)).find((one) => one.id === id);
  if (view === undefined) throw new Fault('NOT_FOUND', 'there is no app password with this id');
  return view;
}

function backToPage(request: SignedInRequest): PageResponse {
  const { id, form: sent } = request;
  if (sent.text('page') === 'list') return redirect(PATHS.twoStep, { anchor: id });
  return redirect(withId(appPassword, id));
}

function question(
  request: SignedInRequest,
  about: { readonly title: string; readonly text: readonly string[]; readonly form: Html },
): PageResponse {
  const body = html`${paneHead(request, about.title)}
    <section class="card">${about.text.map((text) => html`<p>${text}</p>`)} ${about.form}</section>`;
  return { kind: 'page', title: about.title, body };
}

function answers(request: SignedInRequest, yes: Html | string): Html {
  return html`<div class="answers"><button class="main danger">${yes}</button> ${cancelLink(request)}</div>`;
}
