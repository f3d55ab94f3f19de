/** The head that the pages under Settings › Account share: the way that leads there, and the title. */

import { html, type Html } from '#portal/markup/html.ts';
import { PATHS } from '#portal/http/paths.ts';
import type { PageRequest } from '#portal/http/page.ts';

/** `Settings › Account › 2-Step Authentication`, and below it the title of this page when it is another one. */
export function paneHead(request: PageRequest, title?: string): Html {
  const { texts } = request;
  const pane = texts.twoStep.title;
  const last =
    title === undefined
      ? html`<li aria-current="page">${pane}</li>`
      : html`<li><a href="${request.link(PATHS.twoStep)}">${pane}</a></li>`;
  return html`<nav class="trail" aria-label="${texts.trail}">
      <ol>
        <li>${texts.settings}</li>
        <li>${texts.account}</li>
        ${last}
      </ol>
    </nav>
    <h1>${title ?? pane}</h1>`;
}

/** The way back without doing anything. */
export function cancelLink(request: PageRequest): Html {
  return html`<a class="button plain" href="${request.link(PATHS.twoStep)}">${request.texts.cancel}</a>`;
}
