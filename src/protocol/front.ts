/**
 * Drives a client-side dialogue: feeds framed input to a pure machine one event at a time and holds back the rest
 * while the gateway is busy with a handshake or a verdict. Knows no protocol.
 *
 * RFC 3207 §4.2, RFC 2595 §4, RFC 9051 §6.2.1: what was sent in clear behind STARTTLS is dropped, never answered.
 */

import type { BackendOptions, FrontAction, FrontDialogue, LoginAnswer, StopReason } from './machine.ts';

/** Turns bytes into events; what it returns for the same bytes may depend on the machine's state. */
export interface FrontFramer<State, Event> {
  push(bytes: Uint8Array): void;
  /** The next event in this state, or undefined: wait for more bytes. */
  next(state: State): Event | undefined;
  /** Takes everything unread. */
  take(): Buffer;
  /** Forgets everything unread. */
  clear(): void;
  readonly heldBytes: number;
}

export type FrontInput<Event> =
  | { readonly on: 'connect' }
  | { readonly on: 'event'; readonly event: Event }
  | { readonly on: 'tls' }
  | { readonly on: 'answer'; readonly answer: LoginAnswer }
  | { readonly on: 'stop'; readonly why: StopReason };

/** The next state and what to do, in order. `authenticate`, `start-tls`, `relay` and `close` end the list. */
export interface FrontStep<State> {
  readonly state: State;
  readonly actions: readonly FrontAction[];
}

export interface FrontMachine<State, Event> {
  readonly initial: State;
  readonly framer: FrontFramer<State, Event>;
  /** Pure: the same state and input give the same step. */
  readonly advance: (state: State, input: FrontInput<Event>) => FrontStep<State>;
  /** A SASL challenge (base64) as this protocol sends one: needed for the challenge that precedes some refusals. */
  readonly challenge: (challenge: string) => Buffer;
  /** Submission: how the client has introduced itself. */
  readonly helo?: (state: State) => BackendOptions['helo'];
}

/** A client that sends more than this while it is told to wait is not a mail program. The gateway may pause it sooner. */
export const MAX_HELD_BYTES = 1_048_576;

/** What the driver waits for. Input is read only while `reading` and `refusing`. */
type Phase =
  | { readonly at: 'reading' }
  | { readonly at: 'handshake' }
  | { readonly at: 'verdict'; readonly refusalChallenge: string | undefined }
  /** The challenge before a refusal is out: whatever the client's next event is, the refusal follows it. */
  | { readonly at: 'refusing'; readonly answer: LoginAnswer }
  /** What comes now is the backend's; it is kept for unread(). */
  | { readonly at: 'relaying' }
  /** Nothing is read or answered any more. */
  | { readonly at: 'closed' };

const READING: Phase = { at: 'reading' };

/** Is told of every step: the state before, what came, and what became of it. */
export type FrontObserver<State, Event> = (before: State, input: FrontInput<Event>, after: FrontStep<State>) => void;

/**
 * A dialogue ready to be connected. An answer or handshake that nobody waits for throws; after a close every method
 * returns nothing, so that a verdict may still be on its way then.
 */
export function driveFront<State, Event>(
  machine: FrontMachine<State, Event>,
  observer?: FrontObserver<State, Event>,
): FrontDialogue & { readonly helo: BackendOptions['helo'] } {
  return new FrontDriver(machine, observer);
}

class FrontDriver<State, Event> implements FrontDialogue {
  readonly #machine: FrontMachine<State, Event>;
  readonly #observer: FrontObserver<State, Event> | undefined;
  #state: State;
  #phase: Phase = READING;

  constructor(machine: FrontMachine<State, Event>, observer: FrontObserver<State, Event> | undefined) {
    this.#machine = machine;
    this.#observer = observer;
    this.#state = machine.initial;
  }

  get heldBytes(): number {
    return this.#machine.framer.heldBytes;
  }

