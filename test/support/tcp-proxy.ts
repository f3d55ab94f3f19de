/** A loopback TCP proxy that counts round trips and can do to connections what broken networks do. */

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
  /** All connections are cut, and new ones too, as soon as they are made. */
  cut(): void;
  /** Nothing is read any more in either direction, so that all of it arrives late, in order, at resume(). */
  stall(): void;
  resume(): void;
  /** The server's side of every connection is gone; the client is not told and may go on sending. */
  halfOpen(): void;
  /** Connections made from now on work again; those that lost bytes are closed. */
  recover(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const counts = { flights: 0, writes: 0, givenUp: 0 };
  let swallowing = false;
  let cutting = false;
  let stalled = false;
  const server = createServer((client) => {
    if (cutting) {
      client.destroy();
      return;
    }
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
      if (stalled) socket.pause();
      socket.on('error', () => undefined); // an error is always followed by close
      socket.on('close', () => {
        if (swallowing && socket === target) return;
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
    cut: () => {
      cutting = true;
      closeAll();
    },
    stall: () => {
      stalled = true;
      for (const socket of [...pairs].flat()) socket.pause();
    },
    resume: () => {
      stalled = false;
      for (const socket of [...pairs].flat()) socket.resume();
    },
    halfOpen: () => {
      swallowing = true;
      for (const [, target] of pairs) target.destroy();
    },
    recover: () => {
      swallowing = false;
      cutting = false;
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
