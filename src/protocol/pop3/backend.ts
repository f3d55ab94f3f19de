/**
 * Our side of a POP3 login: greeting, STLS, CAPA, XCLIENT, then AUTH PLAIN, or USER and PASS where that is all there is.
 * RFC 1939, RFC 2449 (CAPA, response codes), RFC 2595 §4 (STLS), RFC 3206, RFC 5034 (AUTH); XCLIENT is Dovecot's.
 */

import { carried } from '#core/credentials.ts';
import { unreachable } from '#core/fault.ts';
import { LineReader } from '#wire/line-reader.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import { printable } from '#wire/printable.ts';
import { lineFromUtf8 } from '#wire/utf8.ts';
import { done, hasPassword, plainFor, sendToBackend, unusable } from '#protocol/backend.ts';
import type { BackendInput, BackendMachine, BackendStep, PasswordLogin } from '#protocol/backend.ts';
import type { BackendFault, BackendOptions } from '#protocol/machine.ts';
import { xclientCommand } from '#protocol/xclient.ts';
import { capabilityName } from './capabilities.ts';
import { parseStatus, refusal } from './status.ts';
import type { Status } from './status.ts';

/** What the next line of the backend answers. */
export type State =
  | { readonly at: 'greeting' }
  | (Known & { readonly at: 'capa' })
  | (Known & { readonly at: 'capa-list'; readonly capabilities: readonly string[] })
  | (Known & { readonly at: 'stls' })
  | { readonly at: 'xclient'; readonly capabilities: readonly string[] | undefined }
  /** AUTH PLAIN is sent: one empty challenge may come. */
  | { readonly at: 'auth'; readonly login: PasswordLogin }
  | { readonly at: 'user'; readonly login: PasswordLogin }
  /** Nothing but the verdict is left to come. */
  | { readonly at: 'verdict' };

interface Known {
  readonly tlsActive: boolean;
  /** The backend trusts us with XCLIENT: Dovecot says so in its greeting. */
  readonly xclient: boolean;
}

type Step = BackendStep<State>;

const VERDICT: State = { at: 'verdict' };

// RFC 2449 §4: 512 octets for a response; capability lists and long greetings get more.
const MAX_LINE_BYTES = 4096;
const MAX_CAPABILITIES = 200;
// RFC 2449 §4: 255 octets with CRLF for a command. RFC 5034 §4 then forbids the initial response.
const MAX_COMMAND_BYTES = 253;

/** The machine for one login, ready for driveBackend. */
export function pop3Backend(options: BackendOptions): BackendMachine<State, LineEvent> {
  return {
    initial: { at: 'greeting' },
    framer: new LineReader(MAX_LINE_BYTES),
    advance: (state, input) => advance(options, state, input),
  };
}

/** One step of the login. Pure. */
function advance(options: BackendOptions, state: State, input: BackendInput<LineEvent>): Step {
  switch (input.on) {
    case 'connect':
      return { state, actions: [] };
    case 'tls':
      if (state.at !== 'stls') throw new Error(`TLS started while ${state.at}`);
      return askCapabilities({ tlsActive: true, xclient: state.xclient });
    case 'event':
      if (input.event.kind === 'too-long') return fail(state, 'malformed', 'line too long');
      return state.at === 'capa-list'
        ? onCapability(options, state, input.event.line)
        : onStatus(options, state, input.event.line);
    default:
      return unreachable(input);
  }
}

function onStatus(options: BackendOptions, state: Exclude<State, { at: 'capa-list' }>, line: string): Step {
  const status = parseStatus(line);
  if (status === undefined) return fail(state, 'malformed', line);
  switch (state.at) {
    case 'greeting':
      return onGreeting(options, state, status);
    case 'capa':
      return onCapa(options, state, status);
    case 'stls':
      return onStls(state, status);
    case 'xclient':
      return onXclient(options, state, status);
    case 'auth':
      // The initial response was too long to send, or is ignored by an old server.
      return status.kind === 'continue' ? send(VERDICT, plainFor(state.login)) : onVerdict(status, line);
    case 'user':
      return status.kind === 'ok' ? send(VERDICT, passFor(state.login)) : onVerdict(status, line);
    case 'verdict':
      return onVerdict(status, line);
    default:
      return unreachable(state);
  }
}

function onGreeting(options: BackendOptions, state: State, status: Status): Step {
  if (status.kind !== 'ok') {
    const outcome = refusal(status);
    if (outcome.kind === 'temporary') return { state, actions: [done(outcome)] };
    return fail(state, 'greeting', status.text);
  }
  return askCapabilities({ tlsActive: options.tls === 'active', xclient: status.code === 'XCLIENT' });
}

