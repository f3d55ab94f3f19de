/** The frame of every page: head, the way to the other pages, content, foot. */

import type { Assets } from '#portal/http/assets.ts';
import { CSRF_FIELD } from '#portal/http/csrf.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { PATHS, type OwnPath } from '#portal/http/paths.ts';
import { LANGUAGES } from '#core/languages.ts';
import type { Texts } from '#portal/texts/shape.ts';
import type { PageRequest, SignedInUser } from '#portal/http/page.ts';

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
export function layout(request: PageRequest, assets: Assets, { title, body }: PageParts): Html {
  const { texts, parts, language } = request;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} – ${parts.context.issuer}</title>
        <link rel="icon" href="${request.link(assets.icon.path)}" />
        <link rel="stylesheet" href="${request.link(assets.style.path)}" />
        <script type="module" src="${request.link(assets.script.path)}"></script>
      </head>
      <body>
        <a class="skip" href="#content">${texts.skipToContent}</a>
        <header class="site">
          <p class="brand"><a href="${request.link(PATHS.home)}">${parts.context.issuer}</a></p>
          ${signedIn(request)}
        </header>
        ${navigation(request)}
        <main id="content" tabindex="-1">${body}</main>
        <footer class="site">${languageForm(request)}</footer>
      </body>
    </html> `;
}

/** A form that is sent to a path of ours, with the token of this browser in it. */
export function form(request: PageRequest, action: OwnPath, content: Html, className = 'stack'): Html {
  const next =
    request.next === undefined ? undefined : html`<input type="hidden" name="next" value="${request.next}" />`;
  return html`<form method="post" action="${request.link(action)}" class="${className}">
    <input type="hidden" name="${CSRF_FIELD}" value="${request.csrf}" />${next} ${content}
  </form>`;
}

/** A form that asks for a page and changes nothing: what is typed stands in the address. */
export function queryForm(request: PageRequest, page: OwnPath, content: Html, className = 'stack'): Html {
  return html`<form method="get" action="${request.link(page)}" class="${className}">${content}</form>`;
}

/** The path as a browser has to ask for it, with the place to go on to afterwards. */
export function linkWithNext(request: PageRequest, path: OwnPath): string {
  if (request.next === undefined) return request.link(path);
  return `${request.link(path)}?${new URLSearchParams({ next: request.next }).toString()}`;
}

// The way to the other pages is shown to those who may go there.
function navigation(request: PageRequest): Html | undefined {
  const { who, texts, path } = request;
  if (who === undefined || who.session.level !== 'full' || who.pendingStep === 'set-up') return undefined;
  const entries = navigationFor(who).map((entry) => {
    const here = path.startsWith(entry.path) && html` aria-current="${path === entry.path ? 'page' : 'true'}"`;
    return html`<li><a href="${request.link(entry.path)}" ${here}>${entry.title(texts)}</a></li>`;
  });
  return html`<nav class="main" aria-label="${texts.mainNavigation}">
    ${who.kind === 'mailbox' && html`<p>${texts.settings}</p>`}
    <ul>
      ${entries}
    </ul>
  </nav>`;
}

function navigationFor({ kind, grants }: SignedInUser): readonly NavigationEntry[] {
  const own = kind === 'mailbox' ? NAVIGATION : [];
  return grants.length === 0 ? own : [...own, ADMIN_ENTRY];
}

function signedIn(request: PageRequest): Html | undefined {
  const { who, texts } = request;
  if (who === undefined) return undefined;
  const button = html`<button class="quiet">${texts.signOut}</button>`;
  return html`<div class="who">
    <span>${who.kind === 'mailbox' ? who.account.name : who.account.local}</span
    >${form(request, PATHS.signOut, button, 'inline')}
  </div>`;
}

function languageForm(request: PageRequest): Html {
  const buttons = LANGUAGES.map(({ code: language, name }) => {
    const current = language === request.language && html` aria-current="true"`;
    return html`<button class="quiet" name="language" value="${language}" lang="${language}" ${current}>
      ${name}
    </button>`;
  });
  const here = html`<input type="hidden" name="here" value="${request.path}" />`;
  const group = html`${here}
    <div role="group" aria-label="${request.texts.language}">${buttons}</div>`;
  return form({ ...request, next: undefined }, PATHS.language, group, 'inline');
}
