/** An admin's notice with instructions to those who have not set two-step up: its words, and sending it. */

import { domainImpact } from '#policy/domains/impact.ts';
import { showDomain, type DomainView } from '#policy/domains/domains.ts';
import { mayBeginInstructions, sendInstructions } from '#policy/accounts/instructions.ts';
import { field, textArea } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withParameters } from '#portal/http/paths.ts';
import type { PortalMail } from '#portal/ports/portal-services.ts';
import { languageNamed } from '#portal/texts/texts.ts';
import type { Answer, Route, SignedVisit } from '#portal/http/page.ts';
import { adminHead, saying } from './admin-pane.ts';

const path = PATHS.adminNotice;
const needs = { path, level: 'admin-recent', right: 'send-notice' } as const;

export const adminNoticeRoutes: readonly Route[] = [
  { ...needs, method: 'GET', handle: (visit: SignedVisit) => page(visit, undefined) },
  { ...needs, method: 'POST', returnTo: path, handle: send },
];

const SUBJECT_LENGTH = 200;
const BODY_LENGTH = 5000;

interface Words {
  readonly subject: string;
  readonly body: string;
}

async function page(visit: SignedVisit, sent: Words | undefined): Promise<Answer> {
  const { parts, texts, domain } = visit;
  const { notice: words } = texts.admin;
  const [view, count] = await Promise.all([showDomain(parts.tools, domain), countOf(visit)]);
  const body = html`${await adminHead(visit, 'option', words.title)}
    <section class="card">${contentOf(visit, { view, count, sent })}</section>`;
  return { kind: 'page', status: sent === undefined ? 200 : 422, title: words.title, body };
}

function contentOf(
  visit: SignedVisit,
  about: { readonly view: DomainView; readonly count: number; readonly sent: Words | undefined },
): Html {
  const { notice: words } = visit.texts.admin;
  const { mail } = visit.parts;
  if (mail === undefined) return html`<p>${words.noMail}</p>`;
  if (about.count === 0) return html`<p>${words.nobody}</p>`;
  const dated = about.view.policy.cutOffAt !== undefined;
  const { subject, body } = about.sent ?? mail.defaultInstructions(visit.language, dated);
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
    ${form(visit, withParameters(path, { domain: visit.domain }), content)}`;
}

async function send(visit: SignedVisit): Promise<Answer> {
  const { parts, texts, domain, form: sent } = visit;
  const { notice: words } = texts.admin;
  const { mail } = parts;
  const notice = { subject: sent.text('subject', SUBJECT_LENGTH), body: sent.text('body', BODY_LENGTH) };
  if (mail === undefined) return page(visit, undefined);
  if (notice.subject.trim() === '' || notice.body.trim() === '') return page(visit, notice);
  const here = withParameters(PATHS.adminDomain, { domain });
  if (!(await mayBeginInstructions(parts.tools, domain))) return saying(visit, words.lately, here);
  const [{ policy }, count] = await Promise.all([showDomain(parts.tools, domain), countOf(visit)]);
  sendBehindThePage(visit, mail, { ...notice, date: policy.cutOffAt });
  return saying(visit, words.begun(count), here);
}

// With a thousand users the relay needs minutes: nobody has to wait for it in front of a page.
function sendBehindThePage(
  { parts, who, domain, language }: SignedVisit,
  mail: PortalMail,
  notice: Words & { readonly date: number | undefined },
): void {
  const by = { actor: who.account.name, domain };
  void sendInstructions(
    parts.tools,
    by,
    ({ name: account }, known) =>
      mail.sendInstructions({ ...notice, account, language: languageNamed(known ?? '') ?? language }),
    parts.ending,
  ).catch((error: unknown) => parts.log.error('fault', { user: who.account.name, error }));
}

async function countOf({ parts, domain, now }: SignedVisit): Promise<number> {
  const { record } = await showDomain(parts.tools, domain);
  return (await domainImpact(parts.tools.store, domain, record, now)).notEnrolled.count;
}
