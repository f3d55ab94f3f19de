/** The files for one machine, which docs/operations.md installs step by step, fit each other. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readConfiguration } from '#config/load.ts';
import { createAuthority } from '../support/certificates.ts';
import { runOk, temporaryDirectory } from '../support/processes.ts';

const FOLDER = join(import.meta.dirname, '../../deploy/one-server');

function example(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

test('the configuration is one that can be used, and goes to where Dovecot and Postfix listen', async () => {
  const { path, remove } = await temporaryDirectory('one-server');
  const { certFile, keyFile } = await (await createAuthority(path, 'authority')).issue(['mail.example.org']);
  writeFileSync(join(path, 'master.password'), 'for-tests-only\n', { mode: 0o600 });
  const file = join(path, 'postern.yaml');
  writeFileSync(
    file,
    example('postern.yaml')
      .replace(/cert_file: [^,}]+/, `cert_file: ${certFile}`)
      .replace(/key_file: [^,}]+ }/, `key_file: ${keyFile} }`)
      .replace('/etc/postern/master.password', 'master.password'),
  );
  const read = readConfiguration({ file, environment: {}, now: Date.now() });
  await remove();
  assert.ok(read.kind === 'usable', read.kind === 'faulty' ? read.faults.join('\n') : '');
  const services = read.settings.gateway.backends[0]?.services ?? {};
  const listening = `${example('98-postern.conf')}${example('master.cf')}`;
  for (const [protocol, { port }] of Object.entries(services)) {
    assert.match(listening, new RegExp(`(port = |^127\\.0\\.0\\.1:)${port}\\b`, 'm'), protocol);
  }
});

test('Dovecot reads its file, and listens on loopback only', async () => {
  const { path, remove } = await temporaryDirectory('one-server-dovecot');
  const file = join(path, 'dovecot.conf');
  writeFileSync(file, `protocols = imap pop3 sieve\n${example('98-postern.conf')}${example('99-postern-ports.conf')}`);
  const settings = await runOk('doveconf', ['-n', '-c', file]);
  await remove();
  for (const port of [10143, 10110, 14190]) {
    assert.match(settings, new RegExp(`address = 127\\.0\\.0\\.1\\n +port = ${port}\\n`));
  }
  assert.equal(settings.match(/port = 0$/gm)?.length, 5);
  assert.match(settings, /override_fields = allow_real_nets=127\.0\.0\.1$/m);
});
