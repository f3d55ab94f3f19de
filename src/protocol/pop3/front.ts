/**
 * POP3 before login: what a client may say in the AUTHORIZATION state, and what we answer. APOP is not offered.
 * RFC 1939 §4 and §7 (USER, PASS), RFC 2449 §5 (CAPA), RFC 2595 §4 (STLS), RFC 5034 (AUTH), RFC 6856 (UTF-8 names).
 */

import { unreachable } from '#core/fault.ts';
import { begin, MAX_RESPONSE_BYTES, respond } from '#sasl/exchange.ts';
import type { SaslState, SaslStep } from '#sasl/exchange.ts';
import { passwordClaim } from '#sasl/mechanisms.ts';
import { utf8FromLine } from '#wire/utf8.ts';
import { ClientLines } from '#protocol/client-lines.ts';
import type { ClientLine } from '#protocol/client-lines.ts';
import type { FrontInput, FrontMachine, FrontStep } from '#protocol/front.ts';
import { bytesOf, complain, handOver, line, part, say } from '#protocol/front-steps.ts';
import type { Complaining } from '#protocol/front-steps.ts';
import type { FrontAction, FrontOptions, LoginAnswer } from '#protocol/machine.ts';
import { exposedBy, loginAllowed } from '#protocol/plaintext.ts';
import { capabilityLines } from './capabilities.ts';
import { refusalLine, REPLIES, SASL_FAULTS, stopLine } from './replies.ts';

/** Where the dialogue stands. While TLS or a verdict is awaited the driver reads nothing. */
export type State = Standing &
  (
    | { readonly at: 'command' }
    | { readonly at: 'user-given'; readonly authcid: string }
    | { readonly at: 'sasl'; readonly sasl: SaslState }
  );

interface Standing extends Complaining {
  readonly tlsActive: boolean;
}

type Step = FrontStep<State>;

// RFC 2449 §4: 255 octets with CRLF. AUTH is allowed more because tokens need it, PASS because passwords are longer in
// places and Dovecot takes them.
const MAX_COMMAND_BYTES = 253;
const MAY_BE_LONG = new Set(['AUTH', 'PASS']);
const MAX_LINE_BYTES = MAX_RESPONSE_BYTES + 'AUTH OAUTHBEARER '.length;

/** The machine for one client, ready for driveFront. */
export function pop3Front(options: FrontOptions): FrontMachine<State, ClientLine> {
  return {
    initial: { at: 'command', tlsActive: options.tls === 'active', errors: 0 },
    framer: new ClientLines(MAX_LINE_BYTES),
    advance: (state, input) => advance(options, state, input),
    challenge: (challenge) => bytesOf(`+ ${challenge}`),
  };
}

