/**
 * Bun's own sockets. A login over them costs half of what it costs over streams, and TLS is begun in place on any of
 * them: at once, behind a PROXY header or behind STARTTLS. `sni` and `alpn` are answered as Bun's own `node:tls` does.
 */

import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { isIP } from 'node:net';
import type {
  ClientTls,
  Connection,
  ConnectionEvents,
  Endpoint,
  ListeningSocket,
  ListenOptions,
  ServerTls,
  Transport,
} from './transport.ts';

interface NativeSocket {
  data: unknown;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** Returns how many bytes were taken; -1 when it is closed. */
  write(bytes: Buffer): number;
  pause(): void;
  resume(): void;
  /** Ends our side: close_notify and FIN. */
  shutdown(): void;
  close(): void;
  getPeerCertificate(): PeerCertificate;
  upgradeTLS(options: UpgradeOptions): readonly [NativeSocket, NativeSocket];
}

interface Handlers {
  readonly binaryType: 'buffer';
  open?(socket: NativeSocket): void;
  readonly data?: ((socket: NativeSocket, bytes: Buffer) => void) | undefined;
  drain?(socket: NativeSocket): void;
  end?(socket: NativeSocket): void;
  close(socket: NativeSocket, error?: Error): void;
  error(socket: NativeSocket, error: Error): void;
  connectError?(socket: NativeSocket, error: Error): void;
  handshake?(socket: NativeSocket, success: boolean, error: Error | null): void;
  alpnCallback?(socket: NativeSocket, servername: string, wire: Uint8Array): string | undefined;
  serverName?(server: unknown, servername: string, socket: NativeSocket): unknown;
}

interface UpgradeOptions {
  readonly isServer: boolean;
  readonly data: BunConnection;
  readonly socket: Handlers;
  readonly initialData?: Buffer | undefined;
  readonly tls: {
    readonly secureContext: unknown;
    readonly requestCert: boolean;
    readonly rejectUnauthorized: boolean;
    readonly serverName?: string;
  };
}

interface Sockets {
  listen(options: NativeListen): { stop(closeConnections: boolean): void };
  connect(options: NativeConnect): Promise<unknown>;
}

interface NativeConnect {
  readonly hostname: string;
  readonly port: number;
  readonly allowHalfOpen: true;
  readonly socket: Handlers;
  readonly data?: unknown;
}

interface NativeListen extends NativeConnect {
  readonly backlog: number;
  readonly reusePort: true;
}

declare const Bun: Sockets;

export const bunTransport: Transport = {
  async listen({ address, port, backlog, tlsAtOnce, onConnection, onError }: ListenOptions): Promise<ListeningSocket> {
    const server = Bun.listen({
      hostname: address,
      port,
      backlog,
      reusePort: true,
      allowHalfOpen: true,
      socket: {
        ...(tlsAtOnce ? UNREAD : PLAIN),
        open: (socket) => {
          const connection = new BunConnection(socket);
          socket.data = connection;
          onConnection(connection);
        },
        error: (socket, error) => (socket.data instanceof BunConnection ? PLAIN.error(socket, error) : onError(error)),
      },
    });
    return { close: () => server.stop(false) };
  },

  async connect({ host, port }, signal: AbortSignal): Promise<Connection> {
    const connecting = new Connecting(signal);
    const options = { hostname: host, port, allowHalfOpen: true, socket: CONNECTING, data: connecting } as const;
    // Its outcome is told to the handlers as well, and sooner.
    Bun.connect(options).catch((error: unknown) => connecting.failed(error));
    try {
      return await connecting.connected;
    } catch (error) {
      // "Failed to connect" is all that Bun says.
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (error instanceof Error && !error.message.includes(code)) error.message = `connect ${code} ${host}:${port}`;
      throw error;
    }
  },
};

/** An attempt to connect. One that is given up cannot be stopped: should it succeed later, it is closed. */
class Connecting {
  readonly connected: Promise<Connection>;
  readonly #signal: AbortSignal;
  #settle: { resolve(connection: Connection): void; reject(error: unknown): void } | undefined;

  constructor(signal: AbortSignal) {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    this.connected = promise;
    this.#settle = { resolve, reject };
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  opened(socket: NativeSocket): void {
    const settle = this.#take();
    if (settle === undefined) return socket.close();
    const connection = new BunConnection(socket);
    socket.data = connection;
    settle.resolve(connection);
  }

  failed(error: unknown): void {
    this.#take()?.reject(error);
  }

  readonly #onAbort = (): void => this.failed(new Error('deadline'));

  #take(): { resolve(connection: Connection): void; reject(error: unknown): void } | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#signal.removeEventListener('abort', this.#onAbort);
    return settle;
  }
}

/** A handshake under way: what the runtime asks about meanwhile, and who waits for its end. */
type Handshake = { readonly done: (why: string | undefined) => void } & (
  | { readonly as: 'server'; readonly options: ServerTls }
  | { readonly as: 'client'; readonly options: ClientTls }
);

class BunConnection implements Connection {
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

  /** TLS was begun. */
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
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
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
      tls: { secureContext, requestCert: true, rejectUnauthorized: true, ...serverName },
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
    this.#settle('connection closed');
    this.#events?.onClosed(this.#error);
  }

  onHandshake(success: boolean, error: Error | null): void {
    const handshake = this.#handshake;
    if (!success) return this.#settle(error?.message ?? 'handshake failed');
    if (handshake?.as !== 'client') return this.#settle(undefined);
    const fault = error ?? checkServerIdentity(handshake.options.name, this.#socket.getPeerCertificate());
    this.#settle(fault?.message);
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
      if (this.#state === 'closed') return resolve('connection closed');
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
    this.#socket.shutdown();
  }
}

/** How the runtime reaches connections: the same functions for all of them. */
const PLAIN: Handlers = {
  binaryType: 'buffer',
  data: (socket, bytes) => plain(socket)?.onData(bytes),
  drain: (socket) => plain(socket)?.onDrain(),
  end: (socket) => plain(socket)?.onEnd(),
  close: (socket, error) => plain(socket)?.onClose(error),
  error: (socket, error) => plain(socket)?.onError(error),
};

// Without a reader the runtime does not hand over in cipher what it hands over deciphered.
const UNREAD: Handlers = { ...PLAIN, data: undefined };

const CONNECTING: Handlers = {
  ...PLAIN,
  open: (socket) => {
    if (socket.data instanceof Connecting) socket.data.opened(socket);
  },
  connectError: (socket, error) => {
    if (socket.data instanceof Connecting) socket.data.failed(error);
  },
};

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

function connectionOf({ data }: NativeSocket): BunConnection | undefined {
  return data instanceof BunConnection ? data : undefined;
}

// A socket below TLS goes on telling of what passes, in cipher.
function plain(socket: NativeSocket): BunConnection | undefined {
  const connection = connectionOf(socket);
  return connection?.secured === false ? connection : undefined;
}

// RFC 7301 §3.1: names, each behind its length.
function protocolsOf(wire: Uint8Array): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at < wire.length; at += 1 + (wire[at] ?? 0)) {
    names.push(Buffer.from(wire.subarray(at + 1, at + 1 + (wire[at] ?? 0))).toString('latin1'));
  }
  return names;
}
