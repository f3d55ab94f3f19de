/**
 * Whatever a mail program may say behind a submission login passes the gate: the same dialogue, through the gateway and
 * directly with Postfix, gets the same replies and leaves the same mail, byte for byte, in the mailbox.
 */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { Mailbox } from '../support/dovecot.ts';
import { MAIL_SENDERS, type Place } from '../support/mail-clients.ts';
import { startGateway, type Yaml } from '../support/gateway.ts';
import {
  assertNothingLeaked,
  backendOf,
  BOB,
  EMIL,
  EVERYBODY,
  gatewayOptions,
  MASTER,
  populate,
  startServers,
  stopServers,
} from '../support/mail-world.ts';
import { startPostfix } from '../support/postfix.ts';
import { eventually, temporaryDirectory } from '../support/processes.ts';
import { startThunderbird } from '../support/thunderbird.ts';
import { Wire } from '../support/wire.ts';

const MANY_COMMANDS = ['smtpd_junk_command_limit', '10000'] as const;
const directory = await temporaryDirectory('mail-passes');
const servers = await startServers(directory.path, { postfix: { settings: new Map([MANY_COMMANDS]) } });
const { authority, dovecot, postfix } = servers;
assert.ok(postfix !== undefined);
const withoutTls = await startPostfix({
  certificate: await authority.issue(['localhost']),
  mailboxes: EVERYBODY.map(({ name }) => name),
  mailDirectory: dovecot.mailDirectory,
  saslPort: dovecot.ports.auth,
  settings: new Map([MANY_COMMANDS, ['smtpd_tls_security_level', 'none']]),
});
const options = await gatewayOptions(servers);
const submissionAt = (port: number): Yaml => ({
  ...backendOf(servers),
  submission: { port, tls: 'none', impersonation: { kind: 'xclient' } },
});
const gateway = await startGateway({
  ...options,
  backends: {
    ...options.backends,
    offering: submissionAt(postfix.ports.submission),
    plain: submissionAt(withoutTls.ports.submission),
  },
  settings: { domains: { 'forced.test': { backend: 'plain' }, 'plain.test': { backend: 'offering' } } },
  protocols: ['submission'],
});
const { dora } = await populate(gateway);
after(async () => {
  await gateway.stop();
  await withoutTls.stop();
  await stopServers(servers);
  await directory.remove();
});

interface Way {
  readonly port: number;
  readonly who: Mailbox;
  /** The server gets the mail over TLS. */
  readonly secure: boolean;
}

const DIRECTLY: Way = { port: postfix.ports.submissionTls, who: BOB, secure: true };
const ours = gateway.port('submissionTls');
const THROUGH_THE_GATEWAY: Readonly<Record<string, Way>> = {
  'with TLS behind it': { port: ours, who: BOB, secure: true },
  'with TLS behind it that it begins by itself': { port: ours, who: EMIL, secure: true },
  'without TLS behind it': { port: ours, who: dora, secure: false },
};
const { caFile } = authority;
const LONG = { timeout: 120_000 } as const;

/** What goes in one write, and how many replies are waited for behind it. */
type Say = readonly [bytes: string, replies: number];

const MAIL = `MAIL FROM:<${BOB.name}>\r\n`;
const RCPT = `RCPT TO:<${EMIL.name}>\r\n`;
const NOBODY = 'RCPT TO:<nobody@plain.test>\r\n';
const END = '.\r\n';
const ALL_8_BIT = Buffer.from(Array.from({ length: 128 }, (_, byte) => 128 + byte)).toString('latin1');
const BIG = `${'0123456789abcdef'.repeat(4)}\r\n`.repeat(400_000);

function content(subject: string, body: string): string {
  return (
    `Subject: ${subject}\r\nFrom: ${BOB.name}\r\nDate: Tue, 24 Nov 2026 03:00:00 +0000\r\n` +
    `Message-ID: <${subject}@enabled.test>\r\n\r\n${body}`
  );
}

function chunks(text: string, octets: number): string {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += octets) {
    const piece = text.slice(at, at + octets);
    pieces.push(`BDAT ${piece.length}\r\n${piece}`);
  }
  return pieces.join('');
}

const SMALL = content('octets', 'one by one\r\n.\r\n\n.\n');

