/** `npm run build`: one file that is the whole gateway, with its workers. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { ANNA, startDemoMailServer } from '../support/demo-mail-server.ts';
import { imapClient } from '../support/mail-clients.ts';
import { freePorts, runOk, start, temporaryDirectory } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const directory = await temporaryDirectory('executable');
const mailServer = await startDemoMailServer();
after(async () => {
  await mailServer.stop();
  await directory.remove();
});

test('the executable checks its configuration, serves, and ends when it is told to', async () => {
  const postern = join(directory.path, 'postern');
  await runOk('node', [join(ROOT, 'scripts/build.mjs'), postern]);
  const authority = await createAuthority(directory.path, 'authority');
  const { certFile, keyFile } = await authority.issue(LOOPBACK_NAMES);
  const [port = 0] = await freePorts(1);
  const configuration = join(directory.path, 'postern.yaml');
  writeFileSync(
    configuration,
    `
hostname: localhost
workers: 2
listeners: [{ protocol: imap, address: 127.0.0.1, port: ${port} }]
tls: { certificates: [{ cert_file: ${certFile}, key_file: ${keyFile} }] }
backends:
  main:
    hosts: [127.0.0.1]
    impersonation: { kind: master-user, user: gateway, password: unused }
    imap: { port: ${mailServer.imap}, tls: none }
defaultBackend: main
store: { kind: embedded, path: postern.db }
keys_file: keys
`,
  );
  await runOk(postern, ['key', 'new', '-c', configuration]);
  assert.match(await runOk(postern, ['check-config', '-c', configuration]), /^config ok: /m);

  const serving = start(postern, ['serve', '-c', configuration]);
  await serving.line(/"event":"gateway\.started"/);
  const place = { port, tls: 'implicit', caFile: authority.caFile } as const;
  const client = await imapClient(place, { name: ANNA.user, password: ANNA.pass });
  await client.connect();
  await client.logout();
  assert.equal(await serving.stop(), 0);
});
