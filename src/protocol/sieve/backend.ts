/**
 * Our side of a ManageSieve login: greeting, STARTTLS, XCLIENT, then AUTHENTICATE with PLAIN or LOGIN.
 * RFC 5804 §1.7, §2.1, §2.2; XCLIENT is Dovecot's. A server that offers UNAUTHENTICATE is not used: its client could
 * log in again as anybody behind our back.
 */

import { unreachable } from '#core/fault.ts';
import { loginResponses } from '#sasl/client.ts';
import { CommandFramer } from '#wire/command-framer.ts';
import type { CommandEvent, FramingLimits, Piece } from '#wire/command-framer.ts';
import { printable } from '#wire/printable.ts';
import { done, hasPassword, plainFor, sendToBackend, unusable } from '#protocol/backend.ts';
import type { BackendInput, BackendMachine, BackendStep, PasswordLogin } from '#protocol/backend.ts';
import type { BackendFault, BackendOptions, BackendOutcome } from '#protocol/machine.ts';
import { xclientCommand } from '#protocol/xclient.ts';
import { capabilityLine, parseCapability } from './capabilities.ts';
import type { Capability } from './capabilities.ts';
import { parseResponse, refusal } from './response.ts';
import type { Condition } from './response.ts';
import { quoteForBackend } from './strings.ts';

/** What the next response of the backend belongs to. */
export type State =
  | { readonly at: 'greeting'; readonly tlsActive: boolean; readonly capabilities: readonly Capability[] }
  | { readonly at: 'starttls' }
  | { readonly at: 'xclient'; readonly capabilities: readonly Capability[] }
  /** `responses` are still to be sent, one at each challenge; `untagged` are lines that the client shall see. */
  | { readonly at: 'auth'; readonly responses: readonly string[]; readonly untagged: readonly string[] };

type Step = BackendStep<State>;

const LIMITS: FramingLimits = {
  lineBytes: 8192,
  literalBytes: 65_536,
  commandBytes: 131_072,
  literals: 8,
  skippedLiteralBytes: 0,
  synchronizing: 'accepted',
};
const MAX_CAPABILITIES = 100;
/** After `done` nothing is read any more. */
const ENDED: State = { at: 'starttls' };

/** The machine for one login, ready for driveBackend. */
export function sieveBackend(options: BackendOptions): BackendMachine<State, CommandEvent> {
  return {
    initial: { at: 'greeting', tlsActive: options.tls === 'active', capabilities: [] },
    framer: new CommandFramer(LIMITS),
    advance: (state, input) => advance(options, state, input),
  };
}

/** One step of the login. Pure. */
function advance(options: BackendOptions, state: State, input: BackendInput<CommandEvent>): Step {
  switch (input.on) {
    case 'connect':
      return { state, actions: [] };
    case 'tls':
      return { state: { at: 'greeting', tlsActive: true, capabilities: [] }, actions: [] };
    case 'event':
      return onEvent(options, state, input.event);
    default:
      return unreachable(input);
  }
}

function onEvent(options: BackendOptions, state: State, event: CommandEvent): Step {
  switch (event.kind) {
    case 'command':
      return onResponse(options, state, event.pieces);
    // A server's literal comes unasked.
    case 'continue':
      return { state, actions: [] };
    case 'refused':
    case 'hopeless':
      return fail('malformed', 'response too long');
    default:
      return unreachable(event);
  }
}

function onResponse(options: BackendOptions, state: State, pieces: readonly Piece[]): Step {
  const response = parseResponse(pieces);
  if (response === undefined) return fail('malformed', lineOf(pieces));
  if (response.kind === 'condition') return onCondition(options, state, response, pieces);
  switch (state.at) {
    case 'greeting': {
      if (state.capabilities.length >= MAX_CAPABILITIES) return fail('malformed', 'endless capability list');
      const capabilities = [...state.capabilities, parseCapability(response.strings)];
      return { state: { ...state, capabilities }, actions: [] };
    }
    case 'auth':
      return onChallenge(state, response.strings, pieces);
    case 'starttls':
    case 'xclient':
      return fail('malformed', lineOf(pieces));
    default:
      return unreachable(state);
  }
}

