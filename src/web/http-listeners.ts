/**
 * Listeners of the web parts: TCP, TLS where it is asked for, bounds on connections and waits. What is answered is the
 * handler's. Sockets are handed to the HTTP server by hand, so that workers share a port and certificates are those of
 * the mail listeners.
 */

import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { Fault } from '#core/fault.ts';
import { canonicalAddress } from '#core/network.ts';
import { Connections } from './connections.ts';

const MAX_HEADER_BYTES = 16_384;

export interface HttpPlace {
  readonly address: string;
  readonly port: number;
  readonly tls: 'implicit' | 'none';
}

export interface HttpListeners {
  /** Stops accepting, closes what is idle, and waits for requests that are being answered. */
  close(): Promise<void>;
}

/** TLS that has begun on an accepted socket, as its server. */
export interface BegunTls {
  /** Speaks in clear. */
  readonly socket: Socket;
  /** Where clients are to prove who they are: not a byte of theirs is looked at before this is true. */
  readonly admitted?: Promise<boolean> | undefined;
}

export interface HttpOptions<P extends HttpPlace> {
  readonly listen: readonly P[];
  readonly handler: RequestListener;
  readonly beginTls: (socket: Socket, place: P) => BegunTls;
  readonly opened: (place: P) => void;
  /** Who listens, in words: `the portal`. */
  readonly who: string;
}

/** Opens the listeners. CONFIG_INVALID when an address or port cannot be had; none is open then. */
export async function openHttpListeners<P extends HttpPlace>(options: HttpOptions<P>): Promise<HttpListeners> {
  const { handler, beginTls } = options;
  const connections = new Connections();
  const http = createHttpServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const done = connections.begin(request);
    if (connections.ending) response.setHeader('connection', 'close');
    response.once('close', done);
    handler(request, response);
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  const accept = (place: P, accepted: Socket): void => {
    accepted.on('error', () => accepted.destroy());
    const address = canonicalAddress(accepted.remoteAddress ?? '') ?? '';
    const { socket, admitted } = place.tls === 'none' ? inClear(accepted) : beginTls(accepted, place);
    if (!connections.enter(socket, address)) return;
    if (admitted === undefined) http.emit('connection', socket);
    else void admitted.then((yes) => (yes ? http.emit('connection', socket) : socket.destroy()));
  };
  const servers: Server[] = [];
  try {
    for (const place of options.listen) {
      servers.push(await listenOn(place, options.who, (socket) => accept(place, socket)));
      options.opened(place);
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return {
    async close() {
      for (const server of servers) server.close();
      await connections.end();
    },
  };
}

function inClear(socket: Socket): BegunTls {
  return { socket };
}

function listenOn({ address, port }: HttpPlace, who: string, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = 'code' in cause && cause.code === 'EADDRINUSE';
      const why = taken ? 'another program has it. Stop that one, or choose another port' : cause.message;
      reject(new Fault('CONFIG_INVALID', `${who} cannot have ${address} port ${port}: ${why}`, { cause }));
    });
    server.listen({ host: address, port, reusePort: true }, () => resolve(server));
  });
}
