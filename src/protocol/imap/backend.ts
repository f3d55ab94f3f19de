/**
 * IMAP from the other side: we log in at a backend, or read its capabilities. A pre-authenticated greeting is refused,
 * since it would log a client in as somebody else. Referrals are not followed.
 * RFC 9051 §6.1, §6.2 and §7.1, RFC 2971 (ID), RFC 4959 (SASL-IR), RFC 5530 (response codes), RFC 7888 (literals).
 */

import { unreachable } from '#core/fault.ts';
import type { PlainLogin } from '#sasl/client.ts';
import { LineReader } from '#wire/line-reader.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import { printable } from '#wire/printable.ts';
import { done, sendToBackend, unusable } from '#protocol/backend.ts';
import type { BackendInput, BackendMachine, BackendStep } from '#protocol/backend.ts';
import type { BackendAction, BackendLogin, BackendOptions, BackendOutcome } from '#protocol/machine.ts';
import { authenticatePlain, idCommand, login } from './client-commands.ts';
import type { Script } from './client-commands.ts';
import { capabilitiesIn, offers, parseResponse } from './response.ts';
import type { Response, Status } from './response.ts';

/** Where the dialogue stands. A field exists only in the states that have it. */
export type State =
  | { readonly at: 'greeting' }
  /** CAPABILITY is asked; after its answer comes STARTTLS or the login. */
  | { readonly at: 'capability'; readonly secured: boolean; readonly capabilities: readonly string[] }
  | { readonly at: 'starttls' }
  | { readonly at: 'login'; readonly capabilities: readonly string[]; readonly command: LoginCommand }
  | { readonly at: 'done' };

interface LoginCommand {
  readonly name: 'AUTHENTICATE' | 'LOGIN';
  /** What the backend has not asked for yet. */
  readonly rest: readonly Buffer[];
  /** Untagged lines since it was sent that concern the client. */
  readonly untagged: readonly string[];
}

type Step = BackendStep<State>;
type Capabilities = readonly string[];

// Capability lists are the longest lines we meet before login.
const MAX_LINE_BYTES = 65_536;

/** Codes (RFC 5530, RFC 2221) by which a backend says: not now, or not here. Others are final. */
const TEMPORARY_CODES = new Set(['UNAVAILABLE', 'INUSE', 'SERVERBUG', 'REFERRAL']);

/** The machine for one login, ready for driveBackend. */
export function imapBackend(options: BackendOptions): BackendMachine<State, LineEvent> {
  return {
    initial: { at: 'greeting' },
    framer: new LineReader(MAX_LINE_BYTES),
    advance: (state, input) => advance(options, state, input),
  };
}

/** One step of the dialogue. Pure. Throws CLIENT_INVALID when a name or password holds a NUL. */
function advance(options: BackendOptions, state: State, input: BackendInput<LineEvent>): Step {
  switch (input.on) {
    case 'connect':
      return { state, actions: [] };
    case 'tls':
      // RFC 9051 §6.2.1: what the backend said it could do before TLS may have been somebody else's words.
      return askCapabilities(true);
    case 'event':
      if (input.event.kind === 'too-long') return finish(unusable('malformed', 'a line is too long'));
      return onLine(options, state, input.event.line);
    default:
      return unreachable(input);
  }
}

function onLine(options: BackendOptions, state: State, text: string): Step {
  const response = parseResponse(text);
  if (state.at !== 'greeting' && response.kind === 'condition' && response.status.word === 'BYE') {
    return finish(done({ kind: 'temporary', text: printable(response.status.text) }));
  }
  switch (state.at) {
    case 'greeting':
      return onGreeting(options, response, text);
    case 'capability':
      return onCapability(options, state, response);
    case 'starttls':
      return onStarttls(state, response);
    case 'login':
      return onLogin(options, state, response, text);
    case 'done':
      throw new Error('a line was read after the login');
    default:
      return unreachable(state);
  }
}

function onGreeting(options: BackendOptions, response: Response, text: string): Step {
  if (response.kind !== 'condition') return finish(unusable('greeting', printable(text)));
  const { status } = response;
  switch (status.word) {
    case 'OK': {
      const secured = options.tls !== 'starttls';
      const capabilities = capabilitiesIn(status);
      return capabilities === undefined ? askCapabilities(secured) : onKnown(options, secured, capabilities);
    }
    case 'PREAUTH':
      return finish(unusable('preauth', printable(status.text)));
    case 'BYE':
      return finish(done({ kind: 'temporary', text: printable(status.text) }));
    default:
      return finish(unusable('greeting', printable(text)));
  }
}

function askCapabilities(secured: boolean): Step {
  return { state: { at: 'capability', secured, capabilities: [] }, actions: [sendToBackend('C CAPABILITY')] };
}