function onCondition(options: BackendOptions, state: State, condition: Condition, pieces: readonly Piece[]): Step {
  const { word, text } = condition;
  if (state.at === 'auth') return end(word === 'OK' ? accepted(state.untagged, pieces) : refusal(condition));
  if (word === 'BYE' && state.at !== 'greeting') return end({ kind: 'temporary', text: printable(text) });
  switch (state.at) {
    case 'greeting':
      if (word === 'OK') return onCapabilities(options, state.tlsActive, state.capabilities);
      if (condition.code.startsWith('TRYLATER')) return end({ kind: 'temporary', text: printable(text) });
      return fail('greeting', text);
    case 'starttls':
      return word === 'OK' ? { state, actions: [{ do: 'start-tls' }] } : fail('starttls-refused', text);
    case 'xclient':
      return word === 'OK' ? logIn(options, state.capabilities) : fail('xclient-refused', text);
    default:
      return unreachable(state);
  }
}

function onCapabilities(options: BackendOptions, tlsActive: boolean, capabilities: readonly Capability[]): Step {
  const has = (wanted: string): boolean => capabilities.some(({ name }) => name === wanted);
  if (options.tls === 'starttls' && !tlsActive) {
    if (!has('STARTTLS')) return fail('starttls-missing', 'STARTTLS is not among the capabilities');
    return send({ at: 'starttls' }, 'STARTTLS');
  }
  if (has('UNAUTHENTICATE')) return fail('unauthenticate', 'the backend offers UNAUTHENTICATE');
  if (options.login.as === 'probe') {
    const outcome = { kind: 'capabilities', capabilities: capabilities.map(capabilityLine) } as const;
    return { state: ENDED, actions: [sendToBackend('LOGOUT'), done(outcome)] };
  }
  if (has('XCLIENT') && options.forward !== undefined) {
    return send({ at: 'xclient', capabilities }, xclientCommand(options.forward));
  }
  return logIn(options, capabilities);
}

function logIn({ login }: BackendOptions, capabilities: readonly Capability[]): Step {
  if (!hasPassword(login)) return fail('xclient-missing', 'ManageSieve has no XCLIENT LOGIN');
  const listed = capabilities.find(({ name }) => name === 'SASL')?.value ?? '';
  const mechanisms = listed.toUpperCase().split(' ');
  if (listed === '') return fail('login-disabled', 'no SASL mechanism is among the capabilities');
  if (mechanisms.includes('PLAIN')) return authPlain(login);
  if (login.as === 'user' && mechanisms.includes('LOGIN')) {
    const responses = loginResponses(login.name, login.password);
    return send({ at: 'auth', responses, untagged: [] }, 'AUTHENTICATE "LOGIN"');
  }
  return fail('mechanism-missing', `SASL has only ${listed}`);
}

// Should the initial response be ignored, the challenge that follows gets it once more.
function authPlain(login: PasswordLogin): Step {
  const message = plainFor(login);
  return send({ at: 'auth', responses: [message], untagged: [] }, `AUTHENTICATE "PLAIN" ${quoteForBackend(message)}`);
}

// One string is a challenge. More are capabilities, which a server may send again before its OK (RFC 5804 §2.1).
function onChallenge(
  state: Extract<State, { at: 'auth' }>,
  strings: readonly string[],
  pieces: readonly Piece[],
): Step {
  if (strings.length > 1) return { state: { ...state, untagged: [...state.untagged, lineOf(pieces)] }, actions: [] };
  const [response, ...responses] = state.responses;
  if (response === undefined) return fail('malformed', 'one challenge too many');
  return send({ ...state, responses }, quoteForBackend(response));
}

function accepted(untagged: readonly string[], pieces: readonly Piece[]): BackendOutcome {
  const line = pieces.length === 1 ? lineOf(pieces) : 'OK "Logged in."';
  return { kind: 'accepted', reply: { line, untagged } };
}

function lineOf([first]: readonly Piece[]): string {
  return first?.kind === 'text' ? first.text : '';
}

function send(state: State, line: string): Step {
  return { state, actions: [sendToBackend(line)] };
}

function end(outcome: BackendOutcome): Step {
  return { state: ENDED, actions: [done(outcome)] };
}

function fail(why: BackendFault, text: string): Step {
  return { state: ENDED, actions: [unusable(why, printable(text))] };
}
