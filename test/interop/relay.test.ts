/**
 * The session after login is the mail server's own: what was pipelined behind the login arrives once and in order,
 * IDLE works, a slow reader costs no memory, and either side may close its half.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after } from 'node:test';
import { ping, session } from '../support/dialogues.ts';
import { imapClient } from '../support/mail-clients.ts';
import { BOB, startWorld } from '../support/mail-world.ts';
import { childrenOf } from '../support/processes.ts';
import { Wire } from '../support/wire.ts';

// A listener and a backend in clear, so that a half-closed connection is a half-closed TCP connection at both ends.
const IN_CLEAR = { name: 'imapClear', protocol: 'imap', tls: 'none', plaintextLogin: true };
const POP3_IN_CLEAR = { name: 'pop3Clear', protocol: 'pop3', tls: 'none', plaintextLogin: true };
const world = await startWorld({ dovecot: { compress: true }, gateway: { listeners: [IN_CLEAR, POP3_IN_CLEAR] } });
after(() => world.stop());
const { gateway, anna } = world;
const { caFile } = world.authority;

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function sasl({ name, password }: { name: string; password: string }): string {
  return base64(`\0${name}\0${password}`);
}

/** The tagged replies, in the order they came. */
function tags(text: string): readonly string[] {
  return [...text.matchAll(/^(\w+) (?:OK|NO|BAD)/gm)].map(([, tag]) => tag ?? '');
}

for (const [how, login] of Object.entries({
  'LOGIN with quoted strings': `1 LOGIN "${anna.name}" "${anna.password}"\r\n`,
  'LOGIN with literals': `1 LOGIN {${anna.name.length}+}\r\n${anna.name} {${anna.password.length}+}\r\n${anna.password}\r\n`,
  'AUTHENTICATE PLAIN with an initial response': `1 AUTHENTICATE PLAIN ${sasl(anna)}\r\n`,
  'AUTHENTICATE LOGIN without waiting': `1 AUTHENTICATE LOGIN\r\n${base64(anna.name)}\r\n${base64(anna.password)}\r\n`,
})) {
  test(`IMAP commands in one packet behind ${how} are answered once and in order`, { timeout: 120_000 }, async () => {
    const wire = await Wire.open(gateway.port('imapTls'), { caFile });
    await wire.until(/^\* OK.*\r\n/);
    wire.send(`${login}2 LIST "" *\r\n3 NAMESPACE\r\n4 SELECT INBOX\r\n5 LOGOUT\r\n`);
    assert.deepEqual(tags(await wire.closed()), ['1', '2', '3', '4', '5']);
  });
}

test('POP3 commands in one packet with the login are answered once and in order', { timeout: 120_000 }, async () => {
  const wire = await Wire.open(gateway.port('pop3Tls'), { caFile });
  await wire.until(/^\+OK.*\r\n/);
  wire.send(`USER ${anna.name}\r\nPASS ${anna.password}\r\nSTAT\r\nNOOP\r\nRSET\r\nQUIT\r\n`);
  const said = await wire.closed();
  assert.deepEqual(said.match(/^\+OK/gm)?.length, 6, said);
  assert.match(said, /^\+OK[^\n]*\n\+OK[^\n]*\n\+OK \d+ \d+\r\n/);
});

test('a message in one packet with the login is sent once', { timeout: 120_000 }, async () => {
  const wire = await Wire.open(gateway.port('submissionTls'), { caFile });
  await wire.until(/^220.*\r\n/);
  await wire.say('EHLO client.test', /^250 .*\r\n/m);
  wire.send(
    `AUTH PLAIN ${sasl(anna)}\r\nMAIL FROM:<${anna.name}>\r\nRCPT TO:<${anna.name}>\r\n` +
      'DATA\r\nSubject: pipelined\r\n\r\nhello\r\n.\r\nQUIT\r\n',
  );
  const codes = (await wire.closed()).match(/^\d{3}(?= )/gm);
  assert.deepEqual(codes, ['235', '250', '250', '354', '250', '221']);
});

