/** Admin › 2-Step Authentication: Enabled, Forced or Disabled for the users of a domain. */

import { mayDoAny } from '#policy/admins/admins.ts';
import { planChoice } from '#policy/domains/domain-change.ts';
import { setDomain, showDomain, type DomainView } from '#policy/domains/domains.ts';
import { choices } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters, type OwnPath } from '#portal/http/paths.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { adminHead, choiceWords, modeName, saying } from './admin-pane.ts';
import { DOMAIN_MODES, type DomainMode as Mode } from '#policy/ports/records.ts';

const { adminDomain } = PATHS;

export const adminDomainRoutes: readonly Route[] = [
  { method: 'GET', path: adminDomain, level: 'admin', right: 'look', handle: (request) => page(request, undefined) },
  {
    method: 'POST',
    path: adminDomain,
    level: 'admin-recent',
    right: 'set-policy',
    returnTo: adminDomain,
    handle: choose,
  },
];

/** In the order of the words that admins know. */
const PLACES = { enabled: 1, forced: 2, disabled: 3 } as const satisfies Record<Mode, number>;
const MODES = DOMAIN_MODES.toSorted((a, b) => PLACES[a] - PLACES[b]);

const REVIEWS = {
  enabled: PATHS.adminEnabled,
  forced: PATHS.adminForced,
  disabled: PATHS.adminDisabled,
} as const satisfies Record<Mode, OwnPath>;

async function page(request: SignedInRequest, fault: string | undefined): Promise<PageResponse> {
  const { parts, who, texts, domain } = request;
  const { mode: words } = texts.admin;
  const view = await showDomain(parts.context, domain);
  const may = (task: 'set-policy' | 'send-notice') => mayDoAny(who.grants, task, domain);
  const notice = withParameters(PATHS.adminNotice, { domain });
  const body = html`${await adminHead(request, 'option')}
    <section class="card">
      <p><span class="state">${words.now(choiceWords(request, view))}</span></p>
      ${may('set-policy') ? choiceForm(request, view, fault) : html`<p>${words.readOnly}</p>`}
      ${
        may('send-notice') &&
        view.record.mode !== 'disabled' &&
        html`<p><a href="${request.link(notice)}">${words.tell}</a></p>`
      }
    </section>`;
  return { kind: 'page', status: fault === undefined ? 200 : 422, title: texts.admin.parts.option, body };
}

function choiceForm(request: SignedInRequest, { domain, record }: DomainView, fault: string | undefined): Html {
  const { mode: words } = request.texts.admin;
  const hints = { enabled: words.enabledHint, forced: words.forcedHint, disabled: words.disabledHint } as const;
  const options = MODES.map((value) => ({
    value,
    label: words[value],
    hint: hints[value],
    chosen: value === record.mode,
  }));
  const content = html`${choices({ name: 'mode', type: 'radio', label: words.label, fault }, options)}
    <button class="main">${words.save}</button>`;
  return form(request, withParameters(adminDomain, { domain }), content);
}

async function choose(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts, domain, form: sent } = request;
  const mode = MODES.find((one) => one === sent.text('mode'));
  if (mode === undefined) return page(request, texts.admin.mode.choose);
  const review = redirect(withParameters(REVIEWS[mode], { domain }));
  // A forced domain may be given another date.
  if (mode === 'forced') return review;
  const { before, after, impact } = await planChoice(parts.context, domain, { mode });
  const here = withParameters(adminDomain, { domain });
  if (after.outcome === 'unchanged') return saying(request, texts.admin.mode.unchanged, here);
  // What closes nothing and opens nothing is saved at once.
  if (mode === 'disabled' || impact.closing > 0 || before.policy.mode === 'forced') return review;
  await setDomain(parts.context, who.account.name, domain, { mode, expectedEpoch: before.epoch });
  return saying(request, texts.admin.saved(domain, modeName(request, mode), impact.closing), here);
}
