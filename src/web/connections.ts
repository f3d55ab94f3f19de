/**
 * The open connections of a web listener: how many there may be, whose yields where there are too many, how long each may
 * take, and ending them in good order.
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionLimits, type ConnectionSlot, type Limits } from '#connection/connection-limits.ts';

/** For each worker. A network may have all of them until others come. */
const LIMITS = { maxConnections: 2000, maxConnectionsPerNetwork: Infinity, maxUnauthenticated: Infinity } as const;
/** From a connection to its first request, and from the first line of any request to its last octet. */
const REQUEST_MS = 10_000;
/** From a request to the end of its answer, and from there to the next request. */
const EXCHANGE_MS = 60_000;

interface Connection {
  readonly slot: ConnectionSlot;
  deadline: NodeJS.Timeout | undefined;
  /** Requests that are being answered. */
  busy: number;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #requestMs: number;
  readonly #open = new Map<Socket, Connection>();
  #ending: PromiseWithResolvers<void> | undefined;

  /** A test gives bounds of its own. */
  constructor({ limits = LIMITS, requestMs = REQUEST_MS }: { limits?: Limits; requestMs?: number } = {}) {
    this.#limits = new ConnectionLimits(limits);
    this.#requestMs = requestMs;
  }

  /** True once end() was called: no connection is to be kept for another request. */
  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /**
   * Takes a connection in that came from this address. False, and it is closed, when there are too many. One that is
   * waited for may be closed at any time to make room for others.
   */
  enter(socket: Socket, address: string): boolean {
    socket.on('error', () => socket.destroy());
    const slot = this.ending ? undefined : this.#limits.enter(address, () => socket.destroy());
    if (slot === undefined || typeof slot === 'string') {
      socket.destroy();
      return false;
    }
    const connection: Connection = { slot, deadline: undefined, busy: 0 };
    connection.deadline = deadlineOf(socket, connection, this.#requestMs);
    this.#open.set(socket, connection);
    socket.once('close', () => {
      clearTimeout(connection.deadline);
      slot.leave();
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#ending?.resolve();
    });
    return true;
  }

  /**
   * Notes that the head of a request has come, and whether octets of its body are still to come; what it returns is to
   * be called when it was answered.
   */
  begin(request: IncomingMessage): () => void {
    const { socket } = request;
    const connection = this.#open.get(socket);
    if (connection === undefined) return () => {};
    connection.busy += 1;
    const arrived = (): void => {
      connection.slot.keep();
      this.#wait(socket, connection, EXCHANGE_MS);
    };
    if (hasBody(request)) {
      this.#wait(socket, connection, this.#requestMs);
      request.once('end', arrived);
    } else arrived();
    return () => {
      connection.busy -= 1;
      if (connection.busy === 0) connection.slot.rest();
      this.#wait(socket, connection, EXCHANGE_MS);
      if (this.ending) this.#endIdle(socket, connection);
    };
  }

  #wait(socket: Socket, connection: Connection, ms: number): void {
    clearTimeout(connection.deadline);
    connection.deadline = deadlineOf(socket, connection, ms);
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

// RFC 9112 §6.3: a request without either has no body.
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

// An answer that goes on, as a stream of events does, is no exchange that hangs.
function deadlineOf(socket: Socket, connection: Connection, ms: number): NodeJS.Timeout {
  const { bytesWritten } = socket;
  return setTimeout(() => {
    if (connection.busy === 0 || socket.bytesWritten === bytesWritten) socket.destroy();
    else connection.deadline = deadlineOf(socket, connection, ms);
  }, ms);
}