test(
  'ManageSieve commands in one packet with the login are answered once and in order',
  { timeout: 120_000 },
  async () => {
    const wire = await Wire.open(gateway.port('sieveTls'), { caFile });
    await wire.until(/^OK.*\r\n/m);
    const script = 'keep;\r\n';
    wire.send(
      `AUTHENTICATE "PLAIN" "${sasl(anna)}"\r\nPUTSCRIPT "first" {${script.length}+}\r\n${script}\r\n` +
        'SETACTIVE "first"\r\nLISTSCRIPTS\r\nLOGOUT\r\n',
    );
    const said = await wire.closed();
    assert.match(said, /"first" ACTIVE\r\n/);
    assert.equal(said.match(/^OK/gm)?.length, 5, said);
  },
);

test('IDLE tells of a new message at once', { timeout: 120_000 }, async () => {
  const wire = await Wire.open(gateway.port('imapTls'), { caFile });
  await wire.until(/^\* OK.*\r\n/);
  await wire.say(`1 LOGIN "${anna.name}" "${anna.password}"`, /^1 OK.*\r\n/m);
  await wire.say('2 SELECT INBOX', /^2 OK.*\r\n/m);
  await wire.say('3 IDLE', /^\+ .*\r\n/m);
  const other = await imapClient(gateway.place('imap', 'implicit'), anna);
  await other.connect();
  await other.append('INBOX', Buffer.from('Subject: news\r\n\r\nhello\r\n'));
  await wire.until(/^\* \d+ EXISTS\r\n/m);
  await wire.say('DONE', /^3 OK.*\r\n/m);
  await other.logout();
  wire.close();
});

const BIG = Buffer.alloc(20 * 1024 * 1024, `${'z'.repeat(76)}\r\n`);

test('twelve clients that stop reading 20 MB each cost the gateway little memory', { timeout: 120_000 }, async () => {
  const writer = await imapClient(gateway.place('imap', 'implicit'), BOB);
  await writer.connect();
  await writer.append('INBOX', Buffer.concat([Buffer.from('Subject: big\r\n\r\n'), BIG]));
  await readToTheEnd(); // the runtime's own buffers have grown to what one session needs
  const before = residentBytes();
  const slow = await Promise.all(Array.from({ length: 12 }, () => beginToRead()));
  for (const { wire } of slow) wire.pause();
  await readToTheEnd(); // meanwhile the backend sends the slow ones all that anybody will take
  const grown = residentBytes() - before;
  // All of it would be 230 MB; what a runtime has not collected yet has been 60.
  assert.ok(grown < 140 * 1024 * 1024, `the gateway grew by ${Math.round(grown / 1e6)} MB`);

  for (const { wire } of slow) wire.resume();
  await Promise.all(slow.map(endReading));
  await writer.logout();
});

test('a client may close its half and still hears all answers', { timeout: 120_000 }, async () => {
  const imap = await Wire.open(gateway.port('imapClear'));
  await imap.until(/^\* OK.*\r\n/);
  imap.send(`1 LOGIN ${BOB.name} ${BOB.password}\r\n2 SELECT INBOX\r\n3 FETCH * BODY.PEEK[]\r\n4 LOGOUT\r\n`);
  imap.halfClose();
  const said = await imap.closed();
  assert.ok(said.length > BIG.length, `only ${said.length} bytes came back`);
  assert.match(said.slice(-200), /^4 OK/m);

  const pop3 = await Wire.open(gateway.port('pop3Clear'));
  await pop3.until(/^\+OK.*\r\n/);
  pop3.send(`USER ${BOB.name}\r\nPASS ${BOB.password}\r\nRETR 1\r\nQUIT\r\n`);
  pop3.halfClose();
  assert.match((await pop3.closed()).slice(-100), /\r\n\.\r\n\+OK/);
});

