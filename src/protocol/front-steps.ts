/** The steps that line-based fronts have in common: to say something, to part, to complain at most so many times. */

import type { FrontStep } from './front.ts';
import type { CloseReason, FrontAction, LoginAnswer } from './machine.ts';

/** A state that counts the commands that made no sense, since the beginning. */
export interface Complaining {
  readonly errors: number;
}

// Typing errors of a person, or one confused client, fit; a scanner does not stay.
const MAX_ERRORS = 10;

/** Text as bytes, with CRLF. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(`${text}\r\n`, 'utf8');
}

/** Sends a line. */
export function line(text: string): FrontAction {
  return { do: 'send', bytes: bytesOf(text) };
}

/** Sends lines as one write. */
export function say<State>(state: State, ...lines: readonly string[]): FrontStep<State> {
  return { state, actions: [line(lines.join('\r\n'))] };
}

/** Sends a last line and closes. */
export function part<State>(state: State, reply: string, why: CloseReason): FrontStep<State> {
  return { state, actions: [line(reply), { do: 'close', why }] };
}

export interface Complaint {
  readonly reply: string;
  /** What is said instead of `reply` when it is one too many. */
  readonly lastReply: string;
  /** What is asked of the gateway beside. */
  readonly beside?: readonly FrontAction[] | undefined;
}

/** Answers a command that made no sense; one too many ends the connection. */
export function complain<State extends Complaining>(state: State, complaint: Complaint): FrontStep<State> {
  const next = { ...state, errors: state.errors + 1 };
  const beside = complaint.beside ?? [];
  if (next.errors < MAX_ERRORS) return { state: next, actions: [...beside, line(complaint.reply)] };
  return { state: next, actions: [...beside, line(complaint.lastReply), { do: 'close', why: 'misbehaved' }] };
}

/** Repeats a backend's own answer to the login, one character per byte as it came, and hands the client over. */
export function handOver<State>(state: State, { untagged, line: last }: AcceptedReply): FrontStep<State> {
  const bytes = Buffer.from([...untagged, last].map((text) => `${text}\r\n`).join(''), 'latin1');
  return { state, actions: [{ do: 'send', bytes }, { do: 'relay' }] };
}

type AcceptedReply = Extract<LoginAnswer, { kind: 'accepted' }>['reply'];
