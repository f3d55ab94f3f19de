/** Times as text. The server does not know the browser's time zone: it writes UTC, and the script rewrites it. */

import { html, type Html } from './html.ts';
import type { Language } from '#core/languages.ts';

/** A time (ms) in the words of a language, in UTC. */
export function timeText(at: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(at)} UTC`;
}

/** A day (ms) in the words of a language, in UTC. */
export function dayText(at: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(at);
}

/** A time that the script shows in the browser's own zone. */
export function time(at: number, language: Language): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${timeText(at, language)}</time>`;
}
