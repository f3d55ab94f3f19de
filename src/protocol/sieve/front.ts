/**
 * ManageSieve before login: CAPABILITY, STARTTLS, AUTHENTICATE, NOOP and LOGOUT; scripts are the backend's.
 * RFC 5804 §1.7 and §2; SASL responses are quoted strings or literals (§2.1).
 */

import { unreachable } from '#core/fault.ts';
import { begin, respond } from '#sasl/exchange.ts';
import type { SaslState, SaslStep } from '#sasl/exchange.ts';
import type { Piece } from '#wire/command-framer.ts';
import { utf8FromLine } from '#wire/utf8.ts';
import type { FrontInput, FrontMachine, FrontStep } from '#protocol/front.ts';
import { bytesOf, complain, handOver, line, part, say } from '#protocol/front-steps.ts';
import type { Complaining } from '#protocol/front-steps.ts';
import type { FrontAction, FrontOptions, LoginAnswer } from '#protocol/machine.ts';
import { exposedBy, loginAllowed } from '#protocol/plaintext.ts';
import { capabilityLines } from './capabilities.ts';
import { SieveEvents } from './events.ts';
import type { SieveEvent } from './events.ts';
import { FRAMING_FAULTS, refusalLine, REPLIES, SASL_FAULTS, stopLine } from './replies.ts';
import { quote, tokensOf } from './strings.ts';
import type { Token } from './strings.ts';

/** Where the dialogue stands. While TLS or a verdict is awaited the driver reads nothing. */
export type State = Standing & ({ readonly at: 'command' } | { readonly at: 'sasl'; readonly sasl: SaslState });

interface Standing extends Complaining {
  readonly tlsActive: boolean;
}

type Step = FrontStep<State>;
type Arguments = readonly Token[];

/** The machine for one client, ready for driveFront. */
export function sieveFront(options: FrontOptions): FrontMachine<State, SieveEvent> {
  return {
    initial: { at: 'command', tlsActive: options.tls === 'active', errors: 0 },
    framer: new SieveEvents(),
    advance: (state, input) => advance(options, state, input),
    challenge: (challenge) => bytesOf(quote(challenge)),
  };
}

/** One step of the dialogue. Pure. */
function advance(options: FrontOptions, state: State, input: FrontInput<SieveEvent>): Step {
  switch (input.on) {
    case 'connect':
      return capability(options, state, `OK ${quote(`${options.hostname} ManageSieve ready.`)}`);
    case 'tls':
      // RFC 5804 §2.2: the capabilities are sent again, unasked.
      return capability(options, { ...idle(state), tlsActive: true }, REPLIES.tlsActive);
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

function onEvent(options: FrontOptions, state: State, event: SieveEvent): Step {
  switch (event.kind) {
    case 'command':
      return state.at === 'sasl' ? onResponse(state, event.pieces) : onCommand(options, state, event.pieces);
    case 'refused':
      return err(idle(state), FRAMING_FAULTS[event.fault]);
    case 'hopeless':
      return part(state, REPLIES.hopeless, 'misbehaved');
    case 'foreign':
      return { state, actions: [{ do: 'close', why: 'misbehaved' }] };
    case 'continue':
      throw new Error('the framer asks for a continuation request, which ManageSieve has not');
    default:
      return unreachable(event);
  }
}

function onCommand(options: FrontOptions, state: State, pieces: readonly Piece[]): Step {
  const [verb, ...rest] = tokensOf(pieces) ?? [];
  if (verb?.kind !== 'atom') return err(state, REPLIES.badSyntax);
  switch (verb.text.toUpperCase()) {
    case 'CAPABILITY':
      return rest.length === 0 ? capability(options, state, REPLIES.capabilities) : err(state, REPLIES.noArguments);
    case 'STARTTLS':
      return onStarttls(options, state, rest);
    case 'AUTHENTICATE':
      return onAuthenticate(options, state, rest);
    case 'NOOP':
      return onNoop(state, rest);
    case 'LOGOUT':
      return part(state, REPLIES.goodbye, 'logout');
    default:
      return err(state, REPLIES.loginFirst);
  }
}

function capability(options: FrontOptions, state: State, reply: string): Step {
  return say(state, ...capabilityLines(options, state.tlsActive), reply);
}

function onStarttls(options: FrontOptions, state: State, rest: Arguments): Step {
  if (rest.length > 0) return err(state, REPLIES.noArguments);
  if (state.tlsActive) return err(state, REPLIES.tlsAlready);
  if (options.tls !== 'available') return err(state, REPLIES.tlsUnavailable);
  return { state, actions: [line(REPLIES.tlsBegins), { do: 'start-tls' }] };
}

function onAuthenticate(options: FrontOptions, state: State, rest: Arguments): Step {
  const [mechanism, response, ...more] = rest;
  if (mechanism?.kind !== 'string' || more.length > 0) return err(state, REPLIES.badAuthSyntax);
  if (response !== undefined && response.kind !== 'string') return err(state, REPLIES.badAuthSyntax);
  const request = { mechanism: mechanism.text, initialResponse: response?.text, offered: options.mechanisms };
  if (!loginAllowed(options, state.tlsActive)) return err(state, REPLIES.tlsRequired, exposedBy(request));
  return onSasl(state, begin(request));
}

// RFC 5804 §2.1: the answer to a challenge is one string; "*" cancels.
function onResponse(state: Extract<State, { at: 'sasl' }>, pieces: readonly Piece[]): Step {
  const [response, ...more] = tokensOf(pieces) ?? [];
  if (response?.kind !== 'string' || more.length > 0) return onSasl(state, { kind: 'fault', fault: 'malformed' });
  return onSasl(state, respond(state.sasl, response.text));
}

function onSasl(state: State, step: SaslStep): Step {
  const next = idle(state);
  switch (step.kind) {
    case 'challenge':
      return say({ ...next, at: 'sasl', sasl: step.state }, quote(step.challenge));
    case 'credentials':
      return { state: next, actions: [{ do: 'authenticate', credentials: step.credentials }] };
    case 'fault':
      return err(next, SASL_FAULTS[step.fault]);
    default:
      return unreachable(step);
  }
}

// RFC 5804 §2.13: the argument comes back, for a client that looks for its place.
function onNoop(state: State, rest: Arguments): Step {
  const [tag, ...more] = rest;
  if (tag === undefined) return say(state, REPLIES.noop);
  const text = tag.kind === 'string' && more.length === 0 ? utf8FromLine(tag.text) : undefined;
  return text === undefined ? err(state, REPLIES.badSyntax) : say(state, `OK (TAG ${quote(text)}) "Done."`);
}

function onAnswer(options: FrontOptions, state: State, answer: LoginAnswer): Step {
  if (answer.kind === 'accepted') return handOver(state, answer.reply);
  const refusal = refusalLine(answer, options);
  return answer.kind === 'unavailable' ? part(state, refusal, 'unavailable') : say(state, refusal);
}

/** The same standing, between commands. */
function idle({ tlsActive, errors }: Standing): Standing & { readonly at: 'command' } {
  return { at: 'command', tlsActive, errors };
}

/** A command that made no sense. */
function err(state: State, reply: string, beside?: readonly FrontAction[]): Step {
  return complain(state, { reply, lastReply: REPLIES.tooManyErrors, beside });
}
