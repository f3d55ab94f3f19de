/** The demo's own certificates, judged by Node's TLS and by openssl in its strict mode. */

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import test from 'node:test';
import { ensureCertificates, makeCertificates } from '#demo/certificates.ts';
import { runOk, temporaryDirectory } from '../support/processes.ts';

const DAY_MS = 86_400_000;

test('clients that trust the authority accept the certificate under every loopback name', async () => {
  const { authority, certificate, key } = makeCertificates(['localhost', '127.0.0.1', '::1'], new Date());
  const server = createServer({ cert: certificate, key }, (socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const socket = connect({ port: address.port, host: '127.0.0.1', ca: authority, servername: 'localhost' });
  const [greeting] = await once(socket, 'data');
  assert.equal(String(greeting), 'hello');
  assert.equal(socket.authorized, true);
  socket.destroy();
  server.close();
  const leaf = new X509Certificate(certificate);
  assert.deepEqual(
    ['localhost', 'mail.example.org'].map((name) => leaf.checkHost(name)),
    ['localhost', undefined],
  );
  assert.deepEqual(
    ['127.0.0.1', '::1', '127.0.0.2'].map((ip) => leaf.checkIP(ip)),
    ['127.0.0.1', '::1', undefined],
  );
});

test('openssl finds nothing to object to, even when it is strict', async () => {
  const { path, remove } = await temporaryDirectory('certificates');
  const files = ensureCertificates(path, new Date());
  const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'localhost'];
  assert.match(await runOk('openssl', [...strict, '-CAfile', files.authority, files.certificate]), /: OK$/m);
  await remove();
});

test('certificates are kept until they are about to expire, do not fit together, or are not certificates', async () => {
  const { path, remove } = await temporaryDirectory('certificates');
  const now = new Date();
  const files = ensureCertificates(path, now);
  assert.equal(statSync(files.key).mode & 0o777, 0o600);
  const serial = (): string => new X509Certificate(readFileSync(files.certificate)).serialNumber;
  const first = serial();
  ensureCertificates(path, new Date(now.getTime() + 340 * DAY_MS));
  assert.equal(serial(), first);

  ensureCertificates(path, new Date(now.getTime() + 355 * DAY_MS));
  const second = serial();
  assert.notEqual(second, first);

  writeFileSync(files.key, makeCertificates(['localhost'], now).key);
  ensureCertificates(path, now);
  const third = serial();
  assert.notEqual(third, second);

  writeFileSync(join(path, 'dev-ca.pem'), 'not a certificate');
  ensureCertificates(path, now);
  assert.notEqual(serial(), third);
  await remove();
});