test('the end of a session is logged with what went either way', async () => {
  const line = await gateway.logged('session.closed', { protocol: 'pop3', listener: 'pop3Clear' });
  assert.ok(Number(line['bytesOut']) > BIG.length, JSON.stringify(line));
  assert.ok(Number(line['bytesIn']) > 0, JSON.stringify(line));
});

test('a session that is cut off hears so in the words of its protocol', { timeout: 30_000 }, async () => {
  const words = {
    imap: /^\* BYE This sign-in is not valid any more: sign in again\. \(id: \w+\)\r\n$/,
    pop3: /^$/,
    submission: /^421 4\.7\.0 This sign-in is not valid any more: sign in again\. \(id: \w+\)\r\n$/,
    sieve: /^BYE "This sign-in is not valid any more: sign in again\. \(id: \w+\)"\r\n$/,
  } as const;
  const protocols = ['imap', 'pop3', 'submission', 'sieve'] as const;
  const wires = await Promise.all(protocols.map((protocol) => session(gateway, protocol, anna)));
  for (const [at, protocol] of protocols.entries()) {
    const wire = wires[at];
    assert.ok(wire !== undefined);
    await ping(wire, protocol);
  }
  await gateway.cli('session', 'cut-off', '--account', anna.name, '--yes');
  for (const [at, protocol] of protocols.entries()) {
    assert.match((await wires[at]?.closed()) ?? 'not open', words[protocol], protocol);
  }
});

test('BYE inside COMPRESS: a session that is compressed is closed without a word', { timeout: 30_000 }, async () => {
  const wire = await session(gateway, 'imap', anna);
  await wire.say('1 COMPRESS DEFLATE', /^1 OK.*\r\n/m);
  await gateway.cli('session', 'cut-off', '--account', anna.name, '--yes');
  assert.equal(await wire.closed(), '');
});

test(
  '421 inside DATA: a session in the middle of a message is closed without a word',
  { timeout: 30_000 },
  async () => {
    const wire = await session(gateway, 'submission', anna);
    await wire.say(`MAIL FROM:<${anna.name}>`, /^250 .*\r\n/m);
    await wire.say(`RCPT TO:<${anna.name}>`, /^250 .*\r\n/m);
    await wire.say('DATA', /^354 .*\r\n/m);
    wire.send('Subject: half\r\n\r\nof a mess');
    await gateway.cli('session', 'cut-off', '--account', anna.name, '--yes');
    assert.equal(await wire.closed(), '');
  },
);

test('no password stands in the log', () => world.assertNothingLeaked());

interface Reading {
  readonly wire: Wire;
  readonly bytesLeft: number;
}

/** A session of Bob's that has asked for the big message and got its first megabyte. */
async function beginToRead(): Promise<Reading> {
  const wire = await Wire.open(gateway.port('imapTls'), { caFile });
  await wire.until(/^\* OK.*\r\n/);
  await wire.say(`1 LOGIN ${BOB.name} ${BOB.password}`, /^1 OK.*\r\n/m);
  await wire.say('2 SELECT INBOX', /^2 OK.*\r\n/m);
  const literal = await wire.say('3 FETCH * BODY.PEEK[]', /\{\d+\}\r\n/);
  const begun = 1024 * 1024;
  await wire.take(begun);
  return { wire, bytesLeft: Number(/\{(\d+)\}/.exec(literal)?.[1]) - begun };
}

async function endReading({ wire, bytesLeft }: Reading): Promise<void> {
  await wire.take(bytesLeft);
  await wire.until(/^3 OK.*\r\n/m);
  wire.close();
}

async function readToTheEnd(): Promise<void> {
  await endReading(await beginToRead());
}

/** Memory of the gateway and its workers. */
function residentBytes(): number {
  return [gateway.pid, ...childrenOf(gateway.pid)]
    .map((pid) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024)
    .reduce((sum, bytes) => sum + bytes, 0);
}
