/** What a ManageSieve client said before its login, without what it said it with. RFC 5804 §2. */

import { unreachable } from '#core/fault.ts';
import { redactedAuth, redactedCommand, type RedactedCommand, type Redaction } from '#protocol/redaction.ts';
import type { SieveEvent } from './events.ts';
import type { State } from './front.ts';
import { tokensOf } from './strings.ts';

const ARGUMENTS = new Map([
  ['CAPABILITY', '[arguments]'],
  ['LOGOUT', '[arguments]'],
  ['NOOP', '[arguments]'],
  ['STARTTLS', '[arguments]'],
] as const);

export const sieveRedaction: Redaction<State, SieveEvent> = {
  command: redacted,
  // The reply to NOOP repeats what the client sent, maybe in lines that look like replies: the codes are a closed list.
  status: /^(OK|NO|BYE)\b(?: \((ENCRYPT-NEEDED|TRYLATER|TAG)\b)?/gm,
};

function redacted({ at }: State, event: SieveEvent): RedactedCommand {
  switch (event.kind) {
    case 'command':
      return at === 'sasl' ? '[response]' : redactedPieces(event.pieces);
    case 'continue':
      return '[literal announced]';
    case 'refused':
    case 'hopeless':
      return '[malformed]';
    case 'foreign':
      return '[another protocol]';
    default:
      return unreachable(event);
  }
}

function redactedPieces(pieces: Extract<SieveEvent, { kind: 'command' }>['pieces']): RedactedCommand {
  const [verb, ...rest] = tokensOf(pieces) ?? [];
  if (verb?.kind !== 'atom') return '[malformed]';
  const name = verb.text.toUpperCase();
  if (name !== 'AUTHENTICATE') return redactedCommand(ARGUMENTS, name, rest.length > 0);
  const [mechanism] = rest;
  return redactedAuth('AUTHENTICATE', mechanism?.kind === 'string' ? mechanism.text : undefined, rest.length > 1);
}
