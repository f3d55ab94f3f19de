/** What an IMAP client said before its login, without tag and arguments. RFC 9051 §6.1 and §6.2, RFC 2971. */

import { unreachable } from '#core/fault.ts';
import { redactedAuth, redactedCommand, type RedactedCommand, type Redaction } from '#protocol/redaction.ts';
import { hasNoArguments, parseAuthenticate, parseCommand } from './command.ts';
import type { ImapEvent } from './events.ts';
import type { State } from './front.ts';

const ARGUMENTS = new Map([
  ['AUTHENTICATE', '[arguments]'],
  ['CAPABILITY', '[arguments]'],
  ['ID', '[arguments]'],
  ['LOGIN', '[name and secret]'],
  ['LOGOUT', '[arguments]'],
  ['NOOP', '[arguments]'],
  ['STARTTLS', '[arguments]'],
] as const);

export const imapRedaction: Redaction<State, ImapEvent> = {
  command: redacted,
  // A tag is the client's own: one that is out of step may have a password there.
  status: /^(?:(\+(?= ))|\S+ (OK|NO|BAD|BYE)\b)(?: \[([A-Z-]+))?/gm,
};

function redacted(_: State, event: ImapEvent): RedactedCommand {
  switch (event.kind) {
    case 'command':
      return redactedPieces(event.pieces);
    case 'continue':
      return '[literal announced]';
    case 'line':
      return '[response]';
    case 'too-long':
    case 'refused':
    case 'hopeless':
      return '[malformed]';
    case 'foreign':
      return '[another protocol]';
    default:
      return unreachable(event);
  }
}

function redactedPieces(pieces: Extract<ImapEvent, { kind: 'command' }>['pieces']): RedactedCommand {
  const command = parseCommand(pieces);
  if (command.kind === 'foreign') return '[another protocol]';
  if (command.kind === 'malformed') return '[malformed]';
  const { name, rest } = command;
  const auth = name === 'AUTHENTICATE' ? parseAuthenticate(rest) : undefined;
  if (auth !== undefined) return redactedAuth('AUTHENTICATE', auth.mechanism, auth.initialResponse !== undefined);
  return redactedCommand(ARGUMENTS, name, !hasNoArguments(rest));
}
