/** What a change of a domain's option would do, by count and by name, before it is made; and making it. */

import { isFault } from '#core/fault.ts';
import { planChoice, type ChoicePlan } from '#policy/domains/domain-change.ts';
import { setDomain } from '#policy/domains/domains.ts';
import type { DomainImpact } from '#policy/domains/impact.ts';
import { mayDoAny } from '#policy/admins/admins.ts';
import { choices, field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters, type OwnPath } from '#portal/http/paths.ts';
import { dayText } from '#portal/markup/times.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';
import { adminHead, modeName, saying } from './admin-pane.ts';
import type { DomainMode as Mode } from '#policy/ports/records.ts';

export const adminReviewRoutes: readonly Route[] = [
  ...routesOf(PATHS.adminEnabled, 'enabled'),
  ...routesOf(PATHS.adminForced, 'forced'),
  ...routesOf(PATHS.adminDisabled, 'disabled'),
];

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function routesOf(path: OwnPath, mode: Mode): readonly Route[] {
  const needs = { path, level: 'admin-recent', right: 'set-policy' } as const;
  return [
    { ...needs, method: 'GET', handle: (request: SignedInRequest) => review(request, mode, undefined) },
    { ...needs, method: 'POST', returnTo: path, handle: (request: SignedInRequest) => save(request, mode) },
  ];
}

async function review(request: SignedInRequest, mode: Mode, fault: string | undefined): Promise<PageResponse> {
  const { parts, texts, domain } = request;
  const { review: words } = texts.admin;
  const plan = await planChoice(parts.context, domain, { mode });
  const title = words.title[mode];
  const body = html`${await adminHead(request, 'option', title)}
    <section class="card">
      <p class="lead">${words.lead}</p>
      ${partsOf(request, mode, plan)}
    </section>
    <section class="card">${saveForm(request, mode, { plan, fault })}</section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title, body };
}

function partsOf(request: SignedInRequest, mode: Mode, { impact }: ChoicePlan): Html {
  const { review: words } = request.texts.admin;
  const closing = html`<p>${words.closing(impact.closing)}</p>`;
  if (mode === 'forced')
    return html`${notEnrolled(request, impact)} ${connected(request, impact)} ${tellFirst(request)}`;
  if (mode === 'enabled')
    return html`<p>${words.enabled}</p>
      ${closing}`;
  return html`<h2>${words.opensTitle}</h2>
    <p>${words.opens(impact.enrolled)}</p>
    <p>${words.keeps}</p>
    ${closing}`;
}

function notEnrolled(request: SignedInRequest, { notEnrolled: { count, names } }: DomainImpact): Html {
  const { review: words } = request.texts.admin;
  return html`<h2>${words.notEnrolledTitle}</h2>
    <p>${words.notEnrolled(count)}</p>
    ${nameList(request, names, count)}
    <p class="hint">${words.unknown}</p>`;
}

function connected(request: SignedInRequest, { ordinary }: DomainImpact): Html {
  const { texts } = request;
  const { review: words } = texts.admin;
  const rows = ordinary.sessions.map(({ account, protocol, address }) => {
    return html`${account}: ${words.from(texts.protocols[protocol], address)}`;
  });
  return html`<h2>${words.connectedTitle}</h2>
    <p>${words.connected(ordinary.open, ordinary.count)}</p>
    ${nameList(request, rows, ordinary.open)}`;
}

function nameList({ texts }: SignedInRequest, names: readonly (Html | string)[], count: number): Html | undefined {
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

function tellFirst(request: SignedInRequest): Html | undefined {
  const { who, texts, domain } = request;
  const { review: words, notice } = texts.admin;
  if (!mayDoAny(who.grants, 'send-notice', domain)) return undefined;
  const path = withParameters(PATHS.adminNotice, { domain });
  return html`<h2>${words.tellTitle}</h2>
    <p>${words.tell}</p>
    <p><a class="button" href="${request.link(path)}">${notice.title}</a></p>`;
}

function saveForm(
  request: SignedInRequest,
  mode: Mode,
  { plan, fault }: { readonly plan: ChoicePlan; readonly fault: string | undefined },
): Html {
  const { texts, domain } = request;
  const { review: words } = texts.admin;
  const back = request.link(withParameters(PATHS.adminDomain, { domain }));
  const path = { enabled: PATHS.adminEnabled, forced: PATHS.adminForced, disabled: PATHS.adminDisabled }[mode];
  const epoch = html`<input type="hidden" name="epoch" value="${plan.before.epoch}" />`;
  const content = html`${epoch} ${mode === 'forced' && whenFields(request, fault)}
    <div class="answers">
      <button class="main${mode === 'enabled' ? '' : ' danger'}">${words.confirm[mode]}</button>
      <a class="button plain" href="${back}">${texts.cancel}</a>
    </div>`;
  return form(request, withParameters(path, { domain }), content);
}

function whenFields({ texts, form: sent }: SignedInRequest, fault: string | undefined): Html {
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

async function save(request: SignedInRequest, mode: Mode): Promise<PageResponse> {
  const { parts, who, texts, domain, form: sent, language } = request;
  const dated = mode === 'forced' && sent.text('when') === 'date';
  const forcedFrom = dated ? (dayIn(sent.text('date')) ?? Number.NaN) : undefined;
  const change = { mode, forcedFrom, expectedEpoch: Number(sent.text('epoch')) };
  let closed: number;
  try {
    closed = (await planChoice(parts.context, domain, change)).impact.closing;
    await setDomain(parts.context, who.account.name, domain, change);
  } catch (error) {
    // Nothing else in this form can be wrong.
    if (dated && isFault(error, 'USAGE')) return review(request, mode, texts.admin.review.dateWrong);
    throw error;
  }
  const said =
    forcedFrom === undefined
      ? texts.admin.saved(domain, modeName(request, mode), closed)
      : texts.admin.savedFrom(domain, dayText(forcedFrom, language), closed);
  return saying(request, said, withParameters(PATHS.adminDomain, { domain }));
}

/** The beginning of a day in UTC (ms); undefined for what is none. */
export function dayIn(text: string): number | undefined {
  const at = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // The 30th of February is taken for a day in March.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(text) ? undefined : at;
}
