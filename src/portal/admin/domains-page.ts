/** The domains that somebody manages. */

import { canonicalDomain } from '#core/identity.ts';
import { listManagedDomains } from '#policy/admins/managed-domains.ts';
import type { DomainView } from '#policy/domains/domains.ts';
import { field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters } from '#portal/http/paths.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { choiceWords } from './admin-pane.ts';

export const adminHomeRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.admin, level: 'admin', right: 'enter', handle: (request) => page(request, undefined) },
  { method: 'POST', path: PATHS.admin, level: 'admin', right: 'enter', returnTo: PATHS.admin, handle: open },
];

async function page(request: SignedInRequest, fault: string | undefined): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const { home: words } = texts.admin;
  const { domains, more } = await listManagedDomains(parts.context, who.grants, parts.admins.domains);
  const everywhere = who.grants.some((grant) => grant.domains === 'all');
  const [only, ...others] = domains;
  if (!everywhere && only !== undefined && others.length === 0) {
    return redirect(withParameters(PATHS.adminDomain, { domain: only.domain }));
  }
  const body = html`<h1>${texts.admin.title}</h1>
    <section class="card">
      <p>${domains.length === 0 ? words.none : words.lead}</p>
      <ul class="rows">
        ${domains.map((view) => row(request, view))}
      </ul>
      ${more && html`<p>${words.more}</p>`}
    </section>
    ${everywhere && opening(request, fault)}`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: texts.admin.title, body };
}

function row(request: SignedInRequest, view: DomainView): Html {
  const path = withParameters(PATHS.adminDomain, { domain: view.domain });
  return html`<li><a href="${request.link(path)}">${view.domain}</a> <span>${choiceWords(request, view)}</span></li>`;
}

function opening(request: SignedInRequest, fault: string | undefined): Html {
  const { home: words } = request.texts.admin;
  const typed = field({
    name: 'domain',
    label: words.domain,
    hint: words.domainHint,
    fault,
    value: request.form.text('domain', 255),
    kind: 'code',
    autocomplete: 'off',
    maxLength: 255,
    first: fault !== undefined,
  });
  return html`<section class="card" aria-labelledby="open">
    <h2 id="open">${words.open}</h2>
    ${form(request, PATHS.admin, html`${typed}<button>${words.go}</button>`)}
  </section>`;
}

async function open(request: SignedInRequest): Promise<PageResponse> {
  const domain = canonicalDomain(request.form.text('domain', 255).trim());
  if (domain === undefined) return page(request, request.texts.admin.home.notDomain);
  return redirect(withParameters(PATHS.adminDomain, { domain }));
}
