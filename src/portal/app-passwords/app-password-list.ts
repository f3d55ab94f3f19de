/** The app passwords of an account in Settings › Account › 2-Step Authentication: one card each, with eye and refresh. */

import { PROTOCOLS, type Protocol } from '#core/verdict.ts';
import { listAppPasswords, type AppPasswordView } from '#policy/app-passwords/app-passwords.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { ICONS } from '#portal/markup/icons.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { shownSecret } from '#portal/layout/secret-display.ts';
import { shownAppPassword, type Shown } from '#portal/session/flash.ts';
import { time, timeText } from '#portal/markup/times.ts';
import type { SignedVisit, Visit } from '#portal/http/page.ts';

/** The section with all of them, and the way to one more. */
export async function appPasswordSection(visit: SignedVisit): Promise<Html> {
  const { parts, who, texts } = visit;
  const { appPasswords: words } = texts;
  const [views, shown] = await Promise.all([
    listAppPasswords(parts.tools, who.account),
    shownAppPassword(parts, who.session),
  ]);
  return html`<section class="card" aria-labelledby="app-passwords">
    <h2 id="app-passwords">${words.title}</h2>
    <p>${words.lead}</p>
    ${views.length === 0 && html`<p>${words.none}</p>`}
    <ul class="cards">
      ${views.map((view) => card(visit, view, shown))}
    </ul>
    <p><a class="button" href="${visit.link(PATHS.newAppPassword)}">${words.add}</a></p>
  </section>`;
}

function card(visit: SignedVisit, view: AppPasswordView, shown: Shown['app-password'] | undefined): Html {
  const { appPasswords: words } = visit.texts;
  const { id, name } = view;
  return html`<li id="${id}">
    <h3>${name}</h3>
    ${secretRow(visit, view, shown, 'list')} ${facts(visit, view)}
    <p>
      <a href="${visit.link(withId(PATHS.appPassword, id))}" aria-label="${words.manageNamed(name)}">${words.manage}</a>
    </p>
  </li>`;
}

/** The secret, or dots in its place, with the eye, copy and refresh. `page` is where to come back to. */
export function secretRow(
  visit: SignedVisit,
  view: AppPasswordView,
  shown: Shown['app-password'] | undefined,
  page: 'list' | 'detail',
): Html {
  const { appPasswords: words } = visit.texts;
  const { id, name } = view;
  const secret = shown?.id === id ? shown.secret : undefined;
  const back = html`<input type="hidden" name="page" value="${page}" />`;
  const [path, icon, label, word] =
    secret === undefined
      ? ([PATHS.showAppPassword, ICONS.eye, words.showNamed(name), words.show] as const)
      : ([PATHS.hideAppPassword, ICONS.eyeOff, words.hideNamed(name), words.hide] as const);
  const eye = html`${back}<button class="small" aria-label="${label}">${icon} ${word}</button>`;
  return html`<div class="secret-row">
      ${
        secret === undefined
          ? html`<p class="secret hidden" aria-label="${words.hiddenSecret}" role="img">•••• •••• •••• ••••</p>`
          : shownSecret(visit, `secret-${id}`, secret, words.copyNamed(name))
      }
      ${(view.revealable || secret !== undefined) && form(visit, withId(path, id), eye, 'inline')}
      <a
        class="button small"
        href="${visit.link(withId(PATHS.resetAppPassword, id))}"
        aria-label="${words.resetNamed(name)}"
        >${ICONS.refresh} ${words.reset}</a
      >
    </div>
    ${secret !== undefined && html`<p class="hint">${view.revealable ? words.visible : words.visibleOnce}</p>`}
    ${!view.revealable && secret === undefined && html`<p class="hint">${words.shownOnce}</p>`}`;
}

/** What there is to know about an app password. */
export function facts(visit: Visit, view: AppPasswordView): Html {
  const { texts, language } = visit;
  const { appPasswords: words } = texts;
  const { lastUse, expiresAt, expired, networks } = view;
  const expiry = expiresAt === undefined ? words.noExpiry : time(expiresAt, language);
  return html`<dl class="facts">
    <div>
      <dt>${words.worksFor}</dt>
      <dd>${scopeWords(visit, view.scopes)}</dd>
    </div>
    <div>
      <dt>${words.lastUsed}</dt>
      <dd>
        ${
          lastUse === undefined
            ? texts.never
            : html`${time(lastUse.at, language)}, ${texts.protocols[lastUse.protocol]},
              ${words.fromNetwork(lastUse.network)}`
        }
      </dd>
    </div>
    <div>
      <dt>${words.created}</dt>
      <dd>${time(view.createdAt, language)}</dd>
    </div>
    <div>
      <dt>${words.expires}</dt>
      <dd>${expired ? html`<strong>${words.expired(timeText(expiresAt ?? 0, language))}</strong>` : expiry}</dd>
    </div>
    ${
      networks !== undefined &&
      html`<div>
        <dt>${words.networks}</dt>
        <dd>${networks.join(', ')}</dd>
      </div>`
    }
  </dl>`;
}

/** The protocols in words. */
function scopeWords({ texts }: Visit, scopes: readonly Protocol[]): string {
  if (PROTOCOLS.every((protocol) => scopes.includes(protocol))) return texts.everyProtocol;
  return scopes.map((protocol) => texts.protocols[protocol]).join(', ');
}
