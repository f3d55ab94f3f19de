/**
 * Our side of a submission login: EHLO, STARTTLS, XCLIENT, then AUTH PLAIN or LOGIN, or XCLIENT LOGIN alone.
 * RFC 5321, RFC 3207 §4.2 (EHLO again after TLS), RFC 4954 (AUTH), Postfix XCLIENT_README.
 */

import { unreachable } from '#core/fault.ts';
import { loginResponses } from '#sasl/client.ts';
import { LineReader } from '#wire/line-reader.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import { printable } from '#wire/printable.ts';
import { done, hasPassword, plainFor, sendToBackend, unusable } from '#protocol/backend.ts';
import type { BackendInput, BackendMachine, BackendStep, PasswordLogin } from '#protocol/backend.ts';
import type { BackendFault, BackendOptions, BackendOutcome } from '#protocol/machine.ts';
import { keywordsOf, parametersOf } from './keywords.ts';
import { authRefusal, gather, heloRefusal, textOf, xclientRefusal } from './reply.ts';
import type { Reply } from './reply.ts';
import { MAX_VALUE_CHARACTERS, usableHelo, xclientCommands, xtext } from './xclient.ts';

/** What the next reply of the backend answers, and what there is of it. */
export type State = Answering & { readonly partial: Reply | undefined };

type Answering =
  | { readonly at: 'greeting' }
  | { readonly at: 'ehlo'; readonly stage: Stage; readonly name: string }
  /** `keywords` are what EHLO listed before. */
  | { readonly at: 'starttls'; readonly keywords: readonly string[] }
  /** `commands` are still to be sent; then comes EHLO again, at this stage. */
  | { readonly at: 'xclient'; readonly commands: readonly string[]; readonly stage: Introduced }
  /** `responses` are still to be sent, one at each challenge; `keywords` are what EHLO listed. */
  | { readonly at: 'auth'; readonly responses: readonly string[]; readonly keywords: readonly string[] };

/** What was done before an EHLO or HELO, and need not be done again. `greeted`: EHLO itself; HELO follows it. */
type Stage = 'connected' | 'encrypted' | Introduced | 'greeted';

/** XCLIENT: the client has been introduced, or every trace of whom the backend trusts has been taken away again. */
type Introduced = 'introduced' | 'disowned';

type Step = BackendStep<State>;

// RFC 5321 §4.5.3.1.5 has 512 octets for a reply line; keyword lists are known to exceed it.
const MAX_LINE_BYTES = 4096;
// RFC 5321 §4.5.3.1.4: 512 octets with CRLF for a command. RFC 4954 §4 then forbids the initial response.
const MAX_COMMAND_BYTES = 510;
/** After `done` nothing is read any more. */
const ENDED: State = { at: 'auth', responses: [], keywords: [], partial: undefined };

/** The machine for one login, ready for driveBackend. */
export function submissionBackend(options: BackendOptions): BackendMachine<State, LineEvent> {
  return {
    initial: { at: 'greeting', partial: undefined },
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
      return hello(options, 'encrypted');
    case 'event':
      return input.event.kind === 'too-long'
        ? fail('malformed', 'line too long')
        : onLine(options, state, input.event.line);
    default:
      return unreachable(input);
  }
}

function onLine(options: BackendOptions, state: State, line: string): Step {
  const gathered = gather(state.partial, line);
  switch (gathered.kind) {
    case 'malformed':
      return fail('malformed', line);
    case 'more':
      return { state: { ...state, partial: gathered.reply }, actions: [] };
    case 'reply':
      return onReply(options, state, gathered.reply);
    default:
      return unreachable(gathered);
  }
}

function onReply(options: BackendOptions, state: Answering, reply: Reply): Step {
  switch (state.at) {
    case 'greeting':
      return onGreeting(options, reply);
    case 'ehlo':
      return onEhlo(options, state, reply);
    case 'starttls':
      return onStarttls(options, state, reply);
    case 'xclient':
      return onXclient(options, state, reply);
    case 'auth':
      return onAuth(state, reply);
    default:
      return unreachable(state);
  }
}

function onGreeting(options: BackendOptions, reply: Reply): Step {
  if (reply.code === '220') return hello(options, options.tls === 'active' ? 'encrypted' : 'connected');
  return reply.code.startsWith('4') ? end({ kind: 'temporary', text: textOf(reply) }) : fail('greeting', textOf(reply));
}

// The client's own name, so that the backend writes it into its Received line.
function hello(options: BackendOptions, stage: Stage): Step {
  return sayHello(stage, usableHelo(options.helo) ?? options.hostname);
}

function sayHello(stage: Stage, name: string): Step {
  return send({ at: 'ehlo', stage, name }, `${stage === 'greeted' ? 'HELO' : 'EHLO'} ${name}`);
}

function onEhlo(options: BackendOptions, { stage, name }: Extract<Answering, { at: 'ehlo' }>, reply: Reply): Step {
  if (!reply.code.startsWith('2')) {
    // The backend may not like the client's name; it has never heard of ours.
    const anotherTry = reply.code.startsWith('5') && name !== options.hostname;
    const introduced = stage !== 'connected' && stage !== 'encrypted';
    return anotherTry ? sayHello(stage, options.hostname) : end(heloRefusal(reply, introduced));
  }
  const keywords = keywordsOf(reply);
  if (stage === 'connected' && (options.tls === 'starttls' || options.tls === 'if-offered')) {
    if (parametersOf('STARTTLS', keywords) !== undefined) return send({ at: 'starttls', keywords }, 'STARTTLS');
    if (options.tls === 'starttls') return fail('starttls-missing', 'EHLO does not list STARTTLS');
  }
  return onKeywords(options, stage, keywords);
}

