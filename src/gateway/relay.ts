/**
 * Bytes after login: both ways, unchanged, with back-pressure and half-close. Knows no protocol: where a gate is given
 * it says first what passes; where a boundary is given it sees the bytes pass, and says what the last words are.
 */

import { unreachable } from '#core/fault.ts';
import type { CommandTracker, EndReason, Gate, GateAction, GateRefusal } from '#protocol/machine.ts';
import type { Connection, ConnectionEvents } from '#transport/transport.ts';

export interface RelayOptions {
  readonly owner: RelayOwner;
  /** Nothing relayed either way for this long: endIfIdle() ends the session. */
  readonly idleMs: number;
  /** Follows the session; absent: nothing is looked at, and a session that we end is closed without a word. */
  readonly commandTracker?: CommandTracker | undefined;
  /** Nothing passes but what it lets through; absent: everything does. */
  readonly gate?: Gate | undefined;
  /** What each side has sent is also added here. */
  readonly sums?: { client: number; backend: number } | undefined;
}

export interface RelaySides {
  readonly client: Joining;
  readonly backend: Joining;
}

export interface RelayResult {
  readonly bytesFromClient: number;
  readonly bytesFromBackend: number;
  readonly ended: 'client' | 'backend' | 'error' | 'gate' | EndReason;
}

/** Whoever hears of the end. */
export interface RelayOwner {
  /** Both sides are closed. Called once, last. */
  onFinished(result: RelayResult): void;
  /** The gate did not let something through. */
  onRefused?: ((why: GateRefusal) => void) | undefined;
}

/** A connection that is to be joined with another, and what has been read from it already. */
export interface Joining {
  readonly connection: Connection;
  readonly unread: Buffer;
}

/** Two connections, joined until both are closed. */
export class Relay {
  readonly #owner: RelayOwner;
  readonly #client: Side;
  readonly #backend: Side;
  readonly #commandTracker: CommandTracker | undefined;
  readonly #gate: Gate | undefined;
  readonly #sums: { client: number; backend: number };
  readonly #idleMs: number;
  #lastMovedAt = performance.now();
  #ended: RelayResult['ended'] | undefined;
  #stopped = false;
  #finished = false;

  /** Nothing flows before start(). */
  constructor({ client, backend }: RelaySides, { owner, idleMs, commandTracker, gate, sums }: RelayOptions) {
    this.#owner = owner;
    this.#idleMs = idleMs;
    this.#commandTracker = commandTracker;
    this.#gate = gate;
    this.#sums = sums ?? { client: 0, backend: 0 };
    this.#client = new Side(client.connection, 'client', this);
    this.#backend = new Side(backend.connection, 'backend', this);
  }

