/** Settings › Account › 2-Step Authentication: what the account has, and the way to everything that can be done. */

import { html } from '../html.ts';
import { PATHS } from '../paths.ts';
import type { Answer, Route, SignedVisit } from '../visit.ts';

export const twoStepRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.twoStep, level: 'full', handle: async (visit) => overview(visit) },
];

function overview(visit: SignedVisit): Answer {
  const { twoStep: words } = visit.texts;
  return { kind: 'page', title: words.title, body: html`<h1>${words.title}</h1>` };
}