/** By the subjects of the mails that each leaves. */
const DIALOGUES: readonly {
  readonly what: string;
  readonly says: readonly Say[];
  readonly subjects: readonly string[];
}[] = [
  {
    what: 'DATA with every 8-bit octet, dots, and lines of 998 and 20,000 octets',
    says: [
      [`MAIL FROM:<${BOB.name}> BODY=8BITMIME\r\n`, 1],
      [RCPT, 1],
      ['DATA\r\n', 1],
      [
        content('odd', `${ALL_8_BIT}\r\n..\r\n...\r\n..x\r\n \r\n${'x'.repeat(998)}\r\n${'y'.repeat(20_000)}\r\n`) +
          END,
        1,
      ],
    ],
    subjects: ['odd'],
  },
  {
    what: '25 MB in chunks',
    says: [
      [MAIL + RCPT, 2],
      [
        chunks(content('big', BIG), 1024 * 1024) + 'BDAT 0 LAST\r\n',
        Math.ceil(content('big', BIG).length / 1024 / 1024) + 1,
      ],
    ],
    subjects: ['big'],
  },
  {
    what: 'chunks of one octet, and a last one with text of commands',
    says: [
      [MAIL + RCPT, 2],
      [chunks(SMALL, 1), SMALL.length],
      ['BDAT 18 LAST\r\nSTARTTLS\r\nQUIT\r\n\r\n', 1],
    ],
    subjects: ['octets'],
  },
  {
    what: 'an empty chunk, which Postfix refuses, and a message after it',
    says: [
      [MAIL + RCPT, 2],
      ['BDAT 0\r\nRSET\r\n', 2],
      [MAIL + RCPT, 2],
      [
        chunks(content('unempty', 'x\r\n'), 50) + 'BDAT 0 LAST\r\n',
        Math.ceil(content('unempty', 'x\r\n').length / 50) + 1,
      ],
    ],
    subjects: ['unempty'],
  },
  {
    what: 'several messages and RSETs, each group in one write',
    says: [
      [`${MAIL}${RCPT}RSET\r\n${MAIL}${RCPT}DATA\r\n`, 6],
      [`${content('first', 'STARTTLS\r\nAUTH PLAIN x\r\n')}${END}${MAIL}${RCPT}DATA\r\n`, 4],
      [`${content('second', '')}${END}RSET\r\nNOOP\r\nHELP\r\nVRFY x\r\n`, 5],
    ],
    subjects: ['first', 'second'],
  },
  {
    what: 'the parameters of SMTPUTF8, SIZE and DSN',
    says: [
      [`MAIL FROM:<${BOB.name}> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb\r\n`, 1],
      [`RCPT TO:<${EMIL.name}> NOTIFY=FAILURE,DELAY ORCPT=rfc822;${EMIL.name}\r\nDATA\r\n`, 2],
      [content('utf8', Buffer.from('Grüße 📮\r\n').toString('latin1')) + END, 1],
    ],
    subjects: ['utf8'],
  },
  {
    what: 'a recipient that is refused among others',
    says: [
      [`${MAIL}${NOBODY}${RCPT}${NOBODY}DATA\r\n`, 5],
      [content('some', 'some\r\n') + END, 1],
    ],
    subjects: ['some'],
  },
  {
    what: 'a DATA behind recipients that are all refused, and a message after it',
    says: [
      [`${MAIL}${NOBODY}DATA\r\n`, 3],
      [`RSET\r\n${MAIL}${RCPT}DATA\r\n`, 4],
      [content('none', 'none\r\n') + END, 1],
    ],
    subjects: ['none'],
  },
];

for (const { what, says, subjects } of DIALOGUES) {
  test(`${what}: as directly`, LONG, async () => {
    const direct = await speak(DIRECTLY, says, subjects);
    for (const [how, way] of Object.entries(THROUGH_THE_GATEWAY)) {
      assert.deepEqual(await speak(way, says, subjects), direct, `through the gateway, ${how}`);
    }
  });
}

for (const [how, way] of Object.entries(THROUGH_THE_GATEWAY)) {
  test(`what is written octet by octet, and read late, arrives as it is, ${how}`, LONG, () => speakSlowly(way));
}

/** Lines that a program may break, in a mail as a program that attaches files makes it. */
const ODD_LINES = `${ALL_8_BIT}\r\n.\r\n..\r\n.x\r\n \r\nQUIT\r\n${'x'.repeat(998)}\r\n`;
const ALL_OCTETS = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at % 256));

function withAttachment(subject: string): string {
  const attached = ALL_OCTETS.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  return (
    `Subject: ${subject}\r\nFrom: ${BOB.name}\r\nTo: ${EMIL.name}\r\nDate: Tue, 24 Nov 2026 03:00:00 +0000\r\n` +
    `Message-ID: <${subject}@enabled.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_next"\r\n` +
    '\r\n--=_next\r\nContent-Type: text/plain; charset=iso-8859-15\r\nContent-Transfer-Encoding: 8bit\r\n' +
    `\r\n${ODD_LINES}--=_next\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n` +
    `\r\n${attached}\r\n--=_next--\r\n`
  );
}

for (const { name, send } of MAIL_SENDERS) {
  test(`${name} sends 8-bit octets, dots, long lines and an attachment: as directly`, LONG, async () => {
    const letter = { to: EMIL.name, content: Buffer.from(withAttachment(name), 'latin1') };
    const sent = async (way: Way): Promise<string> => {
      const outcome = await send(placeOf(way), way.who, letter);
      assert.ok(outcome.accepted, outcome.said);
      return takeDelivered(name, way);
    };
    const direct = await sent(DIRECTLY);
    // swaks sends an empty line more.
    assert.equal(direct.trimEnd(), withAttachment(name).replaceAll('\r\n', '\n').trimEnd());
    for (const [how, way] of Object.entries(THROUGH_THE_GATEWAY)) {
      assert.equal(await sent(way), direct, `through the gateway, ${how}`);
    }
  });
}

