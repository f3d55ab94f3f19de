import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { relay, type Relay } from '../../src/gateway/relay.ts';

const FOREVER_MS = 60_000;

/** A client and a backend, joined by a relay between two accepted sockets. */
async function joined(idleMs = FOREVER_MS): Promise<{ client: Socket; backend: Socket; between: Relay }> {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => accepted.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const ends = [0, 1].map(() => connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true }));
  await Promise.all(ends.map((end) => once(end, 'connect')));
  while (accepted.length < 2) await new Promise((resolve) => setImmediate(resolve));
  server.close();
  const [client, backend] = ends;
  const [fromClient, toBackend] = pairUp(accepted, client);
  assert.ok(client && backend && fromClient && toBackend);
  return { client, backend, between: relay(fromClient, toBackend, idleMs) };
}

function pairUp(accepted: readonly Socket[], client: Socket | undefined): readonly Socket[] {
  return accepted.toSorted((a) => (a.remotePort === client?.localPort ? -1 : 1));
}

async function allOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

test('bytes pass both ways unchanged and are counted', async () => {
  const { client, backend, between } = await joined();
  const [sent, answered] = [Buffer.alloc(300_000, 'abc\r\n.\0\xff', 'latin1'), Buffer.from('* BYE\r\n')];
  const [atBackend, atClient] = [allOf(backend), allOf(client)];
  client.end(sent);
  assert.deepEqual(await atBackend, sent);
  backend.end(answered);
  assert.deepEqual(await atClient, answered);
  const { bytesFromClient, bytesFromBackend, ended } = await between.finished;
  assert.deepEqual([bytesFromClient, bytesFromBackend, ended], [sent.length, answered.length, 'client']);
});

test('a client that has said its last still gets its answer', async () => {
  const { client, backend } = await joined();
  const atBackend = allOf(backend);
  const atClient = allOf(client);
  client.end('last words');
  assert.equal((await atBackend).toString(), 'last words');
  backend.write('first half, ');
  backend.end('second half');
  assert.equal((await atClient).toString(), 'first half, second half');
});

test('a client that stops reading stops the backend too, so what we hold is bounded', async () => {
  const { client, backend, between } = await joined();
  client.pause();
  const chunk = Buffer.alloc(1 << 20);
  let written = 0;
  while (backend.write(chunk) && written < 1 << 28) written += chunk.length;
  // Kernel buffers take some; then the writes stay queued at the backend's end and none reaches us any more.
  let taken = -1;
  while (taken !== backend.bytesWritten - backend.writableLength) {
    taken = backend.bytesWritten - backend.writableLength;
    backend.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(backend.writableLength > 0);
  client.destroy();
  backend.on('error', () => {});
  backend.destroy();
  await between.finished;
});

test('an idle session ends; one that moves does not', async () => {
  const { client, backend, between } = await joined(40);
  const atClient = allOf(client);
  backend.resume();
  for (let round = 0; round < 5; round += 1) {
    client.write('still here');
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  const { ended, bytesFromClient } = await between.finished;
  assert.equal(ended, 'idle');
  assert.equal(bytesFromClient, 50);
  await atClient.catch(() => {});
});

test('when one side breaks, the other is closed', async () => {
  const { client, backend, between } = await joined();
  client.on('error', () => {});
  backend.resume();
  const closed = once(backend, 'close');
  client.resetAndDestroy();
  await between.finished;
  backend.end();
  await closed;
});

test('a cut-off closes both sides at once', async () => {
  const { client, backend, between } = await joined();
  for (const socket of [client, backend]) socket.on('error', () => {}).resume();
  const closed = Promise.all([once(client, 'end'), once(backend, 'end')]);
  between.stop('cut-off');
  assert.equal((await between.finished).ended, 'cut-off');
  await closed;
});
