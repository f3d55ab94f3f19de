/** The examples in deploy/ are read by the programs that they are for. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { startDovecot } from '../support/dovecot.ts';
import { exampleSettings, startPostfix } from '../support/postfix.ts';
import { runOk, temporaryDirectory } from '../support/processes.ts';
import { Wire } from '../support/wire.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');

test('Dovecot reads the example, and takes the gateways for trusted', async () => {
  const { path, remove } = await temporaryDirectory('dovecot-example');
  const file = join(path, 'dovecot.conf');
  writeFileSync(file, `protocols = imap\n${readFileSync(join(DEPLOY, 'dovecot/postern.conf'), 'utf8')}`);
  const settings = await runOk('doveconf', ['-n', '-c', file]);
  assert.match(settings, /^login_trusted_networks = 10\.0\.0\.10 10\.0\.0\.11$/m);
  assert.match(settings, /^ {2}override_fields = allow_real_nets=10\.0\.0\.10,10\.0\.0\.11$/m);
  await remove();
});

test('Postfix serves submission as in the example: a login by XCLIENT, and the own address only', async () => {
  const directory = await temporaryDirectory('postfix-example');
  const authority = await createAuthority(directory.path, 'authority');
  const certificate = await authority.issue(LOOPBACK_NAMES);
  const dovecot = await startDovecot({ users: [{ name: 'ann@example.org', password: 'x' }], certificate });
  const postfix = await startPostfix({
    certificate,
    mailboxes: ['ann@example.org', 'ben@example.org'],
    mailDirectory: directory.path,
    settings: exampleSettings('postfix/master.cf', dovecot.ports.auth),
  });
  const wire = await Wire.open(postfix.ports.submission);
  await wire.until(/^220 .*\r\n/);
  await wire.say('EHLO gateway.example.org', /^250 .*\r\n/m);
  await wire.say('STARTTLS', /^220 .*\r\n/);
  await wire.startTls(authority.caFile);
  await wire.say('EHLO gateway.example.org', /^250 .*\r\n/m);
  await wire.say('MAIL FROM:<ann@example.org>', /^250 .*\r\n/);
  await wire.say('RCPT TO:<ben@example.org>', /^55[34] 5\.7\.1 .*\r\n/);
  await wire.say('RSET', /^250 .*\r\n/);
  await wire.say('XCLIENT ADDR=192.0.2.7 LOGIN=ann@example.org', /^220 .*\r\n/);
  await wire.say('EHLO client.example.org', /^250 .*\r\n/m);
  await wire.say('MAIL FROM:<ben@example.org>', /^250 .*\r\n/);
  await wire.say('RCPT TO:<ben@example.org>', /^553 5\.7\.1 .*not owned by user ann@example\.org\r\n/);
  await wire.say('RSET', /^250 .*\r\n/);
  await wire.say('MAIL FROM:<ann@example.org>', /^250 .*\r\n/);
  await wire.say('RCPT TO:<ben@example.org>', /^250 .*\r\n/);
  wire.close();
  await Promise.all([postfix.stop(), dovecot.stop()]);
  await directory.remove();
});

for (const file of ['one-server/master.cf', 'nginx/master.cf']) {
  test(`Postfix forgets no login at STARTTLS where it is set up by ${file}`, async () => {
    const directory = await temporaryDirectory('postfix-example');
    const authority = await createAuthority(directory.path, 'authority');
    const postfix = await startPostfix({
      certificate: await authority.issue(LOOPBACK_NAMES),
      mailboxes: ['ann@example.org'],
      mailDirectory: directory.path,
      // No login here: its SASL has nobody to ask.
      settings: new Map([...exampleSettings(file, 0), ['smtpd_sasl_auth_enable', 'no']]),
    });
    const wire = await Wire.open(postfix.ports.submission);
    await wire.until(/^220 .*\r\n/);
    const offered = await wire.say('EHLO gateway.example.org', /^250 .*\r\n/m);
    assert.doesNotMatch(offered, /STARTTLS/);
    await wire.say('STARTTLS', /^502 5\.5\.1 .*\r\n/);
    wire.close();
    await postfix.stop();
    await directory.remove();
  });
}

test('systemd reads the unit', async () => {
  const { path, remove } = await temporaryDirectory('systemd-example');
  const unit = readFileSync(join(DEPLOY, 'systemd/postern.service'), 'utf8');
  const file = join(path, 'postern.service');
  writeFileSync(file, unit.replaceAll('/usr/local/bin/postern', '/bin/true'));
  assert.equal(await runOk('systemd-analyze', ['verify', '--man=no', file]), '');
  await remove();
});

test('every listener of the load balancer sends the PROXY header to both gateways', () => {
  const [, ...listeners] = readFileSync(join(DEPLOY, 'haproxy/haproxy.cfg'), 'utf8').split(/^listen /m);
  assert.deepEqual(
    listeners.map((text) => text.split('\n')[0]),
    ['imaps', 'imap', 'pop3s', 'submissions', 'submission', 'sieve'],
  );
  for (const text of listeners) {
    const port = /bind :::(\d+)/.exec(text)?.[1];
    const servers = text.match(/^ +server .*$/gm) ?? [];
    assert.equal(servers.length, 2);
    for (const server of servers) assert.match(server, new RegExp(`:${port} send-proxy-v2 check check-send-proxy$`));
  }
});
