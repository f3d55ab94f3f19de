/** An admin's notice with instructions to those who have not set two-step up: its words, and sending it. */

import { domainImpact } from '#policy/domains/impact.ts';
import { showDomain, type DomainView } from '#policy/domains/domains.ts';
import { mayBeginInstructions, sendInstructions } from '#policy/accounts/instructions.ts';
import { field, textArea } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters } from '#portal/http/paths.ts';
import type { PortalMail } from '#portal/ports/portal-services.ts';
import { languageNamed } from '#core/languages.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';
import { adminHead, saying } from './admin-pane.ts';

const path = PATHS.adminNotice;
const needs = { path, level: 'admin-recent', right: 'send-notice' } as const;

export const adminNoticeRoutes: readonly Route[] = [
  { ...needs, method: 'GET', handle: (request: SignedInRequest) => page(request, undefined) },
  { ...needs, method: 'POST', returnTo: path, handle: send },
];

const SUBJECT_LENGTH = 200;
const BODY_LENGTH = 5000;

interface Words {
  readonly subject: string;
  readonly body: string;
}

async function page(request: SignedInRequest, sent: Words | undefined): Promise<PageResponse> {
  const { parts, texts, domain } = request;
  const { notice: words } = texts.admin;
  const [view, count] = await Promise.all([showDomain(parts.context, domain), countOf(request)]);
  const body = html`${await adminHead(request, 'option', words.title)}
    <section class="card">${contentOf(request, { view, count, sent })}</section>`;
  return { kind: 'page', status: sent === undefined ? 200 : 422, title: words.title, body };
}

function contentOf(
  request: SignedInRequest,
  about: { readonly view: DomainView; readonly count: number; readonly sent: Words | undefined },
): Html {
  const { notice: words } = request.texts.admin;
  const { mail } = request.parts;
  if (mail === undefined) return html`<p>${words.noMail}</p>`;
  if (about.count === 0) return html`<p>${words.nobody}</p>`;
  const dated = about.view.policy.cutOffAt !== undefined;
  const { subject, body } = about.sent ?? mail.defaultInstructions(request.language, dated);
  const needed = (text: string) => (text.trim() === '' ? words.needed : undefined);
  const content = html`${field({
      name: 'subject',
      label: words.subject,
      value: subject,
      fault: needed(subject),
      autocomplete: 'off',
      maxLength: SUBJECT_LENGTH,
    })}
    ${textArea({
      name: 'body',
      label: words.body,
      hint: words.bodyHint,
      value: body,
      fault: needed(body),
      maxLength: BODY_LENGTH,
    })} <button class="main">${words.send(about.count)}</button>`;
  return html`<p>${words.lead(about.count)}</p>
    ${form(request, withParameters(path, { domain: request.domain }), content)}`;
}

async function send(request: SignedInRequest): Promise<PageResponse> {
  const { parts, texts, domain, form: sent } = request;
  const { notice: words } = texts.admin;
  const { mail } = parts;
  const notice = { subject: sent.text('subject', SUBJECT_LENGTH), body: sent.text('body', BODY_LENGTH) };
  if (mail === undefined) return page(request, undefined);
  if (notice.subject.trim() === '' || notice.body.trim() === '') return page(request, notice);
  const here = withParameters(PATHS.adminDomain, { domain });
  if (!(await mayBeginInstructions(parts.context, domain))) return saying(request, words.lately, here);
  const [{ policy }, count] = await Promise.all([showDomain(parts.context, domain), countOf(request)]);
  sendBehindThePage(request, mail, { ...notice, date: policy.cutOffAt });
  return saying(request, words.begun(count), here);
}

// With a thousand users the relay needs minutes: nobody has to wait for it in front of a page.
function sendBehindThePage(
  { parts, who, domain, language }: SignedInRequest,
  mail: PortalMail,
  notice: Words & { readonly date: number | undefined },
): void {
  const by = { actor: who.account.name, domain };
  void sendInstructions(
    parts.context,
    by,
    ({ name: account }, known) =>
      mail.sendInstructions({ ...notice, account, language: languageNamed(known ?? '') ?? language }),
    parts.ending,
  ).catch((error: unknown) => parts.log.error('fault', { user: who.account.name, error }));
}

async function countOf({ parts, domain, now }: SignedInRequest): Promise<number> {
  const { record } = await showDomain(parts.context, domain);
  return (await domainImpact(parts.context.store, domain, record, now)).notEnrolled.count;
}
