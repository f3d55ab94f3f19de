/**
 * Drives our side of a backend login: feeds framed replies to a pure machine one event at a time until it is done.
 * Knows no protocol; the counterpart of front.ts.
 *
 * RFC 3207 §4.2, RFC 2595 §4: whatever a backend, or somebody in between, said before TLS is forgotten.
 */

import { unreachable } from '#core/fault.ts';
import { plainMessage } from '#sasl/client.ts';
import type { FrontFramer } from './front.ts';
import type { BackendAction, BackendDialogue, BackendFault, BackendLogin, BackendOutcome } from './machine.ts';

export type BackendInput<Event> =
  | { readonly on: 'connect' }
  | { readonly on: 'event'; readonly event: Event }
  | { readonly on: 'tls' };

/** The next state and what to do, in order. `start-tls` and `done` end the list. */
export interface BackendStep<State> {
  readonly state: State;
  readonly actions: readonly BackendAction[];
}

export interface BackendMachine<State, Event> {
  readonly initial: State;
  readonly framer: FrontFramer<State, Event>;
  /** Pure: the same state and input give the same step. */
  readonly advance: (state: State, input: BackendInput<Event>) => BackendStep<State>;
}

/** What the driver waits for. Input is read only while `reading`, and kept for unread() once `done`. */
type Phase = 'reading' | 'handshake' | 'done';

/** A dialogue ready to be connected. */
export function driveBackend<State, Event>(machine: BackendMachine<State, Event>): BackendDialogue {
  return new BackendDriver(machine);
}

/** The last action of a login. */
export function done(outcome: BackendOutcome): BackendAction {
  return { do: 'done', outcome };
}

/** The last action of a login at a backend that cannot be used; `text` (printable) is for the operator. */
export function unusable(why: BackendFault, text: string): BackendAction {
  return done({ kind: 'unusable', why, text });
}

/** A line, one character per byte, on its way to the backend. Callers have encoded whatever came from outside. */
export function sendToBackend(line: string): BackendAction {
  return { do: 'send', bytes: Buffer.from(`${line}\r\n`, 'latin1') };
}

/** The logins that offer a password. */
export type PasswordLogin = Extract<BackendLogin, { as: 'user' | 'authzid' }>;

/** Whether this login offers a password. A probe ends before its login; XCLIENT has said the name already. */
export function hasPassword(login: BackendLogin): login is PasswordLogin {
  switch (login.as) {
    case 'user':
    case 'authzid':
      return true;
    case 'xclient':
    case 'probe':
      return false;
    default:
      return unreachable(login);
  }
}

/** The one message of SASL PLAIN for this login, in base64. Throws CLIENT_INVALID when a part holds a NUL. */
export function plainFor(login: PasswordLogin): string {
  const { name, password } = login;
  if (login.as === 'user') return plainMessage({ authcid: name, password });
  return plainMessage({ authzid: name, authcid: login.authcid, password });
}

class BackendDriver<State, Event> implements BackendDialogue {
  readonly #machine: BackendMachine<State, Event>;
  #state: State;
  #phase: Phase = 'reading';

  constructor(machine: BackendMachine<State, Event>) {
    this.#machine = machine;
    this.#state = machine.initial;
  }

  connect(): readonly BackendAction[] {
    return this.#advance({ on: 'connect' });
  }

  receive(bytes: Buffer): readonly BackendAction[] {
    if (this.#phase !== 'handshake') this.#machine.framer.push(bytes);
    const actions: BackendAction[] = [];
    while (this.#phase === 'reading') {
      const event = this.#machine.framer.next(this.#state);
      if (event === undefined) break;
      actions.push(...this.#advance({ on: 'event', event }));
    }
    return actions;
  }

  tlsStarted(): readonly BackendAction[] {
    if (this.#phase !== 'handshake') throw new Error(`backend dialogue is ${this.#phase}, not waiting for a handshake`);
    this.#phase = 'reading';
    return this.#advance({ on: 'tls' });
  }

  unread(): Buffer {
    return this.#machine.framer.take();
  }

  #advance(input: BackendInput<Event>): readonly BackendAction[] {
    const step = this.#machine.advance(this.#state, input);
    this.#state = step.state;
    const last = step.actions.at(-1);
    if (last?.do === 'done') this.#phase = 'done';
    if (last?.do === 'start-tls') {
      this.#machine.framer.clear();
      this.#phase = 'handshake';
    }
    return step.actions;
  }
}