function onStarttls(options: BackendOptions, state: Extract<Answering, { at: 'starttls' }>, reply: Reply): Step {
  if (reply.code === '220') return { state: { ...state, partial: undefined }, actions: [{ do: 'start-tls' }] };
  if (options.tls === 'if-offered') return onKeywords(options, 'connected', state.keywords);
  return fail('starttls-refused', textOf(reply));
}

function onKeywords(options: BackendOptions, stage: Stage, keywords: readonly string[]): Step {
  if (options.login.as === 'probe') {
    return { state: ENDED, actions: [sendToBackend('QUIT'), done({ kind: 'capabilities', capabilities: keywords })] };
  }
  return onHello(options, stage, keywords);
}

function onHello(options: BackendOptions, stage: Stage, keywords: readonly string[]): Step {
  switch (stage) {
    case 'connected':
    case 'encrypted':
      return introduce(options, keywords);
    case 'introduced':
    case 'disowned':
      if (trustsWhoeverSpeaks(keywords)) return disown(options, stage, keywords);
      // The client has only said HELO: so must we, where it will not log in itself.
      if (options.login.as === 'xclient' && options.helo?.verb === 'HELO') return hello(options, 'greeted');
      return logIn(options, keywords);
    case 'greeted':
      return logIn(options, keywords);
    default:
      return unreachable(stage);
  }
}

function introduce(options: BackendOptions, keywords: readonly string[]): Step {
  const { login } = options;
  const announced = parametersOf('XCLIENT', keywords) ?? [];
  if (login.as === 'xclient') {
    if (!announced.includes('LOGIN')) return fail('xclient-missing', 'EHLO does not list XCLIENT LOGIN');
    if (xtext(login.name).length > MAX_VALUE_CHARACTERS) return end({ kind: 'refused' });
  }
  const [first, ...commands] = xclientCommands(options, announced);
  return first === undefined ? logIn(options, keywords) : send({ at: 'xclient', commands, stage: 'introduced' }, first);
}

// Postfix lists XCLIENT to whom it would take it from, by the address that it was told last. A client that is one of
// those would have it when it has the connection, and could become anybody by XCLIENT LOGIN. Dovecot lists it to the
// end of a login and takes it from nobody behind that; it has no NAME.
function trustsWhoeverSpeaks(keywords: readonly string[]): boolean {
  return parametersOf('XCLIENT', keywords)?.includes('NAME') ?? false;
}

function disown(options: BackendOptions, stage: Introduced, keywords: readonly string[]): Step {
  const announced = parametersOf('XCLIENT', keywords) ?? [];
  const [first, ...commands] = xclientCommands({ ...options, forward: undefined }, announced);
  if (first === undefined || stage === 'disowned') return fail('xclient-refused', 'it takes XCLIENT from any client');
  return send({ at: 'xclient', commands, stage: 'disowned' }, first);
}

// Each XCLIENT takes the server back to its greeting: everything before it, our EHLO included, is forgotten.
function onXclient(options: BackendOptions, state: Extract<Answering, { at: 'xclient' }>, reply: Reply): Step {
  if (reply.code !== '220') return end(xclientRefusal(reply));
  const [next, ...commands] = state.commands;
  return next === undefined ? hello(options, state.stage) : send({ ...state, commands }, next);
}

function logIn({ login }: BackendOptions, keywords: readonly string[]): Step {
  // Only XCLIENT has made the login already: nothing else is through without the backend's word for it.
  if (login.as === 'xclient') return end(accepted(['235 2.7.0 Authentication successful'], keywords));
  if (!hasPassword(login)) throw new Error('a probe ends before the login');
  const mechanisms = parametersOf('AUTH', keywords);
  if (mechanisms === undefined) return fail('login-disabled', 'EHLO does not list AUTH');
  if (mechanisms.includes('PLAIN')) return authPlain(login, keywords);
  // Exchange. LOGIN cannot say on whose behalf.
  if (login.as === 'user' && mechanisms.includes('LOGIN')) {
    const responses = loginResponses(login.name, login.password);
    return send({ at: 'auth', responses, keywords }, 'AUTH LOGIN');
  }
  return fail('mechanism-missing', `AUTH has only ${mechanisms.join(' ')}`);
}

// Should the initial response be ignored, the challenge that follows gets it once more.
function authPlain(login: PasswordLogin, keywords: readonly string[]): Step {
  const message = plainFor(login);
  const command = `AUTH PLAIN ${message}`;
  const whole = command.length <= MAX_COMMAND_BYTES;
  return send({ at: 'auth', responses: [message], keywords }, whole ? command : 'AUTH PLAIN');
}

function onAuth(state: Extract<Answering, { at: 'auth' }>, reply: Reply): Step {
  const { keywords } = state;
  const [response, ...responses] = state.responses;
  if (reply.code === '334') {
    return response === undefined
      ? fail('malformed', 'one challenge too many')
      : send({ at: 'auth', responses, keywords }, response);
  }
  if (reply.code.startsWith('2')) return end(accepted(reply.lines, keywords));
  return reply.code.startsWith('3') ? fail('malformed', textOf(reply)) : end(authRefusal(reply));
}

function accepted(lines: readonly string[], capabilities: readonly string[]): BackendOutcome {
  return { kind: 'accepted', reply: { line: lines.at(-1) ?? '', untagged: lines.slice(0, -1) }, capabilities };
}

function send(state: Answering, line: string): Step {
  return { state: { ...state, partial: undefined }, actions: [sendToBackend(line)] };
}

function end(outcome: BackendOutcome): Step {
  return { state: ENDED, actions: [done(outcome)] };
}

function fail(why: BackendFault, text: string): Step {
  return { state: ENDED, actions: [unusable(why, printable(text))] };
}
