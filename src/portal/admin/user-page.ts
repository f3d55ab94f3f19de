/** One user of a domain: what there is to know, and what an admin can do. */

import { Fault } from '#core/fault.ts';
import { canonicalAccount, type Account } from '#core/identity.ts';
import { cutOffAccount, resumeAccount, showAccount, suspendAccount, unlockAccount } from '#policy/accounts/accounts.ts';
import { mayDoAny, mayDoTo, type AdminTask } from '#policy/admins/admins.ts';
import { resetFactors } from '#policy/factors/factors.ts';
import { lookupUserRow, type UserRow } from '#policy/accounts/user-listing.ts';
import { faultPage } from '#portal/layout/error-pages.ts';
import { choices } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, type OwnPath } from '#portal/http/paths.ts';
import { time } from '#portal/markup/times.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';
import { adminHead, saying } from './admin-pane.ts';
import { fact, pathOfUser, userFacts } from './users-page.ts';

type Deed = (request: SignedInRequest, account: Account) => Promise<string>;

export const adminUserRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.adminUser, level: 'admin', right: 'look', handle: page },
  { method: 'GET', path: PATHS.adminReset, level: 'admin-recent', right: 'reset-factors', handle: askReset },
  deed(PATHS.adminReset, 'reset-factors', reset),
  deed(PATHS.adminCutOff, 'cut-off', cutOff),
  deed(PATHS.adminSuspend, 'suspend', suspend),
  deed(PATHS.adminResume, 'suspend', resume),
  deed(PATHS.adminUnlock, 'unlock', unlock),
];

// Each deed is done only to whom the admin may do it: neither to themselves nor to an admin with more rights.
function deed(path: OwnPath, right: AdminTask, perform: Deed): Route {
  return {
    method: 'POST',
    path,
    level: 'admin-recent',
    right,
    returnTo: PATHS.adminUser,
    handle: async (request) => {
      const { account } = await loadUser(request);
      if ((await standingTo(request, account)) !== 'open') return faultPage(request, 'forbidden');
      return saying(request, await perform(request, account), pathOfUser(request, PATHS.adminUser, account));
    },
  };
}

async function page(request: SignedInRequest): Promise<PageResponse> {
  const row = await loadUser(request);
  const { account, sessions } = row;
  const { texts, parts, language } = request;
  const { users: words, review } = texts.admin;
  const [view, standing] = await Promise.all([showAccount(parts.context, account), standingTo(request, account)]);
  const connected = sessions.map(
    ({ protocol, address, openedAt }) =>
      html`<li>${review.from(texts.protocols[protocol], address)} ${time(openedAt, language)}</li>`,
  );
  const body = html`${await adminHead(request, 'users', account.name)}
    <section class="card">
      ${userFacts(request, row)}
      <dl class="facts">
        ${fact(words.appPasswords, view.appPasswords.map(({ name }) => name).join(', ') || words.noFactors)}
        ${fact(words.recoveryAddress, view.recoveryAddress ?? words.noFactors)}
        ${fact(words.codesLeft, String(view.recoveryCodesLeft))}
      </dl>
      ${
        connected.length > 0 &&
        html`<h2>${words.sessions}</h2>
          <ul class="events">
            ${connected}
          </ul>`
      }
    </section>
    <section class="card" aria-labelledby="actions">
      <h2 id="actions">${words.actions}</h2>
      ${standing === 'open' ? actions(request, row) : html`<p>${words[standing]}</p>`}
    </section>`;
  return { kind: 'page', title: account.name, body };
}

