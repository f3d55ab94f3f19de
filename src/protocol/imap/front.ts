/**
 * IMAP before login: what a client may say in the not authenticated state, and what we answer. Never pre-authenticated.
 * RFC 9051 §6.1 and §6.2 (also as RFC 3501 has them), RFC 2971 (ID), RFC 4959 (SASL-IR), RFC 7888 (literals).
 */

import { unreachable } from '#core/fault.ts';
import { begin, respond } from '#sasl/exchange.ts';
import type { SaslState, SaslStep } from '#sasl/exchange.ts';
import { passwordClaim } from '#sasl/mechanisms.ts';
import type { Piece } from '#wire/command-framer.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import type { FrontInput, FrontMachine, FrontStep } from '#protocol/front.ts';
import { bytesOf, complain, handOver, line, part, say } from '#protocol/front-steps.ts';
import type { Complaining } from '#protocol/front-steps.ts';
import type { FrontAction, FrontOptions, LoginAnswer, LoginReply } from '#protocol/machine.ts';
import { exposedBy, loginAllowed } from '#protocol/plaintext.ts';
import { capabilityList } from './capabilities.ts';
import { hasNoArguments, isIdParameters, parseAuthenticate, parseCommand, parseLogin, tagOf } from './command.ts';
import { ImapEvents } from './events.ts';
import type { ImapEvent } from './events.ts';
import { FRAMING_FAULTS, refusalLines, REPLIES, SASL_FAULTS, stopLine } from './replies.ts';

/** Where the dialogue stands. `tag` is the command that still waits for its tagged reply. */
export type State = Standing &
  (
    | { readonly at: 'command' }
    | { readonly at: 'sasl'; readonly tag: string; readonly sasl: SaslState }
    | { readonly at: 'deciding'; readonly tag: string }
  );

interface Standing extends Complaining {
  readonly tlsActive: boolean;
  /** The client asked for the capabilities though the greeting told them: it does not read response codes. */
  readonly readsNoCodes: boolean;
}

type Step = FrontStep<State>;

const WITHOUT_ARGUMENTS = new Set(['CAPABILITY', 'NOOP', 'LOGOUT', 'STARTTLS']);

/** The machine for one client, ready for driveFront. */
export function imapFront(options: FrontOptions): FrontMachine<State, ImapEvent> {
  return {
    initial: { at: 'command', tlsActive: options.tls === 'active', errors: 0, readsNoCodes: false },
    framer: new ImapEvents(),
    advance: (state, input) => advance(options, state, input),
    challenge: (challenge) => bytesOf(`+ ${challenge}`),
  };
}

/** One step of the dialogue. Pure. */
function advance(options: FrontOptions, state: State, input: FrontInput<ImapEvent>): Step {
  switch (input.on) {
    case 'connect':
      return say(state, `* OK [CAPABILITY ${capabilityList(options, state.tlsActive)}] ${options.hostname} IMAP ready`);
    case 'tls':
      return { state: { ...idle(state), tlsActive: true }, actions: [] };
    case 'answer':
      return onAnswer(options, state, input.answer);
    case 'stop':
      return part(state, stopLine(input.why, options), input.why);
    case 'event':
      return onEvent(options, state, input.event);
    default:
      return unreachable(input);
  }
}

function onEvent(options: FrontOptions, state: State, event: ImapEvent): Step {
  switch (event.kind) {
    case 'command':
      return onCommand(options, state, event.pieces);
    case 'continue':
      return say(state, REPLIES.literal);
    case 'refused':
      return err(state, tagOf(event.start), FRAMING_FAULTS[event.fault]);
    case 'foreign':
      return { state, actions: [{ do: 'close', why: 'misbehaved' }] };
    case 'hopeless':
      return part(state, REPLIES.hopeless, 'misbehaved');
    case 'line':
    case 'too-long':
      return onResponse(state, event);
    default:
      return unreachable(event);
  }
}

function onResponse(state: State, event: LineEvent): Step {
  if (state.at !== 'sasl') throw new Error(`a response came while at ${state.at}`);
  const step: SaslStep = event.kind === 'line' ? respond(state.sasl, event.line) : { kind: 'fault', fault: 'too-long' };
  return onSasl(state, state.tag, step);
}

function onCommand(options: FrontOptions, state: State, pieces: readonly Piece[]): Step {
  const command = parseCommand(pieces);
  if (command.kind === 'foreign') return { state, actions: [{ do: 'close', why: 'misbehaved' }] };
  if (command.kind === 'malformed') return err(state, command.tag, REPLIES.noCommand);
  const { tag, name, rest } = command;
  switch (name) {
    case 'LOGIN':
      return onLogin(options, state, tag, rest);
    case 'AUTHENTICATE':
      return onAuthenticate(options, state, tag, rest);
    case 'ID':
      return isIdParameters(rest)
        ? say(state, REPLIES.idOfServer, `${tag} ${REPLIES.id}`)
        : err(state, tag, REPLIES.badId);
    default:
      if (WITHOUT_ARGUMENTS.has(name) && !hasNoArguments(rest)) return err(state, tag, REPLIES.noArguments);
      return onSimpleCommand(options, state, tag, name);
  }
}

