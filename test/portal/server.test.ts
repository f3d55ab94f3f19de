/** The portal's listeners: TLS and plain, sharing a port, and stopping in good order. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'node:test';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { makeCertificates } from '#demo/certificates.ts';
import { makePortalServer, type Portal } from '#portal/server.ts';
import { testParts } from '../support/portal.ts';
import { freePorts } from '../support/processes.ts';

const PEM = makeCertificates(['localhost'], new Date());
const CONTEXT = createSecureContext({ cert: PEM.certificate, key: PEM.key });

async function start(port: number, tls: 'implicit' | 'none'): Promise<Portal> {
  const listen = [{ address: '127.0.0.1', port, tls }];
  const url = `${tls === 'none' ? 'http' : 'https'}://localhost:${port}`;
  const { parts } = testParts({ settings: { url, listen } });
  const portal = await makePortalServer(
    parts,
    (socket) => new TLSSocket(socket, { isServer: true, secureContext: CONTEXT }),
  );
  await portal.open();
  return portal;
}

/** Sends requests on one connection and returns all that came back before it was closed. */
function exchange(port: number, tls: 'implicit' | 'none', request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket =
      tls === 'none'
        ? connect(port, '127.0.0.1')
        : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: PEM.authority });
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
    socket.write(request);
  });
}

for (const tls of ['implicit', 'none'] as const) {
  test(`pages come over a listener with TLS ${tls}, several on one connection`, async () => {
    const [port = 0] = await freePorts(1);
    const portal = await start(port, tls);
    const request = (rest: string): string => `GET /sign-in HTTP/1.1\r\nHost: localhost:${port}\r\n${rest}\r\n`;
    const heard = await exchange(port, tls, request('') + request('Connection: close\r\n'));
    assert.equal(heard.split('HTTP/1.1 200 OK').length, 3);
    assert.equal(/strict-transport-security/.test(heard), tls === 'implicit');
    await portal.stop();
  });
}

test('workers share a port', async () => {
  const [port = 0] = await freePorts(1);
  const first = await start(port, 'none');
  const second = await start(port, 'none');
  const request = `GET /sign-in HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;
  for (let count = 0; count < 6; count++) assert.match(await exchange(port, 'none', request), /^HTTP\/1\.1 200/);
  await first.stop();
  for (let count = 0; count < 6; count++) assert.match(await exchange(port, 'none', request), /^HTTP\/1\.1 200/);
  await second.stop();
});

test('what is no HTTP, and what is no TLS, costs only its own connection', async () => {
  const [port = 0] = await freePorts(1);
  const portal = await start(port, 'implicit');
  await exchange(port, 'none', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n').catch(() => '');
  await exchange(port, 'implicit', 'EHLO client\r\n\r\n').catch(() => '');
  const request = `GET /sign-in HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;
  assert.match(await exchange(port, 'implicit', request), /^HTTP\/1\.1 200/);
  await portal.stop();
});

test('stopping closes connections that wait for another request', async () => {
  const [port = 0] = await freePorts(1);
  const portal = await start(port, 'none');
  const idle = connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => idle.on('close', resolve));
  await new Promise((resolve) => {
    idle.on('data', resolve);
    idle.write(`GET /sign-in HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  });
  await portal.stop();
  await closed;
});

test('an address that cannot be decoded and a second host get our headers and our words, the host first', async () => {
  const [port = 0] = await freePorts(1);
  const portal = await start(port, 'none');
  const get = (path: string, ...hosts: readonly string[]): Promise<string> =>
    exchange(
      port,
      'none',
      `GET ${path} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`,
    );
  const own = `localhost:${port}`;
  try {
    const rows = [
      [await get('/set-up/%zz%22%3E%3Cscript%3E', own), 404],
      [await get('/set-up/%zz%22%3E%3Cscript%3E', 'evil.example'), 421],
      [await get('/sign-in', own, own), 400],
      [await get('/sign-in', own, 'evil.example'), 400],
      [await get('/sign-in', 'evil.example'), 421],
    ] as const;
    for (const [heard, status] of rows) {
      assert.match(heard, new RegExp(`^HTTP/1\\.1 ${status} `), heard);
      assert.match(heard, /\r\ncontent-security-policy: default-src 'none'/i, heard);
      assert.match(heard, /\r\nx-frame-options: DENY/i);
      assert.doesNotMatch(heard, /<script>/);
      assert.match(heard, /<h1>/);
    }
  } finally {
    await portal.stop();
  }
});