/** One step of the dialogue. Pure. */
function advance(options: FrontOptions, state: State, input: FrontInput<ClientLine>): Step {
  switch (input.on) {
    case 'connect':
      return say(state, `+OK ${options.hostname} POP3 ready`);
    case 'tls':
      return { state: { at: 'command', tlsActive: true, errors: state.errors }, actions: [] };
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
  if (event.kind === 'too-long') return err(afresh(state), REPLIES.lineTooLong);
  return state.at === 'sasl' ? onSasl(state, respond(state.sasl, event.line)) : onCommand(options, state, event.line);
}

type Idle = Exclude<State, { at: 'sasl' }>;

function onCommand(options: FrontOptions, state: Idle, line: string): Step {
  const space = line.indexOf(' ');
  const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
  const rest = space < 0 ? '' : line.slice(space + 1);
  if (!MAY_BE_LONG.has(verb) && line.length > MAX_COMMAND_BYTES) return err(state, REPLIES.lineTooLong);
  switch (verb) {
    case 'CAPA':
      return say(state, '+OK Capabilities follow', ...capabilityLines(options, state.tlsActive), '.');
    case 'USER':
      return onUser(options, state, rest.trim());
    case 'PASS':
      return onPass(options, state, rest);
    case 'AUTH':
      return onAuth(options, state, rest);
    case 'STLS':
      return onStls(options, state, rest);
    case 'QUIT':
      return part(state, REPLIES.goodbye, 'logout');
    default:
      return err(state, REPLIES.unknownCommand);
  }
}

// Some clients ignore the answer to USER and send PASS all the same, so the name is kept even when we say no.
function onUser(options: FrontOptions, state: Idle, rest: string): Step {
  const authcid = utf8FromLine(rest);
  if (authcid === undefined || authcid === '') return err(afresh(state), REPLIES.noName);
  const named: State = { ...afresh(state), at: 'user-given', authcid };
  if (!loginAllowed(options, state.tlsActive)) return err(named, REPLIES.tlsRequired);
  return say(named, REPLIES.userAccepted);
}

// RFC 1939 §7: the argument is the rest of the line, spaces included. Whatever comes of it, the name is used up.
function onPass(options: FrontOptions, state: Idle, rest: string): Step {
  const next = afresh(state);
  if (!loginAllowed(options, state.tlsActive)) {
    const exposed: FrontAction[] =
      state.at === 'user-given' && rest !== '' ? [{ do: 'exposed', authcid: state.authcid }] : [];
    return err(next, REPLIES.tlsRequired, exposed);
  }
  if (state.at !== 'user-given') return err(next, REPLIES.userFirst);
  const claim = passwordClaim(state.authcid, undefined, Buffer.from(rest, 'latin1'));
  if (claim === undefined) return err(next, REPLIES.badPassword);
  const credentials = { mechanism: 'USER-PASS', ...claim, refusalChallenge: undefined };
  return { state: next, actions: [{ do: 'authenticate', credentials }] };
}

// A bare AUTH asks for the mechanisms: Outlook does so in place of CAPA.
function onAuth(options: FrontOptions, state: Idle, rest: string): Step {
  const next = afresh(state);
  const allowed = loginAllowed(options, state.tlsActive);
  const [mechanism, initialResponse, ...more] = rest.split(' ').filter((word) => word !== '');
  if (mechanism === undefined) return say(next, '+OK Mechanisms follow', ...(allowed ? options.mechanisms : []), '.');
  if (more.length > 0) return err(next, REPLIES.badAuthSyntax);
  const request = { mechanism, initialResponse, offered: options.mechanisms };
  return allowed ? onSasl(next, begin(request)) : err(next, REPLIES.tlsRequired, exposedBy(request));
}

function onSasl(state: State, step: SaslStep): Step {
  const next = afresh(state);
  switch (step.kind) {
    case 'challenge':
      return say({ ...next, at: 'sasl', sasl: step.state }, `+ ${step.challenge}`);
    case 'credentials':
      return { state: next, actions: [{ do: 'authenticate', credentials: step.credentials }] };
    case 'fault':
      return err(next, SASL_FAULTS[step.fault]);
    default:
      return unreachable(step);
  }
}

function onStls(options: FrontOptions, state: Idle, rest: string): Step {
  if (rest !== '') return err(state, REPLIES.noArguments);
  if (state.tlsActive) return err(state, REPLIES.tlsAlready);
  if (options.tls !== 'available') return err(state, REPLIES.tlsUnavailable);
  return { state: afresh(state), actions: [line(REPLIES.tlsBegins), { do: 'start-tls' }] };
}

function onAnswer(options: FrontOptions, state: State, answer: LoginAnswer): Step {
  if (answer.kind === 'accepted') return handOver(state, answer.reply);
  const refusal = refusalLine(answer, options);
  return answer.kind === 'unavailable' ? part(state, refusal, 'unavailable') : say(state, refusal);
}

/** The state in which nothing has been claimed yet. */
function afresh({ tlsActive, errors }: Standing): Standing & { readonly at: 'command' } {
  return { at: 'command', tlsActive, errors };
}

/** A command that made no sense. */
function err(state: State, reply: string, beside?: readonly FrontAction[]): Step {
  return complain(state, { reply, lastReply: REPLIES.tooManyErrors, beside });
}
