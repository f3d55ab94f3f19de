/** The open connections of a web listener: how many there may be, how long each may take, and ending them in good order. */

import type { Socket } from 'node:net';

/** Connections at one time, for each worker. */
const MAX_CONNECTIONS = 2000;
/** From a connection, or the end of an answer, to the end of the next answer. */
const EXCHANGE_MS = 60_000;

interface Connection {
  deadline: NodeJS.Timeout | undefined;
  /** Requests that are being answered. */
  busy: number;
}

export class Connections {
  readonly #open = new Map<Socket, Connection>();
  #ending: PromiseWithResolvers<void> | undefined;

  /** True once end() was called: no connection is to be kept for another request. */
  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** Takes a connection in. False, and it is closed, when there are too many. */
  enter(socket: Socket): boolean {
    socket.on('error', () => socket.destroy());
    if (this.#open.size >= MAX_CONNECTIONS || this.ending) {
      socket.destroy();
      return false;
    }
    const connection: Connection = { deadline: undefined, busy: 0 };
    connection.deadline = deadlineOf(socket, connection);
    this.#open.set(socket, connection);
    socket.once('close', () => {
      clearTimeout(connection.deadline);
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#ending?.resolve();
    });
    return true;
  }

  /** Notes that a request is being answered; what it returns is to be called when it was. */
  begin(socket: Socket): () => void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return () => {};
    connection.busy += 1;
    return () => {
      connection.busy -= 1;
      clearTimeout(connection.deadline);
      connection.deadline = deadlineOf(socket, connection);
      if (this.ending) this.#endIdle(socket, connection);
    };
  }

  /** Closes what is idle now and the others after their answer. Resolves when all are closed. */
  async end(): Promise<void> {
    this.#ending ??= Promise.withResolvers<void>();
    for (const [socket, connection] of this.#open) this.#endIdle(socket, connection);
    if (this.#open.size === 0) this.#ending.resolve();
    await this.#ending.promise;
  }

  #endIdle(socket: Socket, { busy }: Connection): void {
    if (busy === 0) socket.destroySoon();
  }
}

// An answer that goes on, as a stream of events does, is no exchange that hangs.
function deadlineOf(socket: Socket, connection: Connection): NodeJS.Timeout {
  const { bytesWritten } = socket;
  return setTimeout(() => {
    if (connection.busy === 0 || socket.bytesWritten === bytesWritten) socket.destroy();
    else connection.deadline = deadlineOf(socket, connection);
  }, EXCHANGE_MS);
}
