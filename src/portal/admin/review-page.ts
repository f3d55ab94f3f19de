/** What a change of a domain's option would do, by count and by name, before it is made; and making it. */

import { makeChoice, planChoice, type ChoicePlan } from '#policy/domains/domain-change.ts';
import type { DomainImpact } from '#policy/domains/impact.ts';
import { mayDoAny } from '#policy/admins/admins.ts';
import { choices, field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters, type OwnPath } from '#portal/http/paths.ts';
import { dayText } from '#portal/markup/times.ts';
import type { Answer, Route, SignedVisit } from '#portal/http/page.ts';
import { adminHead, modeName, saying } from './admin-pane.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

type Mode = DomainRecord['mode'];

export const adminReviewRoutes: readonly Route[] = [
  ...routesOf(PATHS.adminEnabled, 'enabled'),
  ...routesOf(PATHS.adminForced, 'forced'),
  ...routesOf(PATHS.adminDisabled, 'disabled'),
];

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function routesOf(path: OwnPath, mode: Mode): readonly Route[] {
  const needs = { path, level: 'admin-recent', right: 'set-policy' } as const;
  return [
    { ...needs, method: 'GET', handle: (visit: SignedVisit) => review(visit, mode, undefined) },
    { ...needs, method: 'POST', returnTo: path, handle: (visit: SignedVisit) => save(visit, mode) },
  ];
}

async function review(visit: SignedVisit, mode: Mode, fault: string | undefined): Promise<Answer> {
  const { parts, texts, domain } = visit;
  const { review: words } = texts.admin;
  const plan = await planChoice(parts.tools, domain, { mode });
  const title = words.title[mode];
  const body = html`${await adminHead(visit, 'option', title)}
    <section class="card">
      <p class="lead">${words.lead}</p>
      ${partsOf(visit, mode, plan)}
    </section>
    <section class="card">${saveForm(visit, mode, { plan, fault })}</section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title, body };
}

function partsOf(visit: SignedVisit, mode: Mode, { impact }: ChoicePlan): Html {
  const { review: words } = visit.texts.admin;
  const closing = html`<p>${words.closing(impact.closing)}</p>`;
  if (mode === 'forced') return html`${notEnrolled(visit, impact)} ${connected(visit, impact)} ${tellFirst(visit)}`;
  if (mode === 'enabled')
    return html`<p>${words.enabled}</p>
      ${closing}`;
  return html`<h2>${words.opensTitle}</h2>
    <p>${words.opens(impact.enrolled)}</p>
    <p>${words.keeps}</p>
    ${closing}`;
}

function notEnrolled(visit: SignedVisit, { notEnrolled: { count, names } }: DomainImpact): Html {
  const { review: words } = visit.texts.admin;
  return html`<h2>${words.notEnrolledTitle}</h2>
    <p>${words.notEnrolled(count)}</p>
    ${nameList(visit, names, count)}
    <p class="hint">${words.unknown}</p>`;
}

function connected(visit: SignedVisit, { ordinary }: DomainImpact): Html {
  const { texts } = visit;
  const { review: words } = texts.admin;
  const rows = ordinary.sessions.map(({ account, protocol, address }) => {
    return html`${account}: ${words.from(texts.protocols[protocol], address)}`;
  });
  return html`<h2>${words.connectedTitle}</h2>
    <p>${words.connected(ordinary.open, ordinary.count)}</p>
    ${nameList(visit, rows, ordinary.open)}`;
}

function nameList({ texts }: SignedVisit, names: readonly (Html | string)[], count: number): Html | undefined {
  const { review: words } = texts.admin;
  if (names.length === 0) return undefined;
  return html`<details>
    <summary>${words.names}</summary>
    ${names.length < count && html`<p>${words.shown(names.length, count)}</p>`}
    <ul>
      ${names.map((name) => html`<li>${name}</li>`)}
    </ul>
  </details>`;
}

function tellFirst(visit: SignedVisit): Html | undefined {
  const { who, texts, domain } = visit;
  const { review: words, notice } = texts.admin;
  if (!mayDoAny(who.grants, 'send-notice', domain)) return undefined;
  const path = withParameters(PATHS.adminNotice, { domain });
  return html`<h2>${words.tellTitle}</h2>
    <p>${words.tell}</p>
    <p><a class="button" href="${visit.link(path)}">${notice.title}</a></p>`;
}

function saveForm(
  visit: SignedVisit,
  mode: Mode,
  { plan, fault }: { readonly plan: ChoicePlan; readonly fault: string | undefined },
): Html {
  const { texts, domain } = visit;
  const { review: words } = texts.admin;
  const back = visit.link(withParameters(PATHS.adminDomain, { domain }));
  const path = { enabled: PATHS.adminEnabled, forced: PATHS.adminForced, disabled: PATHS.adminDisabled }[mode];
  const epoch = html`<input type="hidden" name="epoch" value="${plan.before.epoch}" />`;
  const content = html`${epoch} ${mode === 'forced' && whenFields(visit, fault)}
    <div class="answers">
      <button class="main${mode === 'enabled' ? '' : ' danger'}">${words.confirm[mode]}</button>
      <a class="button plain" href="${back}">${texts.cancel}</a>
    </div>`;
  return form(visit, withParameters(path, { domain }), content);
}

function whenFields({ texts, form: sent }: SignedVisit, fault: string | undefined): Html {
  const { review: words } = texts.admin;
  const dated = sent.text('when') === 'date';
  return html`${choices({ name: 'when', type: 'radio', label: words.when }, [
    { value: 'now', label: words.atOnce, chosen: !dated },
    { value: 'date', label: words.onDate, hint: words.onDateHint, chosen: dated },
  ])}
  ${field({
    name: 'date',
    label: words.date,
    hint: words.dateHint,
    fault,
    value: sent.text('date'),
    type: 'date',
    autocomplete: 'off',
    optional: true,
    first: fault !== undefined,
  })}`;
}

async function save(visit: SignedVisit, mode: Mode): Promise<Answer> {
  const { parts, who, texts, domain, form: sent, language, now } = visit;
  const dated = mode === 'forced' && sent.text('when') === 'date';
  const forcedFrom = dated ? dayIn(sent.text('date')) : undefined;
  if (dated && (forcedFrom === undefined || forcedFrom <= now))
    return review(visit, mode, texts.admin.review.dateWrong);
  const expectedEpoch = Number(sent.text('epoch'));
  const change = { mode, forcedFrom, expectedEpoch };
  const { closed } = await makeChoice(parts.tools, who.account.name, domain, change);
  const said =
    forcedFrom === undefined
      ? texts.admin.saved(domain, modeName(visit, mode), closed)
      : texts.admin.savedFrom(domain, dayText(forcedFrom, language), closed);
  return saying(visit, said, withParameters(PATHS.adminDomain, { domain }));
}

/** The beginning of a day in UTC (ms); undefined for what is none. */
export function dayIn(text: string): number | undefined {
  const at = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // The 30th of February is taken for a day in March.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(text) ? undefined : at;
}
