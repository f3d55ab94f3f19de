/** Pages that say why a request was not answered: in plain words, and what to do. */

import { isFault } from '#core/fault.ts';
import { html } from '#portal/markup/html.ts';
import { PATHS } from '#portal/http/paths.ts';
import type { PageResponse, PageRequest } from '#portal/http/page.ts';

export type FaultPage = keyof PageRequest['texts']['faults'];

const STATUS = {
  badRequest: 400,
  foreignForm: 403,
  forbidden: 403,
  adminWithoutTwoStep: 403,
  notFound: 404,
  notAllowed: 409,
  tooLarge: 413,
  wrongHost: 421,
  throttled: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<FaultPage, number>;

/** The page for a fault. `detail` stands below its text: a number to quote, or the right address. */
export function faultPage(request: PageRequest, fault: FaultPage, detail?: string): PageResponse {
  const { title, text } = request.texts.faults[fault];
  const body = html`<h1>${title}</h1>
    <p>${text}</p>
    ${detail !== undefined && html`<p><code>${detail}</code></p>`}
    <p><a class="button" href="${request.link(PATHS.home)}">${request.texts.back}</a></p>`;
  return { kind: 'page', status: STATUS[fault], title, body };
}

/** What an error that was thrown means to the person. */
export function faultPageOf(error: unknown): FaultPage {
  if (isFault(error, 'STORE_UNAVAILABLE') || isFault(error, 'BACKEND_UNAVAILABLE') || isFault(error, 'DEADLINE'))
    return 'unavailable';
  if (isFault(error, 'NOT_FOUND')) return 'notFound';
  if (isFault(error, 'NOT_ALLOWED') || isFault(error, 'STORE_CONFLICT')) return 'notAllowed';
  if (isFault(error, 'USAGE')) return 'badRequest';
  return httpFault(error) ?? 'internal';
}

// Errors of the HTTP library carry the status that it would have answered with.
function httpFault(error: unknown): FaultPage | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  if (statusCode === 413) return 'tooLarge';
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? 'badRequest' : undefined;
}
