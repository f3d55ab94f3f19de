/** The frame of every page: head, the way to the other pages, content, foot. */

import type { Assets } from '#portal/http/assets.ts';
import { CSRF_FIELD } from '#portal/http/csrf.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { PATHS, type OwnPath } from '#portal/http/paths.ts';
import { LANGUAGES } from '#portal/texts/texts.ts';
import type { Texts } from '#portal/texts/shape.ts';
import type { Visit, Who } from '#portal/http/page.ts';

export interface PageParts {
  readonly title: string;
  readonly body: Html;
}

/** One entry of the main navigation. */
interface NavigationEntry {
  readonly path: OwnPath;
  readonly title: (texts: Texts) => string;
}

const NAVIGATION: readonly NavigationEntry[] = [
  { path: PATHS.twoStep, title: (texts) => texts.account },
  { path: PATHS.devices, title: (texts) => texts.devices.title },
  { path: PATHS.activity, title: (texts) => texts.activityTitle },
];

const ADMIN_ENTRY: NavigationEntry = { path: PATHS.admin, title: (texts) => texts.admin.title };

/** A whole page. */
export function layout(visit: Visit, assets: Assets, { title, body }: PageParts): Html {
  const { texts, parts, language } = visit;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} – ${parts.tools.issuer}</title>
        <link rel="icon" href="${visit.link(assets.icon.path)}" />
        <link rel="stylesheet" href="${visit.link(assets.style.path)}" />
        <script type="module" src="${visit.link(assets.script.path)}"></script>
      </head>
      <body>
        <a class="skip" href="#content">${texts.skipToContent}</a>
        <header class="site">
          <p class="brand"><a href="${visit.link(PATHS.home)}">${parts.tools.issuer}</a></p>
          ${signedIn(visit)}
        </header>
        ${navigation(visit)}
        <main id="content" tabindex="-1">${body}</main>
        <footer class="site">${languageForm(visit)}</footer>
      </body>
    </html> `;
}

/** A form that is sent to a path of ours, with the token of this browser in it. */
export function form(visit: Visit, action: OwnPath, content: Html, className = 'stack'): Html {
  const next = visit.next === undefined ? undefined : html`<input type="hidden" name="next" value="${visit.next}" />`;
  return html`<form method="post" action="${visit.link(action)}" class="${className}">
    <input type="hidden" name="${CSRF_FIELD}" value="${visit.csrf}" />${next} ${content}
  </form>`;
}

/** A form that asks for a page and changes nothing: what is typed stands in the address. */
export function queryForm(visit: Visit, page: OwnPath, content: Html, className = 'stack'): Html {
  return html`<form method="get" action="${visit.link(page)}" class="${className}">${content}</form>`;
}

/** The path as a browser has to ask for it, with the place to go on to afterwards. */
export function linkWithNext(visit: Visit, path: OwnPath): string {
  if (visit.next === undefined) return visit.link(path);
  return `${visit.link(path)}?${new URLSearchParams({ next: visit.next }).toString()}`;
}

// The way to the other pages is shown to those who may go there.
function navigation(visit: Visit): Html | undefined {
  const { who, texts, path } = visit;
  if (who === undefined || who.session.level !== 'full' || who.owes === 'set-up') return undefined;
  const entries = navigationFor(who).map((entry) => {
    const here = path.startsWith(entry.path) && html` aria-current="${path === entry.path ? 'page' : 'true'}"`;
    return html`<li><a href="${visit.link(entry.path)}" ${here}>${entry.title(texts)}</a></li>`;
  });
  return html`<nav class="main" aria-label="${texts.mainNavigation}">
    ${who.kind === 'mailbox' && html`<p>${texts.settings}</p>`}
    <ul>
      ${entries}
    </ul>
  </nav>`;
}

function navigationFor({ kind, grants }: Who): readonly NavigationEntry[] {
  const own = kind === 'mailbox' ? NAVIGATION : [];
  return grants.length === 0 ? own : [...own, ADMIN_ENTRY];
}

function signedIn(visit: Visit): Html | undefined {
  const { who, texts } = visit;
  if (who === undefined) return undefined;
  const button = html`<button class="quiet">${texts.signOut}</button>`;
  return html`<div class="who">
    <span>${who.kind === 'mailbox' ? who.account.name : who.account.local}</span
    >${form(visit, PATHS.signOut, button, 'inline')}
  </div>`;
}

function languageForm(visit: Visit): Html {
  const buttons = Object.entries(LANGUAGES).map(([language, name]) => {
    const current = language === visit.language && html` aria-current="true"`;
    return html`<button class="quiet" name="language" value="${language}" lang="${language}" ${current}>
      ${name}
    </button>`;
  });
  const here = html`<input type="hidden" name="here" value="${visit.path}" />`;
  const group = html`${here}
    <div role="group" aria-label="${visit.texts.language}">${buttons}</div>`;
  return form({ ...visit, next: undefined }, PATHS.language, group, 'inline');
}
