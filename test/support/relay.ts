/** Two sockets of a test, joined by a relay. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Relay, type Joining, type RelayOptions, type RelayOwner, type RelayResult } from '#gateway/relay.ts';
import { transport } from '#transport/runtime.ts';
import type { Connection } from '#transport/transport.ts';
import { freePorts } from './processes.ts';

export const FOREVER_MS = 60_000;

export interface Joined {
  readonly client: Socket;
  readonly backend: Socket;
  readonly between: Relay;
  readonly finished: Promise<RelayResult>;
}

/** A client and a backend, joined by a relay between two accepted sockets. */
export async function joined(
  options: Partial<RelayOptions> = {},
  { unread = '', onRefused }: { unread?: string | undefined; onRefused?: RelayOwner['onRefused'] } = {},
): Promise<Joined> {
  const accepted: Connection[] = [];
  const [port = 0] = await freePorts(1);
  const onConnection = (connection: Connection): void => {
    connection.pause();
    accepted.push(connection);
  };
  const socket = { address: '127.0.0.1', port, backlog: 10, tlsAtOnce: false, onConnection, onError: assert.fail };
  const listening = await transport.listen(socket);
  const ends = [0, 1].map(() => connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
  await Promise.all(ends.map((end) => once(end, 'connect')));
  while (accepted.length < 2) await new Promise((resolve) => setImmediate(resolve));
  listening.close();
  const [client, backend] = ends;
  const [fromClient, toBackend] = pairUp(accepted, client);
  assert.ok(client && backend && fromClient && toBackend);
  const { promise: finished, resolve } = Promise.withResolvers<RelayResult>();
  const sides = { client: joining(fromClient, unread), backend: joining(toBackend) };
  const between = new Relay(sides, { owner: { onFinished: resolve, onRefused }, idleMs: FOREVER_MS, ...options });
  between.start(sides);
  return { client, backend, between, finished };
}

export function joining(connection: Connection, unread = ''): Joining {
  return { connection, unread: Buffer.from(unread, 'latin1') };
}

function pairUp(accepted: readonly Connection[], client: Socket | undefined): readonly Connection[] {
  return accepted.toSorted((a) => (a.remote.port === client?.localPort ? -1 : 1));
}

export async function allOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}
