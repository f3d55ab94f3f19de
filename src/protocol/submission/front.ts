/**
 * Submission before login: EHLO, STARTTLS and AUTH; mail is refused until the backend is there to take it.
 * RFC 5321, RFC 6409, RFC 4954 (AUTH), RFC 3207 (STARTTLS), RFC 2034 and 5248 (enhanced codes).
 */

import { unreachable } from '#core/fault.ts';
import { begin, MAX_RESPONSE_BYTES, respond } from '#sasl/exchange.ts';
import type { SaslState, SaslStep } from '#sasl/exchange.ts';
import { ClientLines } from '#protocol/client-lines.ts';
import type { ClientLine } from '#protocol/client-lines.ts';
import type { FrontInput, FrontMachine, FrontStep } from '#protocol/front.ts';
import { bytesOf, complain, handOver, line, part, say } from '#protocol/front-steps.ts';
import type { Complaining } from '#protocol/front-steps.ts';
import type { BackendOptions, FrontAction, FrontOptions, LoginAnswer } from '#protocol/machine.ts';
import { exposedBy, loginAllowed } from '#protocol/plaintext.ts';
import { keywordLines } from './keywords.ts';
import { refusalLine, REPLIES, SASL_FAULTS, stopLine } from './replies.ts';

/** Where the dialogue stands. While TLS or a verdict is awaited the driver reads nothing. */
export type State = Standing & ({ readonly at: 'command' } | { readonly at: 'sasl'; readonly sasl: SaslState });

interface Standing extends Complaining {
  readonly tlsActive: boolean;
  /** How the client has introduced itself, since TLS. */
  readonly helo: BackendOptions['helo'];
}

type Step = FrontStep<State>;

// RFC 5321 §4.5.3.1.4 has 512 octets for a command line, RFC 4954 §4 more for AUTH.
const MAX_LINE_BYTES = MAX_RESPONSE_BYTES + 'AUTH OAUTHBEARER '.length;
const MAX_HELO_CHARACTERS = 255;

/** The machine for one client, ready for driveFront. */
export function submissionFront(options: FrontOptions): FrontMachine<State, ClientLine> {
  return {
    initial: { at: 'command', tlsActive: options.tls === 'active', helo: undefined, errors: 0 },
    framer: new ClientLines(MAX_LINE_BYTES),
    advance: (state, input) => advance(options, state, input),
    challenge: (challenge) => bytesOf(`334 ${challenge}`),
    helo: (state) => state.helo,
  };
}

/** One step of the dialogue. Pure. */
function advance(options: FrontOptions, state: State, input: FrontInput<ClientLine>): Step {
  switch (input.on) {
    case 'connect':
      return say(state, `220 ${options.hostname} ESMTP ready`);
    case 'tls':
      // RFC 3207 §4.2: what the client said before TLS, its EHLO included, is forgotten.
      return { state: { at: 'command', tlsActive: true, helo: undefined, errors: state.errors }, actions: [] };
    case 'answer':
      return onAnswer(options, state, input.answer);
    case 'stop':
      return part(state, stopLine(input.why, options), input.why);
    case 'event':
      return onLine(options, state, input.event);
    default:
      return unreachable(input);
  }
}

function onLine(options: FrontOptions, state: State, event: ClientLine): Step {
  if (event.kind === 'foreign') return { state, actions: [{ do: 'close', why: 'misbehaved' }] };
  if (event.kind === 'too-long') return err(idle(state), REPLIES.lineTooLong);
  if (state.at !== 'sasl') return onCommand(options, state, event.line);
  // Some clients end the answer with CR CR LF; Postfix passes over what is white at the end of a line.
  return onSasl(state, respond(state.sasl, event.line.replace(/\r+$/, '')));
}

function onCommand(options: FrontOptions, state: State, line: string): Step {
  const space = line.indexOf(' ');
  const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
  const parameters = space < 0 ? '' : line.slice(space).trim();
  switch (verb) {
    case 'EHLO':
      return onHelo(options, state, { verb: 'EHLO', name: parameters });
    case 'HELO':
      return onHelo(options, state, { verb: 'HELO', name: parameters });
    case 'STARTTLS':
      return onStarttls(options, state, parameters);
    case 'AUTH':
      return onAuth(options, state, parameters);
    case 'QUIT':
      return part(state, REPLIES.goodbye, 'logout');
    default:
      return onOther(options, state, verb);
  }
}

