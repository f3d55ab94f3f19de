/** A web listener under floods: silent connections, requests that never end, and people who come meanwhile. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import test from 'node:test';
import { Connections } from '#web/connections.ts';
import { eventually } from '../support/processes.ts';

const LIMITS = { maxConnections: 8, maxConnectionsPerNetwork: Infinity, maxUnauthenticated: Infinity };

/** A listener whose clients come from the addresses that `addressOf` says, in the order in which they come. */
async function listener(
  addressOf: (count: number) => string,
  requestMs = 60_000,
): Promise<{ readonly port: number; readonly stop: () => void }> {
  const connections = new Connections({ limits: LIMITS, requestMs });
  const http: Server = createServer((request, response) => {
    const done = connections.begin(request);
    response.once('close', done);
    request.resume().once('end', () => response.end('hello'));
  });
  let count = 0;
  const tcp = createTcpServer((socket) => {
    if (connections.enter(socket, addressOf((count += 1)))) http.emit('connection', socket);
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const address = tcp.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    port: address.port,
    stop: () => {
      tcp.close();
      void connections.end();
    },
  };
}

interface Peer {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly closed: () => boolean;
}

async function peer(port: number, said = ''): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1' });
  let [heard, closed] = ['', false];
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.on('error', () => {}).on('close', () => (closed = true));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(said);
  return { socket, heard: () => heard, closed: () => closed };
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

test('silent connections of one network, however many, keep nobody else out', async () => {
  const FLOOD = 30;
  const { port, stop } = await listener((count) => (count <= FLOOD ? '192.0.2.66' : `198.51.100.${count}`));
  const flood: Peer[] = [];
  for (let count = 0; count < FLOOD; count += 1) flood.push(await peer(port));
  await eventually('all but the last have made room', () => flood.filter((one) => one.closed()).length === FLOOD - 8);
  for (let count = 0; count < 20; count += 1) {
    const person = await peer(port, GET);
    await eventually('an answer', () => person.heard().includes('hello'));
    person.socket.destroy();
  }
  for (const one of flood) one.socket.destroy();
  stop();
});

test('a request that does not arrive in time costs its connection, head or body', async () => {
  const { port, stop } = await listener(() => '192.0.2.1', 200);
  for (const said of ['', 'GET / HT', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf']) {
    const slow = await peer(port, said);
    await eventually('it is closed', () => slow.closed());
    assert.doesNotMatch(slow.heard(), /hello/, said);
  }
  stop();
});

test('who waits for another request makes room, who is being answered does not', async () => {
  const { port, stop } = await listener(() => '192.0.2.1');
  const resting = await peer(port, GET);
  await eventually('an answer', () => resting.heard().includes('hello'));
  const slow = await Promise.all(
    Array.from({ length: 7 }, () => peer(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab')),
  );
  const newcomer = await peer(port, GET);
  await eventually('an answer', () => newcomer.heard().includes('hello'));
  await eventually('the one that rested has made room', () => resting.closed());
  for (const { socket } of [...slow, newcomer]) socket.destroy();
  stop();
});
