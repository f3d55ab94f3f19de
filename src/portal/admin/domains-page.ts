/** The domains that somebody manages. */

import { canonicalDomain } from '#core/identity.ts';
import { listManagedDomains } from '#policy/admins/managed-domains.ts';
import type { DomainView } from '#policy/domains/domains.ts';
import { field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters } from '#portal/http/paths.ts';
import { redirect, type Answer, type Route, type SignedVisit } from '#portal/http/page.ts';
import { choiceWords } from './admin-pane.ts';

export const adminHomeRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.admin, level: 'admin', right: 'enter', handle: (visit) => page(visit, undefined) },
  { method: 'POST', path: PATHS.admin, level: 'admin', right: 'enter', returnTo: PATHS.admin, handle: open },
];

async function page(visit: SignedVisit, fault: string | undefined): Promise<Answer> {
  const { parts, who, texts } = visit;
  const { home: words } = texts.admin;
  const { domains, more } = await listManagedDomains(parts.tools, who.grants, parts.admins.domains);
  const everywhere = who.grants.some((grant) => grant.domains === 'all');
  const [only, ...others] = domains;
  if (!everywhere && only !== undefined && others.length === 0) {
    return redirect(withParameters(PATHS.adminDomain, { domain: only.domain }));
  }
  const body = html`<h1>${texts.admin.title}</h1>
    <section class="card">
      <p>${domains.length === 0 ? words.none : words.lead}</p>
      <ul class="rows">
        ${domains.map((view) => row(visit, view))}
      </ul>
      ${more && html`<p>${words.more}</p>`}
    </section>
    ${everywhere && opening(visit, fault)}`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: texts.admin.title, body };
}

function row(visit: SignedVisit, view: DomainView): Html {
  const path = withParameters(PATHS.adminDomain, { domain: view.domain });
  return html`<li><a href="${visit.link(path)}">${view.domain}</a> <span>${choiceWords(visit, view)}</span></li>`;
}

function opening(visit: SignedVisit, fault: string | undefined): Html {
  const { home: words } = visit.texts.admin;
  const typed = field({
    name: 'domain',
    label: words.domain,
    hint: words.domainHint,
    fault,
    value: visit.form.text('domain', 255),
    kind: 'code',
    autocomplete: 'off',
    maxLength: 255,
    first: fault !== undefined,
  });
  return html`<section class="card" aria-labelledby="open">
    <h2 id="open">${words.open}</h2>
    ${form(visit, PATHS.admin, html`${typed}<button>${words.go}</button>`)}
  </section>`;
}

async function open(visit: SignedVisit): Promise<Answer> {
  const domain = canonicalDomain(visit.form.text('domain', 255).trim());
  if (domain === undefined) return page(visit, visit.texts.admin.home.notDomain);
  return redirect(withParameters(PATHS.adminDomain, { domain }));
}
