/** What a POP3 client said before its login, without what it said it with. RFC 1939 §7, RFC 2449 §5, RFC 5034. */

import type { ClientLine } from '#protocol/client-lines.ts';
import { redactedAuth, redactedCommand, type RedactedCommand, type Redaction } from '#protocol/redaction.ts';
import type { State } from './front.ts';

const ARGUMENTS = new Map([
  ['CAPA', '[arguments]'],
  ['USER', '[name]'],
  ['PASS', '[secret]'],
  ['STLS', '[arguments]'],
  ['QUIT', '[arguments]'],
] as const);

export const pop3Redaction: Redaction<State, ClientLine> = {
  command: redacted,
  status: /^(\+OK|-ERR|\+(?= ))(?: \[([A-Z/]+)\])?/gm,
};

function redacted(state: State, event: ClientLine): RedactedCommand {
  if (event.kind === 'foreign') return '[another protocol]';
  if (event.kind === 'too-long') return '[malformed]';
  if (state.at === 'sasl') return '[response]';
  const [verb = '', ...words] = event.line.split(' ');
  const name = verb.toUpperCase();
  const [mechanism, ...responses] = words.filter((word) => word !== '');
  if (name === 'AUTH') return redactedAuth('AUTH', mechanism, responses.length > 0);
  return redactedCommand(ARGUMENTS, name, words.length > 0);
}