function onCapability(options: BackendOptions, state: State & { at: 'capability' }, response: Response): Step {
  if (response.kind === 'capability') return { state: { ...state, capabilities: response.names }, actions: [] };
  if (response.kind !== 'tagged' || response.tag !== 'C') return { state, actions: [] };
  if (response.status.word !== 'OK') return finish(unusable('malformed', printable(response.status.line)));
  return onKnown(options, state.secured, state.capabilities);
}

function onKnown(options: BackendOptions, secured: boolean, capabilities: Capabilities): Step {
  if (secured) return enter(options, capabilities);
  if (!offers(capabilities, 'STARTTLS')) return finish(unusable('starttls-missing', capabilities.join(' ')));
  return { state: { at: 'starttls' }, actions: [sendToBackend('S STARTTLS')] };
}

function onStarttls(state: State, response: Response): Step {
  if (response.kind !== 'tagged' || response.tag !== 'S') return { state, actions: [] };
  if (response.status.word === 'OK') return { state, actions: [{ do: 'start-tls' }] };
  return finish(unusable('starttls-refused', printable(response.status.line)));
}

function enter(options: BackendOptions, capabilities: Capabilities): Step {
  const { login: how } = options;
  switch (how.as) {
    case 'probe':
      return finish(sendToBackend('Q LOGOUT'), done({ kind: 'capabilities', capabilities }));
    case 'xclient':
      return finish(unusable('xclient-missing', 'IMAP has no XCLIENT'));
    case 'authzid':
      if (!offers(capabilities, 'AUTH=PLAIN')) return finish(unusable('mechanism-missing', capabilities.join(' ')));
      return authenticate(options, capabilities, { ...how, authzid: how.name });
    case 'user':
      if (offers(capabilities, 'AUTH=PLAIN')) return authenticate(options, capabilities, { ...how, authcid: how.name });
      return loginCommand(options, capabilities, how);
    default:
      return unreachable(how);
  }
}

function authenticate(options: BackendOptions, capabilities: Capabilities, plain: PlainLogin): Step {
  const before = identification(options, capabilities);
  return begin('AUTHENTICATE', capabilities, before, authenticatePlain('L', plain, capabilities));
}

function loginCommand(options: BackendOptions, capabilities: Capabilities, how: BackendLogin & { as: 'user' }): Step {
  if (offers(capabilities, 'LOGINDISABLED')) return finish(unusable('login-disabled', capabilities.join(' ')));
  const before = identification(options, capabilities);
  return begin('LOGIN', capabilities, before, login('L', how.name, how.password, capabilities));
}

// Sent together with the login: its answer is of no use to us.
function identification({ forward }: BackendOptions, capabilities: Capabilities): Buffer {
  return forward !== undefined && offers(capabilities, 'ID') ? idCommand('I', forward) : Buffer.alloc(0);
}

function begin(name: LoginCommand['name'], capabilities: Capabilities, before: Buffer, script: Script): Step {
  const command: LoginCommand = { name, rest: script.rest, untagged: [] };
  const bytes = Buffer.concat([before, script.first]);
  return { state: { at: 'login', capabilities, command }, actions: [{ do: 'send', bytes }] };
}

type LoggingIn = State & { at: 'login' };

function onLogin(options: BackendOptions, state: LoggingIn, response: Response, text: string): Step {
  const { command } = state;
  if (response.kind === 'continue') return onContinue(state);
  if (response.kind === 'capability') {
    return { state: { ...state, command: { ...command, untagged: [...command.untagged, text] } }, actions: [] };
  }
  if (response.kind !== 'tagged' || response.tag !== 'L') return { state, actions: [] };
  const { status } = response;
  if (status.word === 'OK') {
    return finish(done({ kind: 'accepted', reply: { line: status.line, untagged: command.untagged } }));
  }
  if (status.word !== 'BAD') return finish(done(refusal(status)));
  // A backend that does not understand AUTHENTICATE PLAIN after all (old Exchange, gateways of gateways).
  if (command.name === 'AUTHENTICATE' && options.login.as === 'user') {
    return loginCommand({ ...options, forward: undefined }, state.capabilities, options.login);
  }
  return finish(unusable('malformed', printable(status.line)));
}

function onContinue(state: LoggingIn): Step {
  const [next, ...rest] = state.command.rest;
  if (next === undefined) return finish(unusable('malformed', 'it asks for more than there is'));
  return { state: { ...state, command: { ...state.command, rest } }, actions: [{ do: 'send', bytes: next }] };
}

// As Dovecot's proxy does: without a code a refusal counts as wrong credentials, and other codes are passed on.
function refusal({ code, text }: Status): BackendOutcome {
  if (code === '' || code === 'AUTHENTICATIONFAILED') return { kind: 'refused' };
  if (TEMPORARY_CODES.has(code)) return { kind: 'temporary', text: printable(text) };
  return { kind: 'refused-otherwise', code: /^[A-Z-]{1,40}$/.test(code) ? code : '', text: printable(text) };
}

function finish(...actions: readonly BackendAction[]): Step {
  return { state: { at: 'done' }, actions };
}
