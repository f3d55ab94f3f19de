/** Settings › Account › 2-Step Authentication: what the account has, and the way to everything that can be done. */

import { notice } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { PATHS } from '#portal/http/paths.ts';
import { dayText, time } from '#portal/markup/times.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';
import { factorRows } from './factor-rows.ts';
import { appPasswordSection } from '#portal/app-passwords/app-password-list.ts';
import { paneHead } from '#portal/layout/pane.ts';

export const twoStepRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.twoStep, level: 'full', handle: overview },
];

/** From this many on, the codes are said to run out. */
const LOW_CODES = 3;

async function overview(request: SignedInRequest): Promise<PageResponse> {
  const { who, texts } = request;
  const { twoStep: words } = texts;
  const body = html`${paneHead(request)}
  ${who.policy.mode === 'disabled' ? disabled(request) : who.record.enrolledAt === undefined ? off(request) : await on(request)}`;
  return { kind: 'page', title: words.title, body };
}

function disabled({ who, texts }: SignedInRequest): Html {
  const { twoStep: words } = texts;
  return html`<section class="card">
    <p>${words.disabled(who.account.domain)}</p>
    ${who.record.enrolledAt !== undefined && html`<p>${words.disabledEnrolled}</p>`}
  </section>`;
}

function off(request: SignedInRequest): Html {
  const { who, texts, language } = request;
  const { off: words } = texts.twoStep;
  const { cutOffAt } = who.policy;
  return html`<section class="card">
    ${cutOffAt !== undefined && notice('warning', words.cutOff(dayText(cutOffAt, language)))}
    <p>${words.lead}</p>
    <p>${words.effect}</p>
    <p><a class="button main" href="${request.link(PATHS.setUp)}">${words.enable}</a></p>
  </section>`;
}

async function on(request: SignedInRequest): Promise<Html> {
  return html`${state(request)} ${await appPasswordSection(request)} ${recoveryCodes(request)}`;
}

function state(request: SignedInRequest): Html {
  const { who, texts, language } = request;
  const { twoStep: words } = texts;
  const since = who.record.enrolledAt;
  const off = html`<p><a class="button" href="${request.link(PATHS.turnOff)}">${words.turnOff}</a></p>`;
  return html`<section class="card" aria-labelledby="state">
    <h2 id="state">
      <span class="state">${words.on}</span
      >${since !== undefined && html` <small>${words.since} ${time(since, language)}</small>`}
    </h2>
    <h3>${words.factors}</h3>
    <ul class="rows">
      ${factorRows(request)}
    </ul>
    ${who.policy.mode === 'forced' ? html`<p class="hint">${words.turnOffForced}</p>` : off}
  </section>`;
}

function recoveryCodes(request: SignedInRequest): Html {
  const { twoStep: words } = request.texts;
  const left = request.who.record.recoveryCodes.length;
  return html`<section class="card" aria-labelledby="codes">
    <h2 id="codes">${words.codesTitle}</h2>
    ${left <= LOW_CODES && notice('warning', words.codesLow(left))}
    <p>${words.codesLead}</p>
    <p>${words.codesLeft(left)}</p>
    <p><a class="button" href="${request.link(PATHS.recoveryCodes)}">${words.codesRenew}</a></p>
  </section>`;
}
