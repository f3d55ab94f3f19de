/** One connection over one of Bun's sockets. */

import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { Handlers, NativeSocket, UpgradeOptions } from './bun-sockets.ts';
import {
  CLOSED,
  handshakeFault,
  type ClientTls,
  type Connection,
  type ConnectionEvents,
  type Endpoint,
  type ServerTls,
} from './transport.ts';

/** A handshake under way: what the runtime asks about meanwhile, and who waits for its end. */
type Handshake = { readonly done: (why: string | undefined) => void } & (
  | { readonly as: 'server'; readonly options: ServerTls }
  | { readonly as: 'client'; readonly options: ClientTls }
);

export class BunConnection implements Connection {
  #socket: NativeSocket;
  #events: ConnectionEvents | undefined;
  /** Came before anybody owned the connection. */
  #early: Buffer[] = [];
  /** What the socket has not taken. */
  readonly #queue: Buffer[] = [];
  #unsent = 0;
  #state: 'open' | 'ending' | 'ended' | 'closed' = 'open';
  #otherEnded = false;
  #paused = false;
  #error: Error | undefined;
  #handshake: Handshake | undefined;
  #secured = false;

  constructor(socket: NativeSocket) {
    this.#socket = socket;
  }

  get secured(): boolean {
    return this.#secured;
  }