function onStls(state: State, status: Status): Step {
  if (status.kind !== 'ok') return fail(state, 'starttls-refused', status.text);
  return { state, actions: [{ do: 'start-tls' }] };
}

function onXclient(options: BackendOptions, state: Extract<State, { at: 'xclient' }>, status: Status): Step {
  if (status.kind !== 'ok') return fail(state, 'xclient-refused', status.text);
  return logIn(options, state.capabilities);
}

function askCapabilities(known: Known): Step {
  return send({ ...known, at: 'capa' }, 'CAPA');
}

// RFC 2449 is optional: without CAPA there is only what RFC 1939 has.
function onCapa(options: BackendOptions, state: Extract<State, { at: 'capa' }>, status: Status): Step {
  if (status.kind === 'err') return onCapabilities(options, state, undefined);
  return { state: { ...state, at: 'capa-list', capabilities: [] }, actions: [] };
}

function onCapability(options: BackendOptions, state: Extract<State, { at: 'capa-list' }>, line: string): Step {
  if (line === '.') return onCapabilities(options, state, state.capabilities);
  if (state.capabilities.length >= MAX_CAPABILITIES) return fail(state, 'malformed', 'endless capability list');
  // RFC 1939 §3: a line of a multi-line response that begins with a dot has another one before it.
  const capability = printable(line.startsWith('.') ? line.slice(1) : line);
  return { state: { ...state, capabilities: [...state.capabilities, capability] }, actions: [] };
}

function onCapabilities(options: BackendOptions, known: Known, capabilities: readonly string[] | undefined): Step {
  if (options.tls === 'starttls' && !known.tlsActive) {
    const offered = capabilities?.some((line) => capabilityName(line) === 'STLS') ?? false;
    const state: State = { tlsActive: false, xclient: known.xclient, at: 'stls' };
    return offered ? send(state, 'STLS') : fail(state, 'starttls-missing', 'STLS is not among the capabilities');
  }
  if (options.login.as === 'probe') {
    const outcome = { kind: 'capabilities', capabilities: capabilities ?? [] } as const;
    return { state: VERDICT, actions: [sendToBackend('QUIT'), done(outcome)] };
  }
  if (known.xclient && options.forward !== undefined) {
    return send({ at: 'xclient', capabilities }, xclientCommand(options.forward));
  }
  return logIn(options, capabilities);
}

function logIn({ login }: BackendOptions, capabilities: readonly string[] | undefined): Step {
  if (!hasPassword(login)) return fail(VERDICT, 'xclient-missing', 'POP3 has no XCLIENT LOGIN');
  const mechanisms = parametersOf('SASL', capabilities);
  if (mechanisms?.includes('PLAIN')) return authPlain(login);
  if (login.as === 'authzid') return fail(VERDICT, 'mechanism-missing', 'SASL PLAIN is not among the capabilities');
  if (capabilities !== undefined && parametersOf('USER', capabilities) === undefined) {
    return fail(VERDICT, 'login-disabled', 'neither SASL PLAIN nor USER is among the capabilities');
  }
  return userPass(login);
}

// The parameters of a capability in upper case, or undefined when it is not there.
function parametersOf(name: string, capabilities: readonly string[] | undefined): readonly string[] | undefined {
  const found = capabilities?.find((line) => capabilityName(line) === name);
  return found?.toUpperCase().split(' ').slice(1);
}

function authPlain(login: PasswordLogin): Step {
  const command = `AUTH PLAIN ${plainFor(login)}`;
  return send({ at: 'auth', login }, command.length <= MAX_COMMAND_BYTES ? command : 'AUTH PLAIN');
}

// A line end or NUL cannot be sent at all, so no such login can exist at the backend.
function userPass(login: PasswordLogin): Step {
  if (!carried(login.name) || !carried(login.password)) return { state: VERDICT, actions: [done({ kind: 'refused' })] };
  return send({ at: 'user', login }, `USER ${lineFromUtf8(login.name)}`);
}

function passFor(login: PasswordLogin): string {
  return `PASS ${login.password.exposeBytes().toString('latin1')}`;
}

function onVerdict(status: Status, line: string): Step {
  if (status.kind === 'continue') return fail(VERDICT, 'malformed', line);
  const accepted = { kind: 'accepted', reply: { line, untagged: [] } } as const;
  return { state: VERDICT, actions: [done(status.kind === 'ok' ? accepted : refusal(status))] };
}

function send(state: State, line: string): Step {
  return { state, actions: [sendToBackend(line)] };
}

function fail(state: State, why: BackendFault, text: string): Step {
  return { state, actions: [unusable(why, printable(text))] };
}
