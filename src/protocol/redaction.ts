/**
 * What a dialogue did, in words that cannot hold what a client sent. Verbs and mechanisms come from closed lists, and all
 * else that a client says is a placeholder: the types have no room for a text of its own. For the log at level debug.
 */

import { unreachable } from '#core/fault.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { FrontInput, FrontObserver } from './front.ts';
import type { FrontOptions, LoginAnswer, StopReason } from './machine.ts';

type Verb =
  | 'AUTH'
  | 'AUTHENTICATE'
  | 'BDAT'
  | 'CAPA'
  | 'CAPABILITY'
  | 'DATA'
  | 'EHLO'
  | 'HELO'
  | 'HELP'
  | 'ID'
  | 'LOGIN'
  | 'LOGOUT'
  | 'MAIL'
  | 'NOOP'
  | 'PASS'
  | 'QUIT'
  | 'RCPT'
  | 'RSET'
  | 'STARTTLS'
  | 'STLS'
  | 'USER'
  | 'VRFY';

/** What stands for the arguments of a verb. */
type Placeholder = '[name]' | '[secret]' | '[name and secret]' | '[arguments]';

const MECHANISM_NAMES = ['PLAIN', 'LOGIN', 'OAUTHBEARER', 'XOAUTH2'] as const;
type MechanismName = (typeof MECHANISM_NAMES)[number] | '[mechanism]';

/** What a client said, redacted. */
export type RedactedCommand =
  | Verb
  | `${Verb} ${Placeholder}`
  | `${'AUTH' | 'AUTHENTICATE'} ${MechanismName}`
  | `${'AUTH' | 'AUTHENTICATE'} ${MechanismName} [secret]`
  /** The answer to a challenge. */
  | '[response]'
  | '[unknown command]'
  /** A command whose literal is still to come. */
  | '[literal announced]'
  /** Too long, or not framed as the protocol has it. */
  | '[malformed]'
  | '[another protocol]';

type RedactedInput =
  | RedactedCommand
  | 'connect'
  | 'tls'
  | `answer ${LoginAnswer['kind']}`
  | `answer deny ${DenyReason}`
  | `stop ${StopReason}`;

/** How one protocol's input is redacted. */
export interface Redaction<State, Event> {
  readonly command: (state: State, event: Event) => RedactedCommand;
  /** Status word and code, as groups; global. */
  readonly status: RegExp;
}

/** Redacts the steps of a dialogue for `observe`; undefined where nobody observes, so that nothing is spent on it. */
export function redacting<State extends { readonly at: string }, Event>(
  { command, status }: Redaction<State, Event>,
  observe: FrontOptions['observe'],
): FrontObserver<State, Event> | undefined {
  if (observe === undefined) return undefined;
  return (before, input, { state, actions }) => {
    const handsOver = actions.some((action) => action.do === 'relay');
    const sent = actions.flatMap((action) => (action.do === 'send' && !handsOver ? [action.bytes] : []));
    const replies = sent.flatMap((bytes) => [...bytes.toString('latin1').matchAll(status)].map(words));
    observe({ input: redactedInput(before, input, command), state: state.at, replies });
  };
}

function words([, ...groups]: RegExpExecArray): string {
  return groups.filter((group) => group !== undefined).join(' ');
}

function redactedInput<State, Event>(
  state: State,
  input: FrontInput<Event>,
  command: Redaction<State, Event>['command'],
): RedactedInput {
  switch (input.on) {
    case 'event':
      return command(state, input.event);
    case 'answer':
      return input.answer.kind === 'deny' ? `answer deny ${input.answer.reason}` : `answer ${input.answer.kind}`;
    case 'stop':
      return `stop ${input.why}`;
    case 'connect':
    case 'tls':
      return input.on;
    default:
      return unreachable(input);
  }
}

/** A command by its verb, in upper case; arguments by the placeholder that the list has for the verb. */
export function redactedCommand(
  known: ReadonlyMap<Verb, Placeholder>,
  verb: string,
  hasArguments: boolean,
): RedactedCommand {
  const [found] = [...known].filter(([name]) => name === verb);
  if (found === undefined) return '[unknown command]';
  const [name, placeholder] = found;
  return hasArguments ? `${name} ${placeholder}` : name;
}

/** AUTH or AUTHENTICATE with its mechanism, as the client gave it, and perhaps an initial response. */
export function redactedAuth(
  verb: 'AUTH' | 'AUTHENTICATE',
  mechanism: string | undefined,
  hasResponse: boolean,
): RedactedCommand {
  if (mechanism === undefined) return verb;
  const name = MECHANISM_NAMES.find((one) => one === mechanism.toUpperCase()) ?? '[mechanism]';
  return hasResponse ? `${verb} ${name} [secret]` : `${verb} ${name}`;
}
