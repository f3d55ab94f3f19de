/**
 * A socket before the relay: read when asked, written at once, upgraded to TLS in place. One reader at a time.
 * What nobody has asked for stays in the kernel, so a client that talks ahead meets back-pressure.
 */

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export class Channel {
  #socket: Socket | TLSSocket;
  readonly #chunks: Buffer[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  #idle: { readonly ms: number; readonly call: () => void } | undefined;

  constructor(socket: Socket | TLSSocket) {
    this.#socket = socket;
    this.#attach();
  }

  get socket(): Socket | TLSSocket {
    return this.#socket;
  }

  /** The next bytes, or undefined once the other side has ended, the socket broke, or `signal` fired. */
  async read(signal: AbortSignal): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return chunk;
      if (this.#ended || signal.aborted) return undefined;
      this.#socket.resume();
      await this.#woken(signal);
    }
  }

  /** Queues bytes for sending; those for a socket that is gone are dropped. */
  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Everything received and not read. Before a TLS handshake it is to be dropped: it came in clear. */
  takeUnread(): Buffer {
    const buffered: Buffer | null = this.#socket.read();
    if (buffered !== null) this.#chunks.push(buffered);
    return Buffer.concat(this.#chunks.splice(0));
  }

  /** Puts bytes back in front of all unread ones. */
  putBack(bytes: Buffer): void {
    if (bytes.length > 0) this.#chunks.unshift(bytes);
  }

  /** Puts a TLS socket over the present one. Unread bytes go to it: they begin the handshake. */
  replace(wrap: (socket: Socket | TLSSocket) => TLSSocket): TLSSocket {
    const wrapped = wrap(this.release());
    this.#socket = wrapped;
    this.#attach();
    return wrapped;
  }

  /** Calls `call` once neither side has sent anything for `ms`, until the channel is released. */
  onIdle(ms: number, call: () => void): void {
    this.#idle = { ms, call };
    this.#socket.setTimeout(ms);
  }

  /** Hands the paused socket over, with all unread bytes back in it. The channel is spent. */
  release(): Socket | TLSSocket {
    this.#detach();
    this.#socket.pause();
    const unread = Buffer.concat(this.#chunks.splice(0));
    if (unread.length > 0) this.#socket.unshift(unread);
    return this.#socket;
  }

  /** True once nothing more can be read and all that came has been. */
  get ended(): boolean {
    return this.#ended && this.#chunks.length === 0;
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.#socket.end();
    // A peer that never closes its side must not keep the descriptor, whether silent or sending on and on: RFC 9293
    // §3.6 leaves that to us.
    this.#socket.resume();
    const deadline = setTimeout(() => this.#socket.destroy(), CLOSE_WAIT_MS);
    this.#socket.once('close', () => clearTimeout(deadline));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#socket.pause();
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  readonly #onTimeout = (): void => this.#idle?.call();

  #attach(): void {
    this.#socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onEnd);
    this.#socket.on('timeout', this.#onTimeout);
    if (this.#idle !== undefined) this.#socket.setTimeout(this.#idle.ms);
    this.#socket.pause();
  }

  #detach(): void {
    this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onEnd);
    this.#socket.off('timeout', this.#onTimeout).setTimeout(0);
    // An error between two owners must not become an uncaught exception.
    this.#socket.on('error', ignore);
  }

  async #woken(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}

const CLOSE_WAIT_MS = 5_000;

function ignore(): void {
  // Deliberately nothing: 'close' follows and is handled.
}
