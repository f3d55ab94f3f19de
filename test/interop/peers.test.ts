/**
 * The mail servers of these tests, without the gateway: every mail program works with them. A failure here is no
 * fault of the gateway's.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { startDovecot } from '../support/dovecot.ts';
import { MAIL_CLIENTS, type Place } from '../support/mail-clients.ts';
import { postfixPorts, startPostfix } from '../support/postfix.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { Wire } from '../support/wire.ts';

const ALICE = { name: 'alice@example.test', password: 'a "quoted" pass\\word' };
const MASTER = { name: 'gateway', password: 'master-of-all' };

const directory = await temporaryDirectory('peers');
const authority = await createAuthority(directory.path, 'peers');
const certificate = await authority.issue(LOOPBACK_NAMES);
const ports = await postfixPorts();
const dovecot = await startDovecot({ certificate, users: [ALICE], master: MASTER, relayPort: ports.relay });
const postfix = await startPostfix({
  certificate,
  mailboxes: [ALICE.name],
  mailDirectory: dovecot.mailDirectory,
  saslPort: dovecot.ports.auth,
  ports,
});
after(async () => {
  await Promise.all([dovecot.stop(), postfix.stop()]);
  await directory.remove();
});

for (const { name, protocol, login } of MAIL_CLIENTS) {
  test(`${name} logs in at Dovecot's ${protocol} over implicit TLS and STARTTLS`, { timeout: 120_000 }, async () => {
    const places = [
      { port: dovecot.ports[`${protocol}Tls`], tls: 'implicit', caFile: authority.caFile },
      { port: dovecot.ports[protocol], tls: 'starttls', caFile: authority.caFile },
    ] satisfies Place[];
    for (const place of places) {
      const outcome = await login(place, ALICE);
      assert.ok(outcome.accepted, outcome.said);
    }
  });
}

for (const { name, login } of MAIL_CLIENTS.filter(({ protocol }) => protocol === 'submission')) {
  test(`${name} logs in at Postfix over implicit TLS and STARTTLS`, { timeout: 120_000 }, async () => {
    const implicit = await login({ port: ports.submissionTls, tls: 'implicit', caFile: authority.caFile }, ALICE);
    assert.ok(implicit.accepted, implicit.said);
    const starttls = await login({ port: ports.submission, tls: 'starttls', caFile: authority.caFile }, ALICE);
    assert.ok(starttls.accepted, starttls.said);
  });
}

test('Dovecot believes the address in IMAP ID and lets the master in as a user', async () => {
  const wire = await Wire.open(dovecot.ports.imapTls, { caFile: authority.caFile });
  await wire.until(/^\* OK .*\r\n/m);
  await wire.say('1 ID ("x-originating-ip" "203.0.113.9" "x-originating-port" "4711")', /^1 OK .*\r\n/m);
  const master = `${ALICE.name}*${MASTER.name}`;
  await wire.say(`2 LOGIN "${master}" "${MASTER.password}"`, /^2 OK .*\r\n/m);
  await dovecot.logLine(/imap-login: Info: Login: user=<alice@example.test>, auth=<gateway>.* rip=203\.0\.113\.9,/);
  wire.close();
});

test('Dovecot takes the address from a PROXY header, and the master as SASL authcid', async () => {
  const before = 'PROXY TCP4 203.0.113.10 127.0.0.1 4712 143\r\n';
  const wire = await Wire.open(dovecot.ports.imapProxy, { before });
  await wire.until(/^\* OK .*\r\n/m);
  const plain = Buffer.from(`${ALICE.name}\0${MASTER.name}\0${MASTER.password}`).toString('base64');
  await wire.say(`1 AUTHENTICATE PLAIN ${plain}`, /^1 OK .*\r\n/m);
  await dovecot.logLine(/imap-login: Info: Login: user=<alice@example.test>, auth=<gateway>.* rip=203\.0\.113\.10,/);
  wire.close();
});

test('Postfix takes user and address from XCLIENT and delivers into the mailbox that Dovecot serves', async () => {
  const wire = await Wire.open(ports.submissionTls, { caFile: authority.caFile });
  await wire.until(/^220 .*\r\n/m);
  await wire.say('EHLO client.test', /^250 .*\r\n/m);
  await wire.say(`XCLIENT ADDR=203.0.113.11 LOGIN=${ALICE.name}`, /^220 .*\r\n/m);
  await wire.say('EHLO client.test', /^250 .*\r\n/m);
  await wire.say(`MAIL FROM:<${ALICE.name}>`, /^250 .*\r\n/m);
  await wire.say(`RCPT TO:<${ALICE.name}>`, /^250 .*\r\n/m);
  await wire.say('DATA', /^354 .*\r\n/m);
  const queued = await wire.say('Subject: by XCLIENT\r\n\r\nhello\r\n.', /queued as (\w+)\r\n/);
  const id = /queued as (\w+)/.exec(queued)?.[1] ?? '';
  await postfix.logLine(new RegExp(`${id}: client=.*\\[203\\.0\\.113\\.11\\], .*sasl_username=alice@example.test`));
  await postfix.logLine(new RegExp(`${id}: to=<alice@example.test>.* status=sent`));
  wire.close();
});
