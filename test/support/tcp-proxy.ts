/** A loopback TCP proxy that counts round trips and can swallow what the server says, as a broken network does. */

import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Times that the client began to speak after the server had, over all connections since the last reset. */
  flights(): number;
  /** Pieces in which the client's bytes arrived. */
  writes(): number;
  /** Connections that the client has closed. */
  givenUp(): number;
  resetCounts(): void;
  /** From now on nothing is passed on in either direction; connections stay open. */
  swallow(): void;
  /** Connections made from now on work again; those that lost bytes are closed. */
  recover(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const counts = { flights: 0, writes: 0, givenUp: 0 };
  let swallowing = false;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const pair = [client, target] as const;
    let speaker: 'client' | 'server' = 'server';
    pairs.add(pair);
    client.setNoDelay(true);
    target.setNoDelay(true);
    client.on('data', (data) => {
      if (swallowing) return;
      counts.writes += 1;
      if (speaker === 'server') counts.flights += 1;
      speaker = 'client';
      target.write(data);
    });
    target.on('data', (data) => {
      if (swallowing) return;
      speaker = 'server';
      client.write(data);
    });
    client.on('end', () => (counts.givenUp += 1));
    for (const socket of pair) {
      socket.on('error', () => undefined); // an error is always followed by close
      socket.on('close', () => {
        pairs.delete(pair);
        destroy(pair);
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const closeAll = (): void => pairs.forEach(destroy);
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    flights: () => counts.flights,
    writes: () => counts.writes,
    givenUp: () => counts.givenUp,
    resetCounts: () => void Object.assign(counts, { flights: 0, writes: 0, givenUp: 0 }),
    swallow: () => void (swallowing = true),
    recover: () => {
      swallowing = false;
      closeAll();
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      closeAll();
      await closed;
    },
  };
}

function destroy(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.destroy();
}