function onOther(options: FrontOptions, state: State, verb: string): Step {
  switch (verb) {
    case 'NOOP':
    case 'RSET':
      return say(state, REPLIES.ok);
    case 'HELP':
      return say(state, REPLIES.help);
    case 'VRFY':
      return say(state, REPLIES.cannotVerify);
    case 'MAIL':
    case 'RCPT':
    case 'DATA':
      return err(state, loginFirst(options, state));
    // RFC 3030 §2: the chunk is already on its way, and its bytes must not be read as commands.
    case 'BDAT':
      return part(state, loginFirst(options, state), 'misbehaved');
    default:
      return err(state, REPLIES.unknownCommand);
  }
}

function loginFirst(options: FrontOptions, state: State): string {
  return loginAllowed(options, state.tlsActive) ? REPLIES.loginFirst : REPLIES.tlsFirst;
}

// Clients give all sorts of names; only what could not be repeated to a backend is refused.
function onHelo(options: FrontOptions, state: State, helo: NonNullable<BackendOptions['helo']>): Step {
  const { verb, name } = helo;
  if (!/^[\x20-\x7e\x80-\xff]+$/.test(name) || name.length > MAX_HELO_CHARACTERS) return err(state, REPLIES.badHelo);
  const lines = [options.hostname, ...(verb === 'EHLO' ? keywordLines(options, state.tlsActive) : [])];
  return say({ ...state, helo }, ...lines.map((line, index) => `250${index < lines.length - 1 ? '-' : ' '}${line}`));
}

// Windows Mail sends two spaces before its initial response.
function onAuth(options: FrontOptions, state: State, parameters: string): Step {
  const [mechanism, initialResponse, ...more] = parameters.split(' ').filter((word) => word !== '');
  if (mechanism === undefined || more.length > 0) return err(state, REPLIES.badAuthSyntax);
  const request = { mechanism, initialResponse, offered: options.mechanisms };
  if (!loginAllowed(options, state.tlsActive)) return err(state, REPLIES.tlsRequired, exposedBy(request));
  if (state.helo === undefined) return err(state, REPLIES.heloFirst);
  return onSasl(state, begin(request));
}

function onSasl(state: State, step: SaslStep): Step {
  const next = idle(state);
  switch (step.kind) {
    case 'challenge':
      return say({ ...next, at: 'sasl', sasl: step.state }, `334 ${step.challenge}`);
    case 'credentials':
      return { state: next, actions: [{ do: 'authenticate', credentials: step.credentials }] };
    case 'fault':
      return err(next, SASL_FAULTS[step.fault]);
    default:
      return unreachable(step);
  }
}

function onStarttls(options: FrontOptions, state: State, parameters: string): Step {
  if (parameters !== '') return err(state, REPLIES.noParameters);
  if (state.tlsActive) return err(state, REPLIES.tlsAlready);
  if (options.tls !== 'available') return err(state, REPLIES.tlsUnavailable);
  return { state: idle(state), actions: [line(REPLIES.tlsBegins), { do: 'start-tls' }] };
}

function onAnswer(options: FrontOptions, state: State, answer: LoginAnswer): Step {
  if (answer.kind === 'accepted') return handOver(state, answer.reply);
  const refusal = refusalLine(answer, options);
  return answer.kind === 'unavailable' ? part(state, refusal, 'unavailable') : say(state, refusal);
}

/** The same standing, between commands. */
function idle({ tlsActive, helo, errors }: Standing): Standing & { readonly at: 'command' } {
  return { at: 'command', tlsActive, helo, errors };
}

/** A command that made no sense. */
function err(state: State, reply: string, beside?: readonly FrontAction[]): Step {
  return complain(state, { reply, lastReply: REPLIES.tooManyErrors, beside });
}
