/**
 * Bun's own sockets. A login over them costs half of what it costs over streams, and TLS is begun in place on any of
 * them: at once, behind a PROXY header or behind STARTTLS.
 */

import { BunConnection, connectionOf } from './bun-connection.ts';
import { sockets, type Handlers, type NativeSocket } from './bun-sockets.ts';
import type { Connection, ListeningSocket, ListenOptions, Transport } from './transport.ts';

export const bunTransport: Transport = {
  async listen({ address, port, backlog, tlsAtOnce, onConnection, onError }: ListenOptions): Promise<ListeningSocket> {
    const server = sockets().listen({
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
    sockets()
      .connect(options)
      .catch((error: unknown) => connecting.failed(error));
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

// A socket below TLS goes on telling of what passes, in cipher.
function plain(socket: NativeSocket): BunConnection | undefined {
  const connection = connectionOf(socket);
  return connection?.secured === false ? connection : undefined;
}
