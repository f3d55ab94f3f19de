/** The users of a domain, a page at a time, with a search. */

import { listUserRows, type UserRow } from '#policy/accounts/user-listing.ts';
import { field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { queryForm } from '#portal/layout/layout.ts';
import { PATHS, withParameters, type OwnPath } from '#portal/http/paths.ts';
import { time } from '#portal/markup/times.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';
import { adminHead } from './admin-pane.ts';

export const adminUsersRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.adminUsers, level: 'admin', right: 'look', handle: page },
];

const SHOWN = 50;
const NAME_LENGTH = 320;

async function page(request: SignedInRequest): Promise<PageResponse> {
  const { parts, texts, domain, query } = request;
  const { users: words } = texts.admin;
  const search = query.text('search', NAME_LENGTH).trim();
  const cursor = query.text('after', NAME_LENGTH) || undefined;
  const { items, next } = await listUserRows(parts.context.store, { domain, search, cursor, limit: SHOWN });
  const here = withParameters(PATHS.adminUsers, { domain });
  const link = (after: string | undefined): string => {
    const asked = { ...(search === '' ? {} : { search }), ...(after === undefined ? {} : { after }) };
    return `${request.link(here)}?${new URLSearchParams(asked).toString()}`;
  };
  const body = html`${await adminHead(request, 'users')}
    <section class="card">
      <p>${words.lead}</p>
      ${searchForm(request, here, search)} ${items.length === 0 && html`<p>${words.none}</p>`}
      <ul class="cards">
        ${items.map((row) => card(request, row))}
      </ul>
      <p class="answers">
        ${cursor !== undefined && html`<a class="button" href="${link(undefined)}">${words.first}</a>`}
        ${next !== undefined && html`<a class="button" href="${link(next)}">${words.next}</a>`}
      </p>
    </section>`;
  return { kind: 'page', title: words.title, body };
}

function searchForm(request: SignedInRequest, here: OwnPath, search: string): Html {
  const { users: words } = request.texts.admin;
  const typed = field({
    name: 'search',
    label: words.search,
    value: search,
    type: 'search',
    kind: 'code',
    autocomplete: 'off',
    maxLength: NAME_LENGTH,
    optional: true,
  });
  return queryForm(request, here, html`${typed}<button>${words.find}</button>`);
}

function card(request: SignedInRequest, row: UserRow): Html {
  return html`<li>
    <h2><a href="${request.link(pathOfUser(request, PATHS.adminUser, row.account))}">${row.account.name}</a></h2>
    ${userFacts(request, row)}
  </li>`;
}

/** What there is to know of a user at a glance. */
export function userFacts(request: SignedInRequest, row: UserRow): Html {
  const { texts, language } = request;
  const { users: words } = texts.admin;
  const { lastSignInAt, factors, sessions } = row;
  const named = factors.map((factor) => words.factorNames[factor]).join(', ');
  return html`<dl class="facts">
    ${fact(words.state, stateWords(request, row))} ${fact(words.factors, named === '' ? words.noFactors : named)}
    ${fact(words.lastSignIn, lastSignInAt === undefined ? texts.never : time(lastSignInAt, language))}
    ${fact(words.sessions, String(sessions.length))}
  </dl>`;
}

/** One fact of a list of them. */
export function fact(label: string, value: Html | string): Html {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value}</dd>
  </div>`;
}

/** A path about this user of the domain that is managed. */
export function pathOfUser({ domain }: SignedInRequest, path: OwnPath, { local }: UserRow['account']): OwnPath {
  return withParameters(path, { domain, user: Buffer.from(local).toString('base64url') });
}

function stateWords({ texts }: SignedInRequest, { enrolledAt, factors, suspended }: UserRow): string {
  const { users: words } = texts.admin;
  if (suspended) return words.suspended;
  if (enrolledAt === undefined) return words.off;
  return factors.length === 0 ? words.lost : words.on;
}
