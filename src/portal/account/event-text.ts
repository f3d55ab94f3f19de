/** What stands in the audit of an account, in plain words for its owner. */

import type { AuditEntry } from '#policy/ports/audit.ts';
import type { SignedInRequest } from '#portal/http/page.ts';

/** What happened, and who did it ('' where that goes without saying). */
export function eventWords(
  { who, texts }: SignedInRequest,
  { actor, action, detail }: AuditEntry,
): { readonly what: string; readonly who: string } {
  const { activity: words } = texts;
  const text = (name: string): string => String(detail[name] ?? texts.unknown);
  const from = words.fromNetwork(text('network'));
  if (action === 'login.hinted') {
    const protocol = text('protocol');
    return { what: `${words.hinted(wordIn(texts.protocols, protocol) ?? protocol)} ${from}`, who: '' };
  }
  const byBrowser = wordIn(words.browser, action);
  if (byBrowser !== undefined) return { what: `${byBrowser(text('browser'))} ${from}`, who: '' };
  const others = actor === 'gateway' ? '' : words.by.admin;
  const by = actor === who.account.name ? words.by.self : others;
  const named = wordIn(words.appPassword, action);
  return { what: named === undefined ? (wordIn(words.events, action) ?? action) : named(text('name')), who: by };
}

function wordIn<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
