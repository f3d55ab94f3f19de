/**
 * A connection before the relay: read when asked, written at once, upgraded to TLS in place. One reader at a time. What
 * comes while nobody reads stays in the kernel, so a client that talks ahead meets back-pressure.
 */

import type { ClientTls, Connection, ConnectionEvents, Endpoint, ServerTls } from '#transport/transport.ts';
import { IdleTimer } from '#async/timers.ts';

export class Channel implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #chunks: Buffer[] = [];
  #ended = false;
  #interrupted = false;
  #handshaking = false;
  #wake: (() => void) | undefined;
  #idle: IdleTimer | undefined;
  /** Runs once end() was called: what still comes is nobody's business. */
  #leaving: NodeJS.Timeout | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.own(this);
  }

  get remote(): Endpoint {
    return this.#connection.remote;
  }

  get local(): Endpoint {
    return this.#connection.local;
  }

  /** The next bytes, or undefined once the other side has ended, the connection broke, or it was interrupted. */
  async read(): Promise<Buffer | undefined> {
    if (this.#chunks.length === 0 && !this.#ended && !this.#interrupted) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#connection.resume();
      await woken;
    }
    return this.#chunks.shift();
  }

  /** Ends waiting: reads that find nothing return at once from now on, and a handshake that is under way fails. */
  interrupt(): void {
    this.#interrupted = true;
    if (this.#handshaking) this.#connection.destroy();
    this.#awake();
  }

  /** Nothing is taken from the connection until it is read, or a handshake begins. */
  hold(): void {
    this.#connection.pause();
  }

  /** Sends bytes, or queues them; those for a connection that is gone are dropped. */
  write(bytes: Buffer): void {
    this.#idle?.moved();
    this.#connection.write(bytes);
  }

  /** Everything received and not read. Before a TLS handshake it is to be dropped: it came in clear. */
  takeUnread(): Buffer {
    const chunks = this.#chunks.splice(0);
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  /** Puts bytes back in front of all unread ones. */
  putBack(bytes: Buffer): void {
    if (bytes.length > 0) this.#chunks.unshift(bytes);
  }

  /** Begins TLS as the server; unread bytes begin the handshake. Resolves to undefined when it succeeded, else to why not. */
  async acceptTls(options: ServerTls): Promise<string | undefined> {
    return this.#handshake(this.#connection.acceptTls(options, this.takeUnread()));
  }

  /** Begins TLS as the client; unread bytes are dropped. Resolves to undefined when it succeeded, else to why not. */
  async connectTls(options: ClientTls): Promise<string | undefined> {
    this.takeUnread();
    return this.#handshake(this.#connection.connectTls(options));
  }

  /** Calls `call` once neither side has sent anything for `ms`, until the channel is released or ended. */
  onIdle(ms: number, call: () => void): void {
    this.#idle?.stop();
    this.#idle = new IdleTimer(ms, call);
  }

  /**
   * Hands the connection over, which wants another owner in the same turn; with what was received and not read, behind
   * what a dialogue has read too much.
   */
  release(tooMuch: Buffer): { readonly connection: Connection; readonly unread: Buffer } {
    this.#idle?.stop();
    this.#idle = undefined;
    this.putBack(tooMuch);
    return { connection: this.#connection, unread: this.takeUnread() };
  }

  /** True once nothing more can be read and all that came has been. */
  get ended(): boolean {
    return this.#ended && this.#chunks.length === 0;
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.#idle?.stop();
    if (this.#connection.closed) return;
    this.#connection.end();
    // A peer that never closes its side must not keep the descriptor, whether silent or sending on and on: RFC 9293
    // §3.6 leaves that to us.
    this.#leaving ??= setTimeout(() => this.#connection.destroy(), CLOSE_WAIT_MS);
    this.#connection.resume();
  }

  destroy(): void {
    this.#idle?.stop();
    this.#connection.destroy();
  }

  onReceived(bytes: Buffer): void {
    if (this.#leaving !== undefined) return;
    this.#idle?.moved();
    this.#chunks.push(bytes);
    if (this.#wake === undefined) this.#connection.pause();
    this.#awake();
  }

  onDrained(): void {
    this.#idle?.moved();
  }

  onEnded(): void {
    this.#ended = true;
    this.#awake();
  }

  onClosed(): void {
    clearTimeout(this.#leaving);
    this.#idle?.stop();
    this.onEnded();
  }

  async #handshake(under: Promise<string | undefined>): Promise<string | undefined> {
    this.#handshaking = true;
    if (this.#interrupted) this.#connection.destroy();
    const why = await under;
    this.#handshaking = false;
    return why !== undefined && this.#interrupted ? 'deadline' : why;
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

const CLOSE_WAIT_MS = 5_000;
