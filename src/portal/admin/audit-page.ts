/** The audit of a domain: who did what to whom, filtered, and as a table to keep. */

import { auditCsv, listAuditPage, type AuditFilter } from '#policy/admins/audit-listing.ts';
import type { AuditAction, AuditEntry } from '#policy/ports/audit.ts';
import { field, select } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { queryForm } from '#portal/layout/layout.ts';
import { PATHS, withParameters } from '#portal/http/paths.ts';
import { time } from '#portal/markup/times.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';
import { adminHead } from './admin-pane.ts';
import { dayIn } from './review-page.ts';

export const adminAuditRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.adminAudit, level: 'admin', right: 'look', handle: page },
  { method: 'GET', path: PATHS.adminAuditExport, level: 'admin', right: 'look', handle: exportCsv },
];

const SHOWN = 100;
const DAY_MS = 86_400_000;
const FIELDS = ['actor', 'account', 'action', 'from', 'until'] as const;

async function page(request: SignedInRequest): Promise<PageResponse> {
  const { parts, texts, domain, query } = request;
  const { audit: words } = texts.admin;
  const skip = /^\d{1,6}$/.test(query.text('skip')) ? Number(query.text('skip')) : 0;
  const { entries, total } = await listAuditPage(parts.context.store, filterIn(request), { skip, limit: SHOWN });
  const here = request.link(withParameters(PATHS.adminAudit, { domain }));
  const file = request.link(withParameters(PATHS.adminAuditExport, { domain }));
  const older = skip + entries.length;
  const body = html`${await adminHead(request, 'audit')}
    <section class="card">
      <p>${words.lead}</p>
      ${filterForm(request)}
      <p>${words.count(total)}</p>
      <ul class="events">
        ${entries.map((entry) => event(request, entry))}
      </ul>
      <p class="answers">
        ${skip > 0 && html`<a class="button" href="${here}?${askedFor(request, 0)}">${words.newest}</a>`}
        ${older < total && html`<a class="button" href="${here}?${askedFor(request, older)}">${words.older}</a>`}
        <a class="button" href="${file}?${askedFor(request, 0)}">${words.export}</a>
      </p>
      <p class="hint">${words.kept}</p>
    </section>`;
  return { kind: 'page', title: words.title, body };
}

async function exportCsv(request: SignedInRequest): Promise<PageResponse> {
  const text = await auditCsv(request.parts.context.store, filterIn(request));
  return { kind: 'download', fileName: `audit-${request.domain}.csv`, text, type: 'text/csv' };
}

function filterForm(request: SignedInRequest): Html {
  const { texts, domain, query } = request;
  const { audit: words } = texts.admin;
  const actions = Object.entries(words.actions).map(([value, label]) => {
    return { value, label, chosen: value === query.text('action') };
  });
  const text = (name: 'actor' | 'account', label: string): Html =>
    field({ name, label, value: query.text(name), kind: 'code', autocomplete: 'off', optional: true });
  const day = (name: 'from' | 'until', label: string): Html =>
    field({ name, label, value: query.text(name), type: 'date', autocomplete: 'off', optional: true });
  const content = html`${text('actor', words.who)} ${text('account', words.account)}
    ${select({ name: 'action', label: words.did }, [{ value: '', label: words.anything }, ...actions])}
    ${day('from', words.from)} ${day('until', words.until)} <button>${words.filter}</button>`;
  return queryForm(request, withParameters(PATHS.adminAudit, { domain }), content, 'stack columns');
}

function event({ texts, language }: SignedInRequest, entry: AuditEntry): Html {
  const { audit: words } = texts.admin;
  const { at, actor, action, account, detail } = entry;
  const details = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
  return html`<li>
    <span
      >${words.actions[action]}${account !== undefined && `: ${account}`}
      <small>${words.by(actor)}</small> ${details.length > 0 && html`<br /><small>${details.join(', ')}</small>`}</span
    >
    ${time(at, language)}
  </li>`;
}

function filterIn({ texts, domain, query }: SignedInRequest): AuditFilter {
  const until = dayIn(query.text('until'));
  return {
    domain,
    actor: query.text('actor').trim(),
    account: query.text('account').trim(),
    action: actionNamed(texts.admin.audit.actions, query.text('action')),
    from: dayIn(query.text('from')),
    until: until === undefined ? undefined : until + DAY_MS - 1,
  };
}

function actionNamed(known: Readonly<Record<AuditAction, string>>, name: string): AuditAction | undefined {
  return actionsOf(known).find((action) => action === name);
}

function actionsOf(known: Readonly<Record<AuditAction, string>>): readonly AuditAction[] {
  const isAction = (name: string): name is AuditAction => Object.hasOwn(known, name);
  return Object.keys(known).filter(isAction);
}

function askedFor({ query }: SignedInRequest, skip: number): string {
  const asked = FIELDS.flatMap((name): [string, string][] => {
    const text = query.text(name);
    return text === '' ? [] : [[name, text]];
  });
  return new URLSearchParams([...asked, ...(skip === 0 ? [] : [['skip', String(skip)]])]).toString();
}
