/** The head that the pages of a domain's admin share: where one is, the other pages of this domain, what was done. */

import { mayDoAny, type AdminTask } from '#policy/admins/admins.ts';
import type { DomainView } from '#policy/domains/domains.ts';
import { notice } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { PATHS, withParameters, type OwnPath } from '#portal/http/paths.ts';
import { putFlash, takeFlash } from '#portal/session/flash.ts';
import { dayText } from '#portal/markup/times.ts';
import { redirect, type PageResponse, type SignedInRequest } from '#portal/http/page.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

type Part = 'option' | 'options' | 'users' | 'audit' | 'dns';

const PARTS: readonly { readonly part: Part; readonly path: OwnPath; readonly right: AdminTask }[] = [
  { part: 'option', path: PATHS.adminDomain, right: 'look' },
  { part: 'options', path: PATHS.adminOptions, right: 'set-policy' },
  { part: 'users', path: PATHS.adminUsers, right: 'look' },
  { part: 'audit', path: PATHS.adminAudit, right: 'look' },
  { part: 'dns', path: PATHS.adminDns, right: 'look' },
];

/** The head of a page of this part; with a title of its own where it is a page below it. */
export async function adminHead(request: SignedInRequest, part: Part, title?: string): Promise<Html> {
  const { parts, who, texts, domain } = request;
  const { admin: words } = texts;
  const said = await takeFlash(parts, who.session);
  const tabs = PARTS.filter(({ right }) => mayDoAny(who.grants, right, domain)).map((one) => {
    const here = one.part === part && html` aria-current="${title === undefined ? 'page' : 'true'}"`;
    const path = withParameters(one.path, { domain });
    return html`<li><a href="${request.link(path)}" ${here}>${words.parts[one.part]}</a></li>`;
  });
  return html`<nav class="trail" aria-label="${texts.trail}">
      <ol>
        <li><a href="${request.link(PATHS.admin)}">${words.title}</a></li>
        <li>${domain}</li>
        <li aria-current="page">${title ?? words.parts[part]}</li>
      </ol>
    </nav>
    <h1>${title ?? words.parts[part]}</h1>
    <nav class="tabs" aria-label="${words.partsOf(domain)}">
      <ul>
        ${tabs}
      </ul>
    </nav>
    ${said !== undefined && notice('done', said)}`;
}

/** Leads to a page that will say what was done. */
export async function saying({ parts, who }: SignedInRequest, said: string, to: OwnPath): Promise<PageResponse> {
  await putFlash(parts, who.session, 'said', { said });
  return redirect(to);
}

/** The name of a mode, as on its button. */
export function modeName({ texts }: Pick<SignedInRequest, 'texts'>, mode: DomainRecord['mode']): string {
  return texts.admin.mode[mode];
}

/** What a domain has chosen, in words. */
export function choiceWords(request: SignedInRequest, { record, policy }: DomainView): string {
  const { cutOffAt } = policy;
  const name = modeName(request, record.mode);
  if (cutOffAt === undefined) return name;
  return request.texts.admin.mode.fromDate(name, dayText(cutOffAt, request.language));
}