test('Thunderbird sends a mail with an attachment: as directly', LONG, async () => {
  const thunderbird = await startThunderbird();
  const body = `Grüße \u{1F4EE}\n.\n..\n.x\n\nQUIT\n${'x'.repeat(900)}\n`;
  const mail = { from: BOB.name, to: EMIL.name, subject: 'thunderbird', body, attachment: ALL_OCTETS };
  const sent = async (way: Way): Promise<string> => {
    await thunderbird.send(placeOf(way), way.who, mail);
    return withoutChance(await takeDelivered('thunderbird', way));
  };
  try {
    const direct = await sent(DIRECTLY);
    assert.match(direct, /^\.\n\.\.\n\.x\n/m);
    assert.ok(direct.replaceAll('\n', '').includes(ALL_OCTETS.toString('base64')));
    for (const [how, way] of Object.entries(THROUGH_THE_GATEWAY)) {
      assert.equal(await sent(way), direct, `through the gateway, ${how}`);
    }
  } finally {
    await thunderbird.stop();
  }
});

test('no password stands in the log', () => assertNothingLeaked(gateway, [...EVERYBODY, MASTER, dora]));

function placeOf({ port }: Way): Place {
  return { port, tls: 'implicit', caFile };
}

/** Thunderbird's mail without what is another one each time. */
function withoutChance(mail: string): string {
  return mail
    .replaceAll(/-{12}\w{24}/g, 'boundary')
    .replace(/^Message-ID: .*$/m, 'Message-ID: chance')
    .replace(/^Date: .*$/m, 'Date: now');
}

async function speakSlowly(way: Way): Promise<void> {
  const wire = await loggedIn(way);
  const text = `${MAIL}${RCPT}DATA\r\n`;
  for (const octet of text) await slowly(wire, octet);
  await wire.until(replies(3));
  for (const octet of content('slow', '..\r\nslow\r\n') + END) await slowly(wire, octet);
  await wire.until(replies(1));
  wire.pause();
  wire.send('NOOP\r\n'.repeat(3000));
  await slowly(wire, 'QUIT\r\n');
  wire.resume();
  const codes = (await wire.closed()).match(/^\d{3}(?= )/gm);
  assert.deepEqual(codes, [...Array.from({ length: 3000 }, () => '250'), '221']);
  const delivered = await takeDelivered('slow', way);
  assert.equal(delivered, content('slow', '.\r\nslow\r\n').replaceAll('\r\n', '\n'));
}

async function speak(way: Way, says: readonly Say[], subjects: readonly string[]) {
  const wire = await loggedIn(way);
  const heard: string[] = [];
  for (const [bytes, count] of says) {
    wire.send(bytes);
    heard.push(await wire.until(replies(count)));
  }
  await wire.say('QUIT', /^221 .*\r\n/);
  wire.close();
  const mails: string[] = [];
  for (const subject of subjects) mails.push(await takeDelivered(subject, way));
  return { heard: heard.map((text) => text.replaceAll(/queued as \w+/g, 'queued')), mails };
}

async function loggedIn({ port, who }: Way): Promise<Wire> {
  const wire = await Wire.open(port, { caFile });
  await wire.until(replies(1));
  await wire.say('EHLO client.test', replies(1));
  await wire.say(`AUTH PLAIN ${Buffer.from(`\0${who.name}\0${who.password}`).toString('base64')}`, /^235 .*\r\n/);
  return wire;
}

function replies(count: number): RegExp {
  return new RegExp(String.raw`^(?:(?:\d{3}-.*\r\n)*\d{3} .*\r\n){${count}}`);
}

async function slowly(wire: Wire, bytes: string): Promise<void> {
  wire.send(bytes);
  await new Promise((resolve) => setImmediate(resolve));
}

const taken = new Set<string>();

/** Waits for a new mail with this subject, and returns all of it behind what Postfix has put before it. */
async function takeDelivered(subject: string, { secure }: Way): Promise<string> {
  const folder = join(dovecot.mailDirectory, 'plain.test/emil/Maildir/new');
  const subjectLine = new RegExp(`^Subject: ${subject}\\r?\\n`, 'm');
  return eventually(`${subject} is delivered`, () => {
    for (const name of existsSync(folder) ? readdirSync(folder).filter((one) => !taken.has(one)) : []) {
      const text = readFileSync(join(folder, name), 'latin1');
      if (!subjectLine.test(text)) continue;
      taken.add(name);
      // Behind its Received line, Postfix writes what it was sent.
      const [received = ''] = /^Received: .*\n(?:[ \t].*\n)+/m.exec(text) ?? [];
      assert.match(received, secure ? / with \w+PSA id / : / with \w+PA id /);
      return text.slice(text.indexOf(received) + received.length);
    }
    return undefined;
  });
}
