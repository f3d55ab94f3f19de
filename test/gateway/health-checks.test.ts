/** Balancers and probes connect all day: what they do is counted, and is no line that an operator reads. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Secret } from '#core/secret.ts';
import type { LogEntry } from '#ops/log.ts';
import { startInProcess } from '../support/in-process-gateway.ts';
import { eventually } from '../support/processes.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';

const MASTER = { kind: 'master-user', user: 'postern', password: new Secret('m'), separator: '*' } as const;
const CHECKS = 100;
const AT_ONCE = 50;
const LOCAL = Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.from([0x20, 0x00, 0x00, 0x00])]);

const BALANCED = { proxyProtocolFrom: ['127.0.0.0/8'] };
const LISTENERS = [
  { name: 'clear', tls: 'none' },
  { name: 'starttls', tls: 'starttls' },
  { name: 'tls', tls: 'implicit' },
  { name: 'balanced', tls: 'starttls', ...BALANCED },
  { name: 'balancedTls', tls: 'implicit', ...BALANCED },
] as const;
type ListenerName = (typeof LISTENERS)[number]['name'];

type Act = (socket: Socket) => void | Promise<void>;
const end: Act = (socket) => void socket.end();
const reset: Act = (socket) => void socket.resetAndDestroy();

const afterLocal =
  (act: Act): Act =>
  (socket) => {
    socket.write(LOCAL);
    return act(socket);
  };

const handshake: Act = async (socket) => {
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(
    secure.on('error', () => {}),
    'secureConnect',
  );
  secure.resume().end();
};

// A server that has nothing to say closes.
async function heard(socket: Socket): Promise<void> {
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
}

const hello = await helloOfTls();
/** Leaves once the server has answered the hello. */
const afterHello =
  (leave: Act): Act =>
  async (socket) => {
    socket.write(hello);
    await heard(socket);
    return leave(socket);
  };

const says =
  (text: string): Act =>
  async (socket) => {
    socket.write(text);
    await heard(socket);
    socket.end();
  };

async function helloOfTls(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const client = connectTls({ port: address.port, host: '127.0.0.1' }).on('error', () => {});
  const [socket] = await once(server, 'connection');
  const [bytes] = await once(socket, 'data');
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

async function check(port: number, act: Act): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  const closed = once(
    socket.on('error', () => {}),
    'close',
  );
  await act(socket);
  socket.resume();
  await closed;
}

async function many(port: number, act: Act): Promise<void> {
  for (let made = 0; made < CHECKS; made += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => check(port, act)));
  }
}

/** Has checks made, CHECKS of each kind, and returns what was logged of them and how many were counted. */
async function afterChecks(
  checks: readonly (readonly [ListenerName, Act])[],
): Promise<{ readonly entries: readonly LogEntry[]; readonly counted: number }> {
  let counted = 0;
  const count = (): void => void (counted += 1);
  const metrics = { connectionAccepted: count, connectionRejected: count, tlsFailed: count };
  const backend = await startScriptedImap();
  const imap = { port: backend.port, tls: 'none', impersonation: MASTER, clientAddress: 'none' } as const;
  const gateway = await startInProcess({ listeners: LISTENERS, backend: { services: { imap } }, metrics });
  try {
    for (const [name, act] of checks) {
      const port = gateway.ports[LISTENERS.findIndex((listener) => listener.name === name)] ?? 0;
      await many(port, act);
    }
    await eventually('all of them have left', () => gateway.gateway.state.connections === 0);
    return {
      entries: gateway.log.entries.filter(({ event }) => event !== 'listener.opened' && event !== 'backend.up'),
      counted,
    };
  } finally {
    await gateway.stop();
    await backend.stop();
  }
}
const KINDS: Readonly<Record<string, readonly [ListenerName, Act]>> = {
  TCP: ['clear', end],
  'TCP, reset, before STARTTLS': ['starttls', reset],
  'TCP before TLS': ['tls', end],
  'TCP, reset, before TLS': ['tls', reset],
  'a whole handshake': ['tls', handshake],
  'a hello': ['tls', afterHello(end)],
  'a hello and a reset': ['tls', afterHello(reset)],
  'TCP where a PROXY header belongs': ['balanced', end],
  'PROXY LOCAL': ['balanced', afterLocal(end)],
  'PROXY LOCAL and a reset': ['balancedTls', afterLocal(reset)],
  'PROXY LOCAL and a hello': ['balancedTls', afterLocal(afterHello(end))],
  'PROXY LOCAL and a greeting that is answered': ['balanced', afterLocal(says('a LOGOUT\r\n'))],
};

for (const [name, kind] of Object.entries(KINDS)) {
  test(`checks by ${name} write no line at info, and are counted`, { timeout: 60_000 }, async () => {
    const { entries, counted } = await afterChecks([kind]);
    assert.deepEqual(
      entries.filter(({ level }) => level !== 'debug'),
      [],
    );
    // A connection that is reset in the queue may never be accepted.
    if (!name.includes('reset')) assert.equal(counted, CHECKS);
    if (!name.includes('reset')) assert.ok(entries.length >= CHECKS);
  });
}

test('a client that says something is told of, and so is a handshake that fails for another reason', async () => {
  const { entries } = await afterChecks([
    ['clear', says('a NOOP\r\n')],
    ['tls', says('GET / HTTP/1.0\r\n\r\n')],
  ]);
  const told = entries.filter(({ level }) => level === 'info').map(({ event }) => event);
  for (const event of ['session.opened', 'tls.failed']) {
    assert.equal(told.filter((found) => found === event).length, CHECKS, event);
  }
});