function onSimpleCommand(options: FrontOptions, state: State, tag: string, name: string): Step {
  switch (name) {
    case 'CAPABILITY':
      return onCapability(options, state, tag);
    case 'NOOP':
      return say(state, `${tag} ${REPLIES.noop}`);
    case 'LOGOUT':
      return part(state, `${REPLIES.bye}\r\n${tag} ${REPLIES.logout}`, 'logout');
    case 'STARTTLS':
      return onStarttls(options, state, tag);
    default:
      return err(state, tag, REPLIES.unknownCommand);
  }
}

function onCapability(options: FrontOptions, state: State, tag: string): Step {
  const list = `* CAPABILITY ${capabilityList(options, state.tlsActive)}`;
  // RFC 9051 §6.2.1: after STARTTLS a client must ask, so that says nothing about what it reads.
  const readsNoCodes = state.readsNoCodes || state.tlsActive === (options.tls === 'active');
  return say({ ...state, readsNoCodes }, list, `${tag} ${REPLIES.capability}`);
}

function onStarttls(options: FrontOptions, state: State, tag: string): Step {
  if (state.tlsActive) return err(state, tag, REPLIES.tlsAlready);
  if (options.tls !== 'available') return err(state, tag, REPLIES.tlsUnavailable);
  return { state: idle(state), actions: [line(`${tag} ${REPLIES.tlsBegins}`), { do: 'start-tls' }] };
}

function onLogin(options: FrontOptions, state: State, tag: string, rest: readonly Piece[]): Step {
  const [name = '', password] = parseLogin(rest) ?? [];
  const claim = passwordClaim(name, undefined, password);
  // iOS tries port 143 in clear while it is set up: the password has been seen by whoever listens.
  if (!loginAllowed(options, state.tlsActive)) {
    const exposed = claim !== undefined && password?.length !== 0;
    return err(state, tag, REPLIES.tlsRequired, exposed ? [{ do: 'exposed', authcid: claim.authcid }] : []);
  }
  if (claim === undefined) return err(state, tag, REPLIES.badLogin);
  const credentials = { mechanism: 'LOGIN-COMMAND', ...claim, refusalChallenge: undefined };
  return { state: { ...idle(state), at: 'deciding', tag }, actions: [{ do: 'authenticate', credentials }] };
}

function onAuthenticate(options: FrontOptions, state: State, tag: string, rest: readonly Piece[]): Step {
  const parsed = parseAuthenticate(rest);
  if (parsed === undefined) return err(state, tag, REPLIES.badAuthenticate);
  const request = { ...parsed, offered: options.mechanisms };
  if (loginAllowed(options, state.tlsActive)) return onSasl(state, tag, begin(request));
  return err(state, tag, REPLIES.tlsRequired, exposedBy(request));
}

function onSasl(state: State, tag: string, step: SaslStep): Step {
  const standing = idle(state);
  switch (step.kind) {
    case 'challenge':
      return say({ ...standing, at: 'sasl', tag, sasl: step.state }, `+ ${step.challenge}`);
    case 'credentials': {
      const { credentials } = step;
      return { state: { ...standing, at: 'deciding', tag }, actions: [{ do: 'authenticate', credentials }] };
    }
    case 'fault':
      return err(standing, tag, SASL_FAULTS[step.fault]);
    default:
      return unreachable(step);
  }
}

function onAnswer(options: FrontOptions, state: State, answer: LoginAnswer): Step {
  if (state.at !== 'deciding') throw new Error(`a verdict came while at ${state.at}`);
  if (answer.kind === 'accepted') return handOver(idle(state), inClientsAccent(state, state.tag, answer.reply));
  const lines = refusalLines(state.tag, answer, options);
  return answer.kind === 'unavailable' ? part(state, lines.join('\r\n'), 'unavailable') : say(idle(state), ...lines);
}

// The backend's own words under the client's tag. A client that reads no codes is told the capabilities once more.
function inClientsAccent(state: State, tag: string, reply: LoginReply): LoginReply {
  const code = /^OK \[CAPABILITY ([^\]]*)\]/i.exec(reply.line)?.[1];
  const told = reply.untagged.some((text) => /^\* CAPABILITY /i.test(text));
  const repeated = state.readsNoCodes && code !== undefined && !told ? [`* CAPABILITY ${code}`] : [];
  return { untagged: [...reply.untagged, ...repeated], line: `${tag} ${reply.line}` };
}

/** The state in which no command is under way. */
function idle({ tlsActive, errors, readsNoCodes }: Standing): Standing & { readonly at: 'command' } {
  return { at: 'command', tlsActive, errors, readsNoCodes };
}

/** A command that made no sense. */
function err(state: State, tag: string | undefined, text: string, beside?: readonly FrontAction[]): Step {
  const reply = `${tag ?? '*'} ${text}`;
  return complain<State>(idle(state), { reply, lastReply: `${reply}\r\n${REPLIES.tooManyErrors}`, beside });
}