function actions(request: SignedInRequest, { account, suspended, enrolledAt }: UserRow): Html {
  const { who, texts, domain } = request;
  const { users: words } = texts.admin;
  const may = (task: AdminTask) => mayDoAny(who.grants, task, domain);
  const action = (path: OwnPath, label: string, hint?: string): Html =>
    html`<li>
      ${form(request, pathOfUser(request, path, account), html`<button>${label}</button>`, 'inline')}
      ${hint !== undefined && html`<small>${hint}</small>`}
    </li>`;
  const lost = html`<li>
    <a class="button" href="${request.link(pathOfUser(request, PATHS.adminReset, account))}">${words.reset}</a>
  </li>`;
  return html`<ul class="rows">
    ${may('reset-factors') && enrolledAt !== undefined && lost}
    ${may('cut-off') && action(PATHS.adminCutOff, words.cutOff, words.cutOffHint)}
    ${may('unlock') && action(PATHS.adminUnlock, words.unlock, words.unlockHint)}
    ${may('suspend') && !suspended && action(PATHS.adminSuspend, words.suspend, words.suspendHint)}
    ${may('suspend') && suspended && action(PATHS.adminResume, words.resume)}
  </ul>`;
}

async function askReset(request: SignedInRequest): Promise<PageResponse> {
  const { account } = await loadUser(request);
  if ((await standingTo(request, account)) !== 'open') return faultPage(request, 'forbidden');
  const { texts } = request;
  const { users: words } = texts.admin;
  const title = words.resetTitle(account.name);
  const back = request.link(pathOfUser(request, PATHS.adminUser, account));
  const content = html`${choices({ name: 'appPasswords', type: 'radio', label: words.resetApps }, [
      { value: 'keep', label: words.resetKeep, hint: words.resetKeepHint, chosen: true },
      { value: 'revoke', label: words.resetRevoke, hint: words.resetRevokeHint },
    ])}
    <div class="answers">
      <button class="main danger">${words.reset}</button>
      <a class="button plain" href="${back}">${texts.cancel}</a>
    </div>`;
  const body = html`${await adminHead(request, 'users', title)}
    <section class="card">
      <p>${words.resetLead}</p>
      ${form(request, pathOfUser(request, PATHS.adminReset, account), content)}
    </section>`;
  return { kind: 'page', title, body };
}

async function reset({ parts, who, texts, form: sent }: SignedInRequest, account: Account): Promise<string> {
  const { done } = texts.admin.users;
  const appPasswords = sent.text('appPasswords') === 'revoke' ? 'revoke' : 'keep';
  const had = await resetFactors(parts.context, who.account.name, account, appPasswords);
  return had ? done.reset : done.notEnrolled;
}

async function cutOff({ parts, who, texts }: SignedInRequest, account: Account): Promise<string> {
  const open = await parts.context.store.listSessions({ by: 'account', account });
  await cutOffAccount(parts.context, who.account.name, account);
  return texts.admin.users.done.cutOff(open.length);
}

async function suspend({ parts, who, texts }: SignedInRequest, account: Account): Promise<string> {
  const { done } = texts.admin.users;
  return (await suspendAccount(parts.context, who.account.name, account)) ? done.suspended : done.unchanged;
}

async function resume({ parts, who, texts }: SignedInRequest, account: Account): Promise<string> {
  const { done } = texts.admin.users;
  return (await resumeAccount(parts.context, who.account.name, account)) ? done.resumed : done.unchanged;
}

async function unlock({ parts, who, texts }: SignedInRequest, account: Account): Promise<string> {
  await unlockAccount(parts.context, who.account.name, account);
  return texts.admin.users.done.unlocked;
}

/** Whether this admin may touch this account: `own` is their own, `above` that of one with more rights. */
async function standingTo({ parts, who }: SignedInRequest, account: Account): Promise<'open' | 'own' | 'above'> {
  if (who.account.name === account.name) return 'own';
  const may = await mayDoTo(parts.context, parts.admins.configured, who.grants, { task: 'look', account });
  return may ? 'open' : 'above';
}

/** The user that the path names, of the domain that it names. NOT_FOUND when nothing is known of it. */
async function loadUser({ parts, domain, user }: SignedInRequest): Promise<UserRow> {
  const local = Buffer.from(user, 'base64url').toString();
  const name = `${local}@${domain}`;
  const found = canonicalAccount(name, parts.identity);
  const same = found.kind === 'account' && found.account.name === name && found.account.domain === domain;
  const row = same ? await lookupUserRow(parts.context.store, found.account) : undefined;
  if (row === undefined) throw new Fault('NOT_FOUND', 'there is no such user');
  return row;
}