  get helo(): BackendOptions['helo'] {
    return this.#machine.helo?.(this.#state);
  }

  connect(): readonly FrontAction[] {
    return this.#advance({ on: 'connect' });
  }

  receive(bytes: Buffer): readonly FrontAction[] {
    if (this.#phase.at === 'closed') return [];
    this.#machine.framer.push(bytes);
    const actions = this.#readOn();
    if (this.#phase.at === 'relaying' || this.heldBytes <= MAX_HELD_BYTES) return actions;
    return [...actions, ...this.#finish({ do: 'close', why: 'misbehaved' })];
  }

  tlsStarted(): readonly FrontAction[] {
    if (this.#expect('handshake') === undefined) return [];
    this.#machine.framer.clear();
    this.#phase = READING;
    return this.#advance({ on: 'tls' });
  }

  answer(answer: LoginAnswer): readonly FrontAction[] {
    const phase = this.#expect('verdict');
    if (phase === undefined) return [];
    const refused = answer.kind !== 'accepted' && answer.kind !== 'unavailable';
    if (refused && phase.refusalChallenge !== undefined) {
      this.#phase = { at: 'refusing', answer };
      return [{ do: 'send', bytes: this.#machine.challenge(phase.refusalChallenge) }, ...this.#readOn()];
    }
    this.#phase = READING;
    return [...this.#advance({ on: 'answer', answer }), ...this.#readOn()];
  }

  stop(why: StopReason): readonly FrontAction[] {
    if (this.#phase.at === 'relaying' || this.#phase.at === 'closed') return [];
    // Between a client hello and our answer to it, text would only break the handshake.
    if (this.#phase.at === 'handshake') return this.#finish({ do: 'close', why });
    this.#phase = READING;
    return this.#advance({ on: 'stop', why });
  }

  unread(): Buffer {
    return this.#machine.framer.take();
  }

  #readOn(): readonly FrontAction[] {
    const actions: FrontAction[] = [];
    while (this.#phase.at === 'reading' || this.#phase.at === 'refusing') {
      const event = this.#machine.framer.next(this.#state);
      if (event === undefined) break;
      actions.push(...this.#onEvent(event, this.#phase));
    }
    return actions;
  }

  #onEvent(event: Event, phase: Phase): readonly FrontAction[] {
    if (phase.at !== 'refusing') return this.#advance({ on: 'event', event });
    this.#phase = READING;
    return this.#advance({ on: 'answer', answer: phase.answer });
  }

  #advance(input: FrontInput<Event>): readonly FrontAction[] {
    const step = this.#machine.advance(this.#state, input);
    this.#observer?.(this.#state, input, step);
    this.#state = step.state;
    const last = step.actions.at(-1);
    if (last !== undefined) this.#enter(last);
    return step.actions;
  }

  #enter(action: FrontAction): void {
    if (action.do === 'authenticate') {
      this.#phase = { at: 'verdict', refusalChallenge: action.credentials.refusalChallenge };
    } else if (action.do === 'start-tls') {
      this.#machine.framer.clear();
      this.#phase = { at: 'handshake' };
    } else if (action.do === 'relay') {
      this.#phase = { at: 'relaying' };
    } else if (action.do === 'close') {
      this.#finish(action);
    }
  }

  // A client that we part from gets nothing more read or answered.
  #finish(close: FrontAction): readonly FrontAction[] {
    this.#machine.framer.clear();
    this.#phase = { at: 'closed' };
    return [close];
  }

  #expect<At extends 'handshake' | 'verdict'>(at: At): Extract<Phase, { at: At }> | undefined {
    if (this.#phase.at === 'closed') return undefined;
    if (!isAt(this.#phase, at)) throw new Error(`dialogue is ${this.#phase.at}, not waiting for a ${at}`);
    return this.#phase;
  }
}

function isAt<At extends Phase['at']>(phase: Phase, at: At): phase is Extract<Phase, { at: At }> {
  return phase.at === at;
}