  get remote(): Endpoint {
    return { address: this.#socket.remoteAddress ?? '', port: this.#socket.remotePort ?? 0 };
  }

  get local(): Endpoint {
    return { address: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 };
  }

  get unsent(): number {
    return this.#unsent;
  }

  get writable(): boolean {
    return this.#state === 'open';
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  own(events: ConnectionEvents): void {
    this.#events = events;
    for (const bytes of this.#early.splice(0)) events.onReceived(bytes);
    if (this.#otherEnded) events.onEnded();
    if (this.#state === 'closed') events.onClosed(this.#error);
  }

  pause(): void {
    if (this.#paused || this.closed) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.closed) return;
    this.#paused = false;
    this.#socket.resume();
  }

  write(bytes: Buffer): boolean {
    if (this.#state !== 'open' || bytes.length === 0) return true;
    const taken = this.#queue.length > 0 ? 0 : Math.max(0, this.#socket.write(bytes));
    if (taken === bytes.length) return true;
    this.#queue.push(bytes.subarray(taken));
    this.#unsent += bytes.length - taken;
    return false;
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#flush();
  }

  destroy(): void {
    if (this.#state !== 'closed') this.#socket.close();
  }

  async acceptTls(options: ServerTls, early: Buffer): Promise<string | undefined> {
    const secureContext: unknown = options.contextFor('')?.context;
    return this.#secure((done) => ({ as: 'server', options, done }), {
      isServer: true,
      data: this,
      socket: SERVER_TLS,
      tls: { secureContext, requestCert: false, rejectUnauthorized: false },
      ...(early.length > 0 ? { initialData: early } : {}),
    });
  }

  async connectTls(options: ClientTls): Promise<string | undefined> {
    const secureContext: unknown = options.trust.context;
    // SNI carries names only (RFC 6066 §3).
    const serverName = isIP(options.name) === 0 ? { serverName: options.name } : {};
    return this.#secure((done) => ({ as: 'client', options, done }), {
      isServer: false,
      data: this,
      socket: TLS,
      tls: { secureContext, requestCert: true, rejectUnauthorized: options.verify, ...serverName },
    });
  }

  // What the runtime tells, by the handlers below.

  onData(bytes: Buffer): void {
    if (this.#events === undefined) this.#early.push(bytes);
    else this.#events.onReceived(bytes);
  }

  onDrain(): void {
    if (this.#unsent > 0) this.#flush();
  }

  onEnd(): void {
    if (this.#otherEnded) return;
    this.#otherEnded = true;
    this.#events?.onEnded();
  }

  onError(error: Error): void {
    this.#error = error;
  }

  onClose(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#error ??= error;
    this.#queue.length = 0;
    this.#unsent = 0;
    this.#settle(CLOSED);
    this.#events?.onClosed(this.#error);
  }

  onHandshake(success: boolean, error: Error | null): void {
    const handshake = this.#handshake;
    if (handshake?.as === 'client' && !handshake.options.verify && this.#isUp(error)) return this.#settle(undefined);
    if (!success) return this.#settle(handshakeFault(error));
    if (handshake?.as !== 'client') return this.#settle(undefined);
    const fault = error ?? checkServerIdentity(handshake.options.name, this.#socket.getPeerCertificate());
    this.#settle(fault?.message);
  }

  // Bun calls a handshake failed whose certificate is not trusted, though it has let it through when told to.
  #isUp(error: Error | null): boolean {
    const code = error !== null && 'code' in error ? error.code : undefined;
    const failed = code === 'EPROTO' || code === 'ECONNRESET';
    return !failed && Object.keys(this.#socket.getPeerCertificate() ?? {}).length > 0;
  }

  contextFor(servername: string): unknown {
    return this.#handshake?.as === 'server' ? this.#handshake.options.contextFor(servername)?.context : undefined;
  }

  alpnOf(offered: readonly string[]): string | undefined {
    if (this.#handshake?.as !== 'server') return undefined;
    const { alpn } = this.#handshake.options;
    return offered.includes(alpn) ? alpn : undefined;
  }

  async #secure(
    handshake: (done: (why: string | undefined) => void) => Handshake,
    options: UpgradeOptions,
  ): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#state === 'closed') return resolve(CLOSED);
      this.#handshake = handshake(resolve);
      this.#secured = true;
      [, this.#socket] = this.#socket.upgradeTLS(options);
      this.resume();
    });
  }

  #settle(why: string | undefined): void {
    this.#handshake?.done(why);
    this.#handshake = undefined;
  }

  #flush(): void {
    for (let bytes = this.#queue[0]; bytes !== undefined; bytes = this.#queue[0]) {
      const taken = Math.max(0, this.#socket.write(bytes));
      this.#unsent -= taken;
      if (taken < bytes.length) {
        this.#queue[0] = bytes.subarray(taken);
        return;
      }
      this.#queue.shift();
    }
    if (this.#state === 'open') this.#events?.onDrained();
    if (this.#state !== 'ending') return;
    this.#state = 'ended';
    // Behind the other side's end there is nothing left to wait for.
    if (this.#otherEnded) this.#socket.close();
    else this.#socket.shutdown();
  }
}

/** The connection over a socket of Bun; undefined while it has none. */
export function connectionOf({ data }: NativeSocket): BunConnection | undefined {
  return data instanceof BunConnection ? data : undefined;
}

const TLS: Handlers = {
  binaryType: 'buffer',
  data: (socket, bytes) => connectionOf(socket)?.onData(bytes),
  drain: (socket) => connectionOf(socket)?.onDrain(),
  end: (socket) => connectionOf(socket)?.onEnd(),
  close: (socket, error) => connectionOf(socket)?.onClose(error),
  error: (socket, error) => connectionOf(socket)?.onError(error),
  handshake: (socket, success, error) => connectionOf(socket)?.onHandshake(success, error),
};

const SERVER_TLS: Handlers = {
  ...TLS,
  serverName: (_, servername, socket) => connectionOf(socket)?.contextFor(servername),
  alpnCallback: (socket, _, wire) => connectionOf(socket)?.alpnOf(protocolsOf(wire)),
};

// RFC 7301 §3.1: names, each behind its length.
function protocolsOf(wire: Uint8Array): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at < wire.length; at += 1 + (wire[at] ?? 0)) {
    names.push(Buffer.from(wire.subarray(at + 1, at + 1 + (wire[at] ?? 0))).toString('latin1'));
  }
  return names;
}
