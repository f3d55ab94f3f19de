/** The installation of docker-compose.yml: its files fit together, and what they describe works. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { generateSync } from 'otplib';
import { composeFile, startCompose } from '../support/compose.ts';
import { imapClient, mailTransport } from '../support/mail-clients.ts';

const compose = await startCompose();
after(() => compose.stop());

test('every file and folder that the services name is there', () => {
  const root = join(import.meta.dirname, '../..');
  for (const [name, { build, volumes = [] }] of Object.entries(composeFile().services)) {
    const paths = volumes.flatMap((volume) => volume.split(':')[0] ?? []).filter((path) => path.startsWith('./'));
    for (const path of build === undefined ? paths : [...paths, join(build, 'Dockerfile')]) {
      assert.ok(existsSync(join(root, path)), `${name}: ${path}`);
    }
  }
});

test('an ordinary password is forwarded to Dovecot, a mail is submitted and read', async () => {
  const { alice } = compose;
  const transport = await mailTransport(compose.place('submission', 'starttls'), alice);
  await transport.sendMail({ from: alice.name, to: alice.name, subject: 'Through all of it', text: 'Hello.' });
  const client = await imapClient(compose.place('imap', 'implicit'), alice);
  await client.connect();
  await client.mailboxOpen('INBOX');
  const arrived = client.mailbox !== false && client.mailbox.exists > 0;
  if (!arrived) await new Promise((resolve) => client.once('exists', resolve));
  const message = await client.fetchOne('*', { envelope: true });
  assert.ok(message, compose.logs());
  assert.equal(message.envelope?.subject, 'Through all of it');
  const uses = (await client.list()).map((folder) => folder.specialUse);
  assert.deepEqual(new Set(uses), new Set(['\\Inbox', '\\Drafts', '\\Sent', '\\Trash', '\\Junk']));
  await client.logout();
});

test('an app password opens the mailbox by the master user, and the ordinary one no longer does', async () => {
  const { alice } = compose;
  await compose.postern('domain', 'set', 'example.org', 'enabled');
  const begun = Object(await compose.postern('account', 'enrol', alice.name));
  const code = generateSync({ secret: begun.key });
  const enrolled = Object(await compose.postern('account', 'enrol', alice.name, '--code', code));
  const client = await imapClient(compose.place('imap', 'starttls'), { ...alice, password: enrolled.appPassword });
  await client.connect();
  await client.logout();
  const refused = await imapClient(compose.place('imap', 'implicit'), alice);
  await assert.rejects(refused.connect(), { authenticationFailed: true });
});
