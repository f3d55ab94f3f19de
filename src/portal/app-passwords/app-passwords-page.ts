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
import { putOnShow, shownAppPassword, takeOffShow } from '#portal/session/flash.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '#portal/http/page.ts';
import { facts, secretRow } from './app-password-list.ts';
import { cancelLink, paneHead } from '#portal/layout/pane.ts';

const { appPassword, showAppPassword, hideAppPassword, resetAppPassword, revokeAppPassword: revokePath } = PATHS;

export const appPasswordRoutes: readonly Route[] = [
  { method: 'GET', path: appPassword, level: 'full', handle: (visit) => detail(visit) },
  { method: 'POST', path: showAppPassword, level: 'recent', returnTo: appPassword, handle: show },
  { method: 'POST', path: hideAppPassword, level: 'full', returnTo: appPassword, handle: hide },
  { method: 'GET', path: resetAppPassword, level: 'recent', handle: askToReset },
  { method: 'POST', path: resetAppPassword, level: 'recent', returnTo: resetAppPassword, handle: reset },
  { method: 'GET', path: revokePath, level: 'recent', handle: askToRevoke },
  { method: 'POST', path: revokePath, level: 'recent', returnTo: revokePath, handle: revoke },
  { method: 'POST', path: PATHS.renameAppPassword, level: 'recent', returnTo: appPassword, handle: rename },
];

async function detail(visit: SignedVisit, fault?: string): Promise<Answer> {
  const { parts, who } = visit;
  const { appPasswords: words } = visit.texts;
  const view = await found(visit);
  const shown = await shownAppPassword(parts, who.session);
  const name = fault === undefined ? view.name : visit.form.text('name');
  const renaming = html`${field({ name: 'name', label: words.name, fault, value: name, autocomplete: 'off', maxLength: 64 })}
    <button>${words.rename}</button>`;
  const body = html`${paneHead(visit, words.detailTitle(view.name))}
    <section class="card">${secretRow(visit, view, shown, 'detail')} ${facts(visit, view)}</section>
    <section class="card">${form(visit, withId(PATHS.renameAppPassword, view.id), renaming)}</section>
    <section class="card">
      <p>${words.revokeLead}</p>
      <p><a class="button danger" href="${visit.link(withId(revokePath, view.id))}">${words.revoke}</a></p>
    </section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: words.detailTitle(view.name), body };
}

async function show(visit: SignedVisit): Promise<Answer> {
  const { parts, who, id } = visit;
  const secret = await revealAppPassword(parts.tools, who.account.name, who.account, (await found(visit)).id);
  await putOnShow(parts, who.session, 'app-password', { id, secret });
  return backToPage(visit);
}

async function hide(visit: SignedVisit): Promise<Answer> {
  await takeOffShow(visit.parts, visit.who.session, 'app-password');
  return backToPage(visit);
}

async function askToReset(visit: SignedVisit): Promise<Answer> {
  const { appPasswords: words } = visit.texts;
  const { id, name } = await found(visit);
  return question(visit, {
    title: words.resetTitle(name),
    text: [words.resetLead, words.resetEffect],
    form: form(visit, withId(resetAppPassword, id), answers(visit, html`${ICONS.refresh} ${words.reset}`)),
  });
}

async function reset(visit: SignedVisit): Promise<Answer> {
  const { parts, who } = visit;
  const { id } = await found(visit);
  const { secret } = await resetAppPasswordOf(parts.tools, who.account.name, who.account, id);
  await putOnShow(parts, who.session, 'app-password', { id, secret });
  return redirect(withId(appPassword, id));
}

async function askToRevoke(visit: SignedVisit): Promise<Answer> {
  const { appPasswords: words } = visit.texts;
  const { id, name } = await found(visit);
  return question(visit, {
    title: words.revokeTitle(name),
    text: [words.revokeLead],
    form: form(visit, withId(revokePath, id), answers(visit, words.revoke)),
  });
}

async function revoke(visit: SignedVisit): Promise<Answer> {
  const { parts, who } = visit;
  await revokeAppPassword(parts.tools, who.account.name, who.account, (await found(visit)).id);
  return redirect(PATHS.twoStep);
}

async function rename(visit: SignedVisit): Promise<Answer> {
  const { parts, who, texts } = visit;
  const { appPasswords: words } = texts;
  const view = await found(visit);
  const name = visit.form.text('name');
  const others = (await listAppPasswords(parts.tools, who.account)).filter(({ id }) => id !== view.id);
  if (others.some((other) => other.name === name.normalize('NFC').trim())) return detail(visit, words.nameTaken);
  try {
    await renameAppPassword(parts.tools, who.account.name, who.account, { ref: view.id, name });
  } catch (error) {
    if (!isFault(error, 'USAGE')) throw error;
    return detail(visit, words.nameMissing);
  }
  return redirect(withId(appPassword, view.id));
}

/** The app password that the path names. By id only: a name in its place could be another's. */
async function found({ parts, who, id }: SignedVisit): Promise<AppPasswordView> {
  const view = (await listAppPasswords(parts.tools, who.account)).find((one) => one.id === id);
  if (view === undefined) throw new Fault('NOT_FOUND', 'there is no app password with this id');
  return view;
}

function backToPage(visit: SignedVisit): Answer {
  const { id, form: sent } = visit;
  if (sent.text('page') === 'list') return redirect(PATHS.twoStep, { anchor: id });
  return redirect(withId(appPassword, id));
}

function question(
  visit: SignedVisit,
  about: { readonly title: string; readonly text: readonly string[]; readonly form: Html },
): Answer {
  const body = html`${paneHead(visit, about.title)}
    <section class="card">${about.text.map((text) => html`<p>${text}</p>`)} ${about.form}</section>`;
  return { kind: 'page', title: about.title, body };
}

function answers(visit: SignedVisit, yes: Html | string): Html {
  return html`<div class="answers"><button class="main danger">${yes}</button> ${cancelLink(visit)}</div>`;
}
