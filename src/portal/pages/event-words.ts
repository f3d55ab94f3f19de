/** What stands in the audit of an account, in plain words for its owner. */

import { unreachable } from '../../core/fault.ts';
import type { AuditEntry } from '../../policy/ports.ts';
import type { SignedVisit } from '../visit.ts';

/** What happened, and who did it ('' where that goes without saying). */
export function eventWords(
  { who, texts }: SignedVisit,
  { actor, action, detail }: AuditEntry,
): { readonly what: string; readonly who: string } {
  const { activity: words } = texts;
  const text = (name: string): string => String(detail[name] ?? texts.unknown);
  const from = words.fromNetwork(text('network'));
  switch (action) {
    case 'app-password.added':
    case 'app-password.renamed':
    case 'app-password.revealed':
    case 'app-password.reset':
    case 'app-password.revoked':
      return { what: words.appPassword[action](text('name')), who: actorWords() };
    case 'login.hinted':
      return { what: `${words.hinted(protocolWords())} ${from}`, who: '' };
    case 'browser.signed-in':
    case 'browser.refused':
      return { what: `${words.browser[action](text('browser'))} ${from}`, who: '' };
    case 'domain.changed':
    case 'account.enrolled':
    case 'account.unenrolled':
    case 'account.suspended':
    case 'account.resumed':
    case 'account.recovery-code-used':
    case 'account.recovery-codes-renewed':
    case 'account.recovery-address-changed':
    case 'account.factor-removed':
    case 'account.factors-reset':
    case 'account.unlocked':
    case 'session.cut-off':
      return { what: words.events[action], who: actorWords() };
    default:
      return unreachable(action);
  }

  function actorWords(): string {
    if (actor === who.account.name) return words.by.self;
    return actor === 'gateway' ? '' : words.by.admin;
  }

  function protocolWords(): string {
    const protocol = text('protocol');
    return Object.entries(texts.protocols).find(([name]) => name === protocol)?.[1] ?? protocol;
  }
}
