/** Signed profiles, judged by the real openssl. */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { makeProfileSigner } from '#adapters/cms-profile-signer.ts';
import { createAuthority } from '../support/certificates.ts';
import { run, runOk, temporaryDirectory } from '../support/processes.ts';

const directory = await temporaryDirectory('profiles');
after(() => directory.remove());
const file = (name: string): string => join(directory.path, name);
const authority = await createAuthority(directory.path, 'ours');
const other = await authority.issue(['other.example']);
const mail = await authority.issue(['mail.example', 'www.example']);
const PROFILE = Buffer.from('<?xml version="1.0"?><plist>für iPhone</plist>\n');

async function signedBy(files: Parameters<typeof makeProfileSigner>[0], host = 'mail.example'): Promise<Buffer> {
  const sign = makeProfileSigner(files, host);
  assert.ok(sign);
  return sign(PROFILE, Date.now());
}

/** `-purpose any`: the certificate is that of a server, which is what phones show. */
async function verify(signed: Buffer, caFile: string) {
  await writeFile(file('signed'), signed);
  const words = ['smime', '-verify', '-inform', 'DER', '-in', file('signed'), '-CAfile', caFile, '-purpose', 'any'];
  return run('openssl', [...words, '-signer', file('signer.pem'), '-out', file('content')]);
}

test("a profile is signed by the certificate of the portal's host, and openssl finds it whole", async () => {
  const signed = await signedBy([other, mail]);
  const { code, stderr } = await verify(signed, authority.caFile);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await readFile(file('content')), PROFILE);
  const subject = await runOk('openssl', ['x509', '-in', file('signer.pem'), '-noout', '-subject']);
  assert.match(subject, /mail\.example/);
});

test('one changed byte, or another authority, and openssl refuses it', async () => {
  const signed = await signedBy([mail]);
  const at = signed.indexOf('iPhone');
  assert.ok(at > 0);
  const changed = Buffer.from(signed);
  changed.write('jPhone', at);
  assert.notEqual((await verify(changed, authority.caFile)).code, 0);
  const stranger = await createAuthority(directory.path, 'theirs');
  assert.notEqual((await verify(signed, stranger.caFile)).code, 0);
});

test('an RSA key signs as well; where no certificate names the host the first one signs', async () => {
  const [certFile, keyFile] = [file('rsa.pem'), file('rsa.key')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=rsa.example'];
  await runOk('openssl', [...words, '-keyout', keyFile, '-out', certFile]);
  const { code, stderr } = await verify(await signedBy([{ certFile, keyFile }]), certFile);
  assert.equal(code, 0, stderr);
});

test('the whole chain goes along, for phones that know only its root', async () => {
  const chained = { certFile: file('chain.pem'), keyFile: mail.keyFile };
  await writeFile(
    chained.certFile,
    (await readFile(mail.certFile, 'utf8')) + (await readFile(authority.caFile, 'utf8')),
  );
  await writeFile(file('signed'), await signedBy([chained]));
  const words = ['pkcs7', '-inform', 'DER', '-in', file('signed'), '-print_certs', '-noout'];
  const names = await runOk('openssl', words);
  assert.match(
    names,
    /CN ?= ?mail\.example[\s\S]*CN ?= ?authority-ours|CN ?= ?authority-ours[\s\S]*CN ?= ?mail\.example/,
  );
});

test('without certificates there is no signer', () => {
  assert.equal(makeProfileSigner([], 'mail.example'), undefined);
});
