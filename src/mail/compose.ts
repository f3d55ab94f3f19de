/**
 * Gives mail its words: subject, plain text and HTML from one list of paragraphs. The HTML loads nothing, and every
 * value in it is escaped. Pure.
 */

import { unreachable } from '#core/fault.ts';
import type { ComposedMail, MailContent, MailFrame } from './content.ts';
import type { Language } from '#core/languages.ts';
import { mailTexts } from '#mail/texts/mail-texts.ts';
import type { MailTexts, NoticeFacts, Wording } from '#mail/texts/shape.ts';

/** Writes a mail. */
export function composeMail(content: MailContent, frame: MailFrame): ComposedMail {
  const texts = mailTexts(frame.language);
  const { subject, paragraphs } = wordingOf(content, frame, texts);
  const footer = texts.footer(frame.service);
  return {
    subject: oneLine(subject),
    text: `${[...paragraphs, `-- \n${footer}`].join('\n\n')}\n`,
    html: htmlOf({ paragraphs, footer, code: content.kind === 'code' ? content.code.expose() : undefined }, frame),
    language: frame.language,
  };
}

/** The words that an admin's notice starts from, with `{account}`, `{portal}` and `{date}` to be filled in. */
export function defaultInstructions(
  language: Language,
  service: string,
  dated: boolean,
): { readonly subject: string; readonly body: string } {
  return mailTexts(language).instructions(service, dated);
}

function wordingOf(content: MailContent, frame: MailFrame, texts: MailTexts): Wording {
  const { service, portalUrl } = frame;
  const when = 'at' in content ? formatDate(content.at, texts) : '';
  const facts: NoticeFacts = { service, portalUrl, account: content.account, when, name: nameIn(content) };
  switch (content.kind) {
    case 'code': {
      const { account, minutes } = content;
      return texts.code[content.purpose]({ service, account, minutes, code: content.code.expose() });
    }
    case 'notice': {
      const [subject, what] = texts.notice[content.action](facts);
      return { subject, paragraphs: [what, texts.doneBy[content.actor](facts), texts.notYou(facts)] };
    }
    case 'recovery-codes-low':
      return texts.recoveryCodesLow(facts, content.left);
    case 'new-browser': {
      const { subject, paragraphs } = texts.newBrowser(facts, content.browser, content.network);
      return { subject, paragraphs: [...paragraphs, texts.notYou(facts)] };
    }
    case 'instructions': {
      const date = content.date === undefined ? '' : formatDate(content.date, texts);
      const fill = (text: string): string => filledIn(text, { account: content.account, portal: portalUrl, date });
      return { subject: fill(content.subject), paragraphs: fill(content.body).split(/\n{2,}/) };
    }
    default:
      return unreachable(content);
  }
}

function nameIn(content: MailContent): string {
  return content.kind === 'notice' ? (content.name ?? '') : '';
}

function filledIn(text: string, values: Readonly<Record<'account' | 'portal' | 'date', string>>): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('{account}', () => values.account)
    .replaceAll('{portal}', () => values.portal)
    .replaceAll('{date}', () => values.date);
}

// The zone is said, because neither we nor the reader know the other's.
function formatDate(at: number, { locale }: MailTexts): string {
  const style = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const;
  return `${new Intl.DateTimeFormat(locale, style).format(at)} UTC`;
}

// A device's name is its user's, and a subject is a header.
function oneLine(subject: string): string {
  return subject.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

interface HtmlParts {
  readonly paragraphs: readonly string[];
  readonly footer: string;
  /** Shown large. */
  readonly code: string | undefined;
}

const BODY_STYLE =
  'margin:0;padding:24px;font:17px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif';
const CODE_STYLE = 'margin:0 0 20px;font:600 34px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px';

function htmlOf({ paragraphs, footer, code }: HtmlParts, { language, portalUrl }: MailFrame): string {
  const big = code === undefined ? '' : `<p style="${CODE_STYLE}">${escape(code)}</p>\n`;
  const body = paragraphs
    .map((text) => `<p style="margin:0 0 16px">${linked(escape(text), portalUrl).replaceAll('\n', '<br>\n')}</p>`)
    .join('\n');
  return [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    '<meta name="color-scheme" content="light dark"></head>',
    `<body style="${BODY_STYLE}">\n<div style="max-width:560px;margin:0 auto">`,
    `${big}${body}`,
    `<p style="margin:24px 0 0;font-size:14px;opacity:.75">${escape(footer)}</p>`,
    '</div></body></html>\n',
  ].join('\n');
}

// The portal's address only: nothing that a name or an admin's text holds becomes a link.
function linked(escaped: string, portalUrl: string): string {
  if (portalUrl === '') return escaped;
  const url = escape(portalUrl);
  return escaped.replaceAll(url, () => `<a href="${url}">${url}</a>`);
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' } as const;

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => entityOf(sign));
}

function entityOf(sign: string): string {
  return Object.entries(ENTITIES).find(([plain]) => plain === sign)?.[1] ?? sign;
}
