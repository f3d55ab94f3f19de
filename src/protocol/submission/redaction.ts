/** What a submission client said before its login, without what it said it with. RFC 5321 §4.1, RFC 4954 §4. */

import type { ClientLine } from '#protocol/client-lines.ts';
import { redactedAuth, redactedCommand, type RedactedCommand, type Redaction } from '#protocol/redaction.ts';
import type { State } from './front.ts';

const ARGUMENTS = new Map([
  ['EHLO', '[name]'],
  ['HELO', '[name]'],
  ['STARTTLS', '[arguments]'],
  ['MAIL', '[arguments]'],
  ['RCPT', '[arguments]'],
  ['DATA', '[arguments]'],
  ['BDAT', '[arguments]'],
  ['VRFY', '[arguments]'],
  ['HELP', '[arguments]'],
  ['NOOP', '[arguments]'],
  ['RSET', '[arguments]'],
  ['QUIT', '[arguments]'],
] as const);

export const submissionRedaction: Redaction<State, ClientLine> = {
  command: redacted,
  status: /^(\d{3})(?: (\d\.\d{1,3}\.\d{1,3})(?= )| |$)/gm,
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
