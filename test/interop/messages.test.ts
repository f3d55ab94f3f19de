/** Mail goes through the gateway byte for byte: by submission, by APPEND, and back by IMAP and POP3. */

import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import test, { after } from 'node:test';
import { imapClient, mailTransport } from '../support/mail-clients.ts';
import { BOB, startWorld } from '../support/mail-world.ts';
import type { Mailbox } from '../support/dovecot.ts';
import { eventually } from '../support/processes.ts';
import { Wire } from '../support/wire.ts';

const world = await startWorld();
after(() => world.stop());
const { gateway, anna } = world;

const BIG_BYTES = 25 * 1024 * 1024;
const ALL_8_BIT = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte >= 0x80));

/** Bodies that a careless relay would change. Lines end with CRLF, as RFC 5321 §2.3.8 demands. */
const BODIES: Readonly<Record<string, Buffer>> = {
  'lines with lone dots': Buffer.from('.\r\n..\r\n...\r\n.leading\r\n. \r\n\r\n.\r\ntrailing.\r\n'),
  'every 8-bit byte': Buffer.concat([ALL_8_BIT, Buffer.from('\r\nGr\u00fc\u00dfe \u{1f4ee}\r\n')]),
  'lines of the greatest length and longer': Buffer.from(`${'x'.repeat(998)}\r\n${'y'.repeat(20_000)}\r\nend\r\n`),
  'what looks like commands': Buffer.from('QUIT\r\n* BYE\r\na1 LOGOUT\r\n+OK\r\n-ERR [AUTH]\r\n421 4.7.0\r\n{5}\r\n'),
};

function message(subject: string, body: Buffer): Buffer {
  const headers = [
    'From: Anna <anna@enabled.test>',
    'To: Bob <bob@enabled.test>',
    `Subject: ${subject}`,
    'Date: Tue, 24 Nov 2026 03:00:00 +0000',
    `Message-ID: <${createHash('sha256').update(subject).digest('hex')}@enabled.test>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
  ];
  return Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`), body]);
}

/** Lines of base64 that no two tests of a relay could mix up, always the same. */
function bigBody(bytes: number): Buffer {
  const key = Buffer.alloc(16, 'k');
  const noise = createCipheriv('aes-128-ctr', key, key).update(Buffer.alloc(Math.ceil(bytes * 0.73)));
  return Buffer.from(
    noise
      .toString('base64')
      .replace(/.{76}/g, '$&\r\n')
      .slice(0, bytes - 2) + '\r\n',
  );
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function submit(raw: Buffer): Promise<void> {
  const transport = await mailTransport(gateway.place('submission', 'implicit'), anna);
  await transport.sendMail({ envelope: { from: anna.name, to: [BOB.name] }, raw });
  transport.close();
}

/** Waits for the message with this subject in Bob's inbox and returns all its bytes. */
async function readByImap(who: Mailbox, subject: string): Promise<Buffer> {
  const client = await imapClient(gateway.place('imap', 'implicit'), who);
  await client.connect();
  await client.mailboxOpen('INBOX');
  const uid = await eventually(`${subject} is delivered`, async () => {
    await client.noop();
    const found = await client.search({ subject }, { uid: true });
    return found === false ? undefined : found?.at(-1);
  });
  const fetched = await client.fetchOne(`${uid}`, { source: true }, { uid: true });
  await client.logout();
  assert.ok(fetched !== false && fetched.source !== undefined);
  return fetched.source;
}

async function readAllByPop3(): Promise<readonly Buffer[]> {
  const place = gateway.place('pop3', 'implicit');
  const wire = await Wire.open(place.port, { caFile: place.caFile });
  await wire.until(/^\+OK.*\r\n/);
  await wire.say(`USER ${BOB.name}`, /^\+OK.*\r\n/);
  await wire.say(`PASS ${BOB.password}`, /^\+OK.*\r\n/);
  const count = Number(/^\+OK (\d+)/.exec(await wire.say('STAT', /^\+OK.*\r\n/))?.[1]);
  const messages: Buffer[] = [];
  for (let number = 1; number <= count; number += 1) {
    await wire.say(`RETR ${number}`, /^\+OK.*\r\n/);
    const stuffed = await wire.until(/\r\n\.\r\n/);
    messages.push(Buffer.from(stuffed.slice(0, -3).replaceAll('\r\n.', '\r\n'), 'latin1'));
  }
  await wire.say('QUIT', /^\+OK.*\r\n/);
  wire.close();
  return messages;
}

for (const [what, body] of Object.entries(BODIES)) {
  test(`a message with ${what} is read as it was sent`, { timeout: 120_000 }, async () => {
    const sent = message(what, body);
    await submit(sent);
    const read = await readByImap(BOB, what);
    assert.equal(read.subarray(-sent.length).toString('latin1'), sent.toString('latin1'));
  });
}

test('POP3 gives the same messages', { timeout: 120_000 }, async () => {
  const read = await readAllByPop3();
  for (const [what, body] of Object.entries(BODIES)) {
    const sent = message(what, body).toString('latin1');
    assert.ok(
      read.some((one) => one.toString('latin1').endsWith(sent)),
      `${what} came back changed`,
    );
  }
});

test('a message of 25 MB is sent and read as it was', { timeout: 120_000 }, async () => {
  const sent = message('25 MB', bigBody(BIG_BYTES));
  await submit(sent);
  const read = await readByImap(BOB, '25 MB');
  assert.equal(sha256(read.subarray(-sent.length)), sha256(sent));
});

test('25 MB go in by APPEND and come out by FETCH unchanged', { timeout: 120_000 }, async () => {
  const stored = message('appended', bigBody(BIG_BYTES));
  const client = await imapClient(gateway.place('imap', 'starttls'), anna);
  await client.connect();
  await client.append('INBOX', stored);
  await client.mailboxOpen('INBOX');
  const fetched = await client.fetchOne('*', { source: true });
  await client.logout();
  assert.ok(fetched !== false && fetched.source !== undefined);
  assert.equal(fetched.source.length, stored.length);
  assert.equal(sha256(fetched.source), sha256(stored));
});

test('no password stands in the log', () => world.assertNothingLeaked());
