/**
 * The portal's listeners: TCP, TLS where it is asked for, bounds on connections and waits. HTTP is app.ts. Sockets are
 * handed to the HTTP server by hand, so that workers share a port and certificates are those of the mail listeners.
 */

import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { Fault } from '../core/fault.ts';
import { makeApp } from './app.ts';
import { Connections } from './connections.ts';
import type { BeginTls, PortalListener, PortalParts } from './settings.ts';

const MAX_HEADER_BYTES = 16_384;

export interface Portal {
  /** Stops accepting, closes what is idle, and waits for requests that are being answered. */
  stop(): Promise<void>;
}

/** Starts the portal. CONFIG_INVALID when an address or port cannot be had. */
export async function startPortal(parts: PortalParts, beginTls: BeginTls): Promise<Portal> {
  const app = await makeApp(parts);
  await app.ready();
  const connections = new Connections();
  const http = createHttpServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const done = connections.begin(request.socket);
    if (connections.ending) response.setHeader('connection', 'close');
    response.once('close', done);
    app.routing(request, response);
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  const accept = (listener: PortalListener, accepted: Socket): void => {
    accepted.on('error', () => accepted.destroy());
    const socket = listener.tls === 'none' ? accepted : beginTls(accepted);
    if (connections.enter(socket)) http.emit('connection', socket);
  };
  const servers: Server[] = [];
  try {
    for (const listener of parts.settings.listen) {
      servers.push(await listenOn(listener, (socket) => accept(listener, socket)));
      parts.log.info('portal.opened', { address: listener.address, port: listener.port });
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return {
    async stop() {
      for (const server of servers) server.close();
      await connections.end();
      await app.close();
    },
  };
}

function listenOn(listener: PortalListener, accept: (socket: Socket) => void): Promise<Server> {
  const { address, port } = listener;
  const server = createServer({ noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = 'code' in cause && cause.code === 'EADDRINUSE';
      const why = taken ? 'another program has it. Stop that one, or choose another port' : cause.message;
      reject(new Fault('CONFIG_INVALID', `the portal cannot have ${address} port ${port}: ${why}`, { cause }));
    });
    server.listen({ host: address, port, reusePort: true }, () => resolve(server));
  });
}