  /** Joins the two until both have ended, one breaks or it is stopped. */
  start({ client, backend }: RelaySides): void {
    if (backend.unread.length > 0) this.pass(this.#backend, backend.unread);
    if (client.unread.length > 0) this.pass(this.#client, client.unread);
    for (const side of [this.#client, this.#backend]) side.connection.own(side);
    for (const side of [this.#client, this.#backend]) this.#readMore(side);
  }

  /** Milliseconds for which nothing has moved; 0 while something waits to be sent on, or is under way. */
  get quietMs(): number {
    const waiting = this.#client.connection.unsent > 0 || this.#backend.connection.unsent > 0;
    const busy = (this.#gate ?? this.#commandTracker)?.busy === true;
    return waiting || busy ? 0 : this.#stillMs;
  }

  /** How much the client and the backend have sent. */
  get passed(): Pick<RelayResult, 'bytesFromClient' | 'bytesFromBackend'> {
    return { bytesFromClient: this.#client.bytes, bytesFromBackend: this.#backend.bytes };
  }

  /** Ends it when nothing has moved for too long. One who looks at all of them now and then costs less than their timers. */
  endIfIdle(): void {
    if (this.#stillMs >= this.#idleMs) this.stop('idle');
  }

  get #stillMs(): number {
    return performance.now() - this.#lastMovedAt;
  }

  /** Ends both sides now, with a goodbye where one can be said. */
  stop(why: EndReason): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ended ??= why;
    this.#part(this.#gate?.busy === true ? undefined : this.#commandTracker?.goodbye(why));
    this.#backend.connection.destroy();
  }

  /** A side has sent bytes. A full queue pauses it, so a reader that stops bounds what we hold. */
  pass(from: Side, bytes: Buffer): void {
    if (this.#stopped) return;
    from.bytes += bytes.length;
    this.#sums[from.name] += bytes.length;
    this.#lastMovedAt = performance.now();
    if (this.#gate === undefined) this.#send(this.#other(from), bytes);
    else this.#passGate(from, this.#gate, bytes);
  }

  #passGate(from: Side, gate: Gate, bytes: Buffer): void {
    const held = gate.holding;
    for (const action of from.name === 'client' ? gate.fromClient(bytes) : gate.fromBackend(bytes)) this.#do(action);
    if (this.#stopped || held === gate.holding) return;
    if (gate.holding) {
      this.#client.connection.pause();
      return;
    }
    this.#readMore(this.#client);
    if (this.#client.sentLast) this.#endOther(this.#client);
  }

  #do(action: GateAction): void {
    switch (action.do) {
      case 'pass':
        this.#send(action.to === 'client' ? this.#client : this.#backend, action.bytes);
        break;
      case 'refused':
        this.#owner.onRefused?.(action.why);
        break;
      case 'end':
        this.#stopped = true;
        this.#ended ??= 'gate';
        this.#partBehind();
        this.#backend.connection.destroy();
        break;
      default:
        unreachable(action);
    }
  }

  // First of all: whoever waits for the bytes need not wait for our looking at them.
  #send(to: Side, bytes: Buffer): void {
    if (!to.connection.write(bytes)) this.#other(to).connection.pause();
    if (to.name === 'backend') this.#commandTracker?.fromClient(bytes);
    else this.#commandTracker?.fromBackend(bytes);
  }

  // Unless the gate would only hold it. One that comes too early, for a full queue, is paused again by what it brings.
  #readMore(from: Side): void {
    const held = from.name === 'client' && this.#gate?.holding === true;
    if (!held) from.connection.resume();
  }

  /** A side has taken all that it was sent. */
  takeMore(to: Side): void {
    if (!this.#stopped) this.#readMore(this.#other(to));
  }

  /**
   * A side has sent its last, and may still read. Servers take the end of TLS for the end of everything (close_notify,
   * RFC 8446 §6.1, allows for half of it since 2018), so over TLS it is passed on once all has been answered.
   */
  sentLast(from: Side): void {
    this.#ended ??= from.name;
    from.sentLast = true;
    if (this.#stopped) return;
    // What the gate still holds goes first.
    if (from.name === 'backend' || this.#gate?.holding !== true) this.#endOther(from);
  }

  #endOther(from: Side): void {
    const to = this.#other(from);
    if (from.name === 'client') this.#gate?.clientEnded();
    if (to.name === 'backend' && to.connection.secured) this.#endOnceQuiet(to);
    else to.connection.end();
  }

  /**
   * A side is wholly gone: nothing can reach it any more. What is queued for the other is sent, then it closes too, and
   * however busy it is: one that goes on sending must not stay for that.
   */
  gone(side: Side, error: Error | undefined): void {
    const { connection } = this.#other(side);
    if (error !== undefined) this.#ended ??= 'error';
    if (connection.closed) {
      this.#settle();
    } else if (error !== undefined && !this.#stopped) {
      connection.destroy();
    } else {
      connection.end();
      connection.resume();
      // One that we end has had its time set already.
      if (!this.#stopped) this.#other(side).destroyAfter(CLOSE_WAIT_MS);
    }
  }

  #endOnceQuiet(side: Side): void {
    if (this.quietMs >= LAST_ANSWER_MS) side.connection.end();
    else side.after(LAST_ANSWER_MS, () => this.#endOnceQuiet(side));
  }

  // The last words stand behind what is queued already. A client that does not take them in time goes without.
  #part(goodbye: Buffer | undefined): void {
    const { connection } = this.#client;
    if (goodbye === undefined || !connection.writable) {
      connection.destroy();
      return;
    }
    connection.write(goodbye);
    this.#partBehind();
  }

  #partBehind(): void {
    const { connection } = this.#client;
    connection.end();
    connection.resume();
    this.#client.destroyAfter(GOODBYE_MS);
  }

  #settle(): void {
    // Of two that had closed before they were joined each tells of it.
    if (this.#finished) return;
    this.#finished = true;
    this.#owner.onFinished({ ...this.passed, ended: this.#ended ?? 'error' });
  }

  #other(side: Side): Side {
    return side === this.#client ? this.#backend : this.#client;
  }
}

class Side implements ConnectionEvents {
  readonly connection: Connection;
  readonly name: 'client' | 'backend';
  bytes = 0;
  sentLast = false;
  readonly #relay: Relay;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, name: 'client' | 'backend', relay: Relay) {
    this.connection = connection;
    this.name = name;
    this.#relay = relay;
  }

  destroyAfter(ms: number): void {
    this.after(ms, () => this.connection.destroy());
  }

  /** Does something later, instead of what was to be done then, unless the connection has closed. */
  after(ms: number, call: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = this.connection.closed ? undefined : setTimeout(call, ms);
  }

  onReceived(bytes: Buffer): void {
    this.#relay.pass(this, bytes);
  }

  onDrained(): void {
    this.#relay.takeMore(this);
  }

  onEnded(): void {
    this.#relay.sentLast(this);
  }

  onClosed(error?: Error): void {
    clearTimeout(this.#timer);
    this.#relay.gone(this, error);
  }
}

/** A cut-off is to be over within a second. */
const GOODBYE_MS = 500;
const CLOSE_WAIT_MS = 15_000;
/** Nothing came and nothing is under way for so long: the backend has answered all that it will. */
const LAST_ANSWER_MS = 1_000;
