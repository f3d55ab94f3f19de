/** The portable transport: streams of `node:net` and `node:tls`. */

import { connect, createServer, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import {
  CLOSED,
  handshakeFault,
  type ClientTls,
  type Connection,
  type ConnectionEvents,
  type Endpoint,
  type ListeningSocket,
  type ListenOptions,
  type ServerTls,
  type Transport,
} from './transport.ts';

export const nodeTransport: Transport = {
  async listen({ address, port, backlog, onConnection, onError }: ListenOptions): Promise<ListeningSocket> {
    const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
    const server = createServer(options, (socket) => onConnection(new NodeConnection(socket)));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, reusePort: true, backlog }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', onError);
    return { close: () => void server.close() };
  },

  async connect({ host, port }, signal: AbortSignal): Promise<Connection> {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        signal.removeEventListener('abort', onAbort);
        socket.on('error', ignore).destroy();
        reject(error);
      };
      const onAbort = (): void => fail(new Error('deadline'));
      signal.addEventListener('abort', onAbort);
      socket.once('error', fail);
      socket.once('connect', () => {
        signal.removeEventListener('abort', onAbort);
        socket.off('error', fail);
        resolve(new NodeConnection(socket));
      });
      if (signal.aborted) onAbort();
    });
  },
};

class NodeConnection implements Connection {
  #socket: Socket;
  #events: ConnectionEvents | undefined;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket.pause();
    this.#listen();
  }

  get remote(): Endpoint {
    return { address: this.#socket.remoteAddress ?? '', port: this.#socket.remotePort ?? 0 };
  }

  get local(): Endpoint {
    return { address: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 };
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  get secured(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  own(events: ConnectionEvents): void {
    this.#events = events;
    if (this.#socket.readableEnded) events.onEnded();
    if (this.#socket.closed) events.onClosed(this.#error);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  write(bytes: Buffer): boolean {
    return !this.#socket.writable || this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async acceptTls(options: ServerTls, early: Buffer): Promise<string | undefined> {
    return this.#secure('secure', (socket) => {
      if (early.length > 0) socket.unshift(early);
      return serverTls(socket, options);
    });
  }

  async connectTls({ name, trust, verify }: ClientTls): Promise<string | undefined> {
    // SNI carries names only (RFC 6066 §3); an address is still checked against the certificate, through `host`.
    const servername = isIP(name) === 0 ? { servername: name } : {};
    const options = { ...servername, host: name, secureContext: trust, rejectUnauthorized: verify };
    return this.#secure('secureConnect', (socket) => connectTls({ ...options, socket }));
  }

  async #secure(event: 'secure' | 'secureConnect', wrap: (socket: Socket) => TLSSocket): Promise<string | undefined> {
    const plain = this.#socket;
    this.#deafen();
    plain.on('error', ignore).pause();
    const wrapped = wrap(plain);
    this.#socket = wrapped;
    const why = await new Promise<string | undefined>((resolve) => {
      const finish = (reason: string | undefined): void => {
        wrapped.off(event, onSecure).off('error', onError).off('close', onClose).off('end', onClose);
        resolve(reason);
      };
      const onSecure = (): void => finish(undefined);
      const onError = (error: Error): void => finish(handshakeFault(error));
      const onClose = (): void => finish(CLOSED);
      // What comes behind the handshake waits in the stream; Node tells of the other side's end only to who reads.
      wrapped.on(event, onSecure).on('error', onError).on('close', onClose).on('end', onClose);
      this.#listen();
      wrapped.resume();
    });
    wrapped.pause();
    return why;
  }

  readonly #onData = (bytes: Buffer): void => this.#events?.onReceived(bytes);
  readonly #onDrain = (): void => this.#events?.onDrained();
  readonly #onEnd = (): void => this.#events?.onEnded();
  readonly #onError = (error: Error): void => void (this.#error ??= error);
  readonly #onClose = (): void => this.#events?.onClosed(this.#error);

  #listen(): void {
    this.#socket.on('data', this.#onData).on('drain', this.#onDrain).on('end', this.#onEnd);
    this.#socket.on('error', this.#onError).on('close', this.#onClose);
    this.#socket.pause();
  }

  #deafen(): void {
    this.#socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd);
    this.#socket.off('error', this.#onError).off('close', this.#onClose);
  }
}

/** Makes the server side of a TLS stream over a connected socket. */
export function serverTls(socket: Socket, { contextFor, alpn }: ServerTls): TLSSocket {
  const usual = contextFor('');
  return new TLSSocket(socket, {
    isServer: true,
    secureContext: usual,
    // RFC 7301 §3.2; a client that speaks another protocol is being tricked (ALPACA).
    ALPNCallback: ({ protocols }) => (protocols.includes(alpn) ? alpn : undefined),
    // Node 26 takes only the last key of a context that is handed over here; of the usual one it has them all.
    SNICallback: (name, done) => {
      const context = contextFor(name);
      done(null, context === usual ? undefined : context);
    },
  });
}

function ignore(): void {
  // Deliberately nothing: 'close' follows and is handled.
}
