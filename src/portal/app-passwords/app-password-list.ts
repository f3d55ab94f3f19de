/** The app passwords of an account in Settings › Account › 2-Step Authentication: one card each, with eye and refresh. */

import { APP_PASSWORD_SCOPES, type AppPasswordScope } from '#core/protocols.ts';
import { listAppPasswords, type AppPasswordView } from '#policy/app-passwords/app-passwords.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { ICONS } from '#portal/markup/icons.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { shownSecret } from '#portal/layout/secret-display.ts';
import { shownAppPassword, type Flash } from '#portal/session/flash.ts';
import { time, timeText } from '#portal/markup/times.ts';
import type { SignedInRequest, PageRequest } from '#portal/http/page.ts';

/** The section with all of them, and the way to one more. */
export async function appPasswordSection(request: SignedInRequest): Promise<Html> {
  const { parts, who, texts } = request;
  const { appPasswords: words } = texts;
  const [views, shown] = await Promise.all([
    listAppPasswords(parts.context, who.account),
    shownAppPassword(parts, who.session),
  ]);
  return html`<section class="card" aria-labelledby="app-passwords">
    <h2 id="app-passwords">${words.title}</h2>
    <p>${words.lead}</p>
    ${views.length === 0 && html`<p>${words.none}</p>`}
    <ul class="cards">
      ${views.map((view) => card(request, view, shown))}
    </ul>
    <p><a class="button" href="${request.link(PATHS.newAppPassword)}">${words.add}</a></p>
  </section>`;
}

function card(request: SignedInRequest, view: AppPasswordView, shown: Flash['app-password'] | undefined): Html {
  const { appPasswords: words } = request.texts;
  const { id, name } = view;
  return html`<li id="${id}">
    <h3>${name}</h3>
    ${secretRow(request, view, shown, 'list')} ${facts(request, view)}
    <p>
      <a href="${request.link(withId(PATHS.appPassword, id))}" aria-label="${words.manageNamed(name)}"
        >${words.manage}</a
      >
    </p>
  </li>`;
}

/** The secret, or dots in its place, with the eye, copy and refresh. `page` is where to come back to. */
export function secretRow(
  request: SignedInRequest,
  view: AppPasswordView,
  shown: Flash['app-password'] | undefined,
  page: 'list' | 'detail',
): Html {
  const { appPasswords: words } = request.texts;
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
          : shownSecret(request, `secret-${id}`, secret, words.copyNamed(name))
      }
      ${(view.revealable || secret !== undefined) && form(request, withId(path, id), eye, 'inline')}
      <a
        class="button small"
        href="${request.link(withId(PATHS.resetAppPassword, id))}"
        aria-label="${words.resetNamed(name)}"
        >${ICONS.refresh} ${words.reset}</a
      >
    </div>
    ${secret !== undefined && html`<p class="hint">${view.revealable ? words.visible : words.visibleOnce}</p>`}
    ${!view.revealable && secret === undefined && html`<p class="hint">${words.shownOnce}</p>`}`;
}

/** What there is to know about an app password. */
export function facts(request: PageRequest, view: AppPasswordView): Html {
  const { texts, language } = request;
  const { appPasswords: words } = texts;
  const { lastUse, expiresAt, expired, networks } = view;
  const expiry = expiresAt === undefined ? words.noExpiry : time(expiresAt, language);
  return html`<dl class="facts">
    <div>
      <dt>${words.worksFor}</dt>
      <dd>${scopeWords(request, view.scopes)}</dd>
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
function scopeWords({ texts }: PageRequest, scopes: readonly AppPasswordScope[]): string {
  if (APP_PASSWORD_SCOPES.every((scope) => scopes.includes(scope))) return texts.everyProtocol;
  return scopes.map((scope) => texts.protocols[scope]).join(', ');
}
