/** Which certificate a client gets, by the name that it asks for and by what it can. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { Certificates } from '#connection/certificates.ts';
import { transport } from '#transport/runtime.ts';
import { freePorts, run, runOk, temporaryDirectory } from '../support/processes.ts';

const directory = await temporaryDirectory('certificates');
after(() => directory.remove());

const KINDS = { rsa: ['rsa:2048'], ecdsa: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] } as const;

async function certificate(kind: keyof typeof KINDS, name: string): Promise<{ certFile: string; keyFile: string }> {
  const base = join(directory.path, `${name}-${kind}`);
  const [certFile, keyFile] = [`${base}.pem`, `${base}.key`];
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const files = ['-keyout', keyFile, '-out', certFile];
  await runOk('openssl', ['req', '-x509', '-nodes', '-days', '1', '-newkey', ...KINDS[kind], ...names, ...files]);
  return { certFile, keyFile };
}

const certificates = new Certificates({
  certificates: await Promise.all([
    certificate('rsa', 'mail.test'),
    certificate('ecdsa', 'mail.test'),
    certificate('ecdsa', 'other.test'),
  ]),
  minVersion: 'TLSv1.2',
});
const [port = 0] = await freePorts(1);
const listening = await transport.listen({
  address: '127.0.0.1',
  port,
  backlog: 10,
  tlsAtOnce: true,
  onConnection: (connection) => {
    void connection.acceptTls({ contextFor: certificates.contextFor, alpn: 'imap' }, Buffer.alloc(0));
  },
  onError: assert.fail,
});
after(() => listening.close());

/** What openssl says of the certificate that it got with these wishes; '' when there was no handshake. */
async function served(name: string, ...wishes: readonly string[]): Promise<string> {
  const address = ['-connect', `127.0.0.1:${port}`, '-servername', name];
  const { stdout } = await run('sh', ['-c', 'openssl s_client "$@" </dev/null', 'sh', ...address, ...wishes]);
  const subject = /subject=CN = (\S+)/.exec(stdout)?.[1] ?? '';
  const bits = /Server public key is (\d+) bit/.exec(stdout)?.[1] ?? '';
  return subject === '' ? '' : `${subject} ${bits}`;
}

test('of two certificates for one name a client gets the one that it can use', async () => {
  const rows = [
    [['-sigalgs', 'ECDSA+SHA256'], 'mail.test 256'],
    [['-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256'], 'mail.test 2048'],
    [['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'], 'mail.test 2048'],
    [['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'], 'mail.test 256'],
  ] as const;
  for (const [wishes, expected] of rows) assert.equal(await served('mail.test', ...wishes), expected, wishes.join(' '));
});

test('another name has its own certificate alone', async () => {
  assert.equal(await served('other.test'), 'other.test 256');
  assert.equal(await served('other.test', '-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'), '');
});
