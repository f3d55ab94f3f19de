/** Vulnerabilities of other IMAP servers and proxies, each as the dialogue that must not happen here. */

import test from 'node:test';
import assert from 'node:assert/strict';
import { Secret } from '#core/secret.ts';
import { imap } from '#protocol/imap/module.ts';
import type { BackendOptions, FrontDialogue, FrontOptions } from '#protocol/machine.ts';
import { backendOptions, frontOptions } from '../support/dialogue-options.ts';
import { backendTranscript, frontTranscript, playBackend, playFront } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => imap.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });
const backend = (replaced: Partial<BackendOptions>) => () => imap.backend(backendOptions(replaced));

const WRONG = 'NO [AUTHENTICATIONFAILED] The user name or password is not right. (id: a1b2)';
const NEEDS_TLS =
  'NO [PRIVACYREQUIRED] This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app.';
const BAD_LOGIN = 'BAD LOGIN takes a user name and a password';

/** Sends bytes in chunks and fails when the dialogue holds more than it should at any time. */
function flood(dialogue: FrontDialogue, chunk: Buffer, times: number): void {
  for (let i = 0; i < times; i += 1) {
    dialogue.receive(chunk);
    assert.ok(dialogue.heldBytes <= 34_000, `holds ${dialogue.heldBytes} bytes after ${i + 1} chunks`);
  }
}

frontTranscript(
  'CVE-2011-0411: a command put behind STARTTLS in clear is never answered inside TLS',
  clear,
  String.raw`
    C| a STARTTLS\r\nb NOOP\r\nc LOGIN mallory x\r\n
    S: a OK Begin TLS negotiation now
    ! start-tls
    * tls
    C: d NOOP
    S: d OK Nothing done
  `,
);

frontTranscript(
  'CVE-2014-3556, CVE-2021-33515: half a command sent before TLS does not become part of one inside it',
  clear,
  String.raw`
    C| a STARTTLS\r\nb LOGIN mallory {8+}\r\n
    S: a OK Begin TLS negotiation now
    ! start-tls
    * tls
    C: c NOOP
    S: c OK Nothing done
  `,
);

backendTranscript(
  'NO STARTTLS: answers injected before TLS are forgotten, on our side as a client too',
  backend({ tls: 'starttls' }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
    S: S STARTTLS
    B| S OK\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nC OK\r\nL OK logged in as mallory\r\n
    ! start-tls
    * tls
    S: C CAPABILITY
  `,
);

backendTranscript(
  'NO STARTTLS: a pre-authenticated greeting does not talk us out of TLS',
  backend({ tls: 'starttls' }),
  String.raw`
    B: * PREAUTH welcome
    ! done unusable preauth welcome
  `,
);

frontTranscript(
  'CVE-2025-53859: a credential field of any length, empty ones too, reaches the verdict as it is or not at all',
  open,
  String.raw`
    C: a AUTHENTICATE LOGIN
    S: + VXNlcm5hbWU6
    C:
    S: a BAD Malformed authentication response
    C: b AUTHENTICATE LOGIN YQ==
    S: + UGFzc3dvcmQ6
    C:
    ! authenticate LOGIN a password ""
    * deny identity-refused
    S: b ${WRONG}
    C: c AUTHENTICATE LOGIN YQ==
    S: + UGFzc3dvcmQ6
    C: Yg==
    ! authenticate LOGIN a password "b"
    * deny wrong-credentials
    S: c ${WRONG}
    C: d AUTHENTICATE PLAIN AGEAYg==
    ! authenticate PLAIN a password "b"
  `,
);

test('CVE-2025-53859: long and odd lengths too', () => {
  for (const length of [1, 2, 3, 255, 256, 257, 4095, 4096, 4097]) {
    const password = 'p'.repeat(length);
    const encoded = Buffer.from(password).toString('base64');
    const dialogue = playFront(open(), `C: a AUTHENTICATE LOGIN YQ==\nC: ${encoded}`, 'byte by byte');
    assert.equal(dialogue.at(-1), `! authenticate LOGIN a password "${password}"`);
  }
});

test('CVE-2026-27651: a refused login can be tried again on one connection, a thousand times', () => {
  const dialogue = open();
  dialogue.connect();
  for (let i = 0; i < 1000; i += 1) {
    const [asked] = dialogue.receive(Buffer.from(`a${i} LOGIN alice wrong${i}\r\n`));
    assert.ok(asked?.do === 'authenticate');
    const [said] = dialogue.answer({ kind: 'deny', reason: 'wrong-credentials' });
    assert.ok(said?.do === 'send');
    assert.equal(said.bytes.toString(), `a${i} ${WRONG}\r\n`);
  }
});

frontTranscript(
  'nginx 1.11.9: credentials of an earlier try are not used to complete a later one',
  open,
  String.raw`
    C: a LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * deny wrong-credentials
    S: a ${WRONG}
    C: b LOGIN bob
    S: b ${BAD_LOGIN}
    C: c AUTHENTICATE LOGIN Ym9i
    S: + UGFzc3dvcmQ6
    C: *
    S: c BAD Authentication cancelled
    C: d AUTHENTICATE LOGIN
    S: + VXNlcm5hbWU6
  `,
);

frontTranscript(
  'nginx: EXTERNAL is refused where it is not offered, and a login without TLS where TLS is asked for',
  clear,
  String.raw`
    C: a AUTHENTICATE EXTERNAL YWxpY2U=
    S: a ${NEEDS_TLS}
    C: b STARTTLS
    S: b OK Begin TLS negotiation now
    ! start-tls
    * tls
    C: c AUTHENTICATE EXTERNAL YWxpY2U=
    S: c NO [CANNOT] Unsupported authentication mechanism
  `,
);

test('CVE-2007-5740: a tag is text, and only a valid one is repeated', () => {
  const said = (tag: string): string | undefined => playFront(open(), `C: ${tag} NOOP`).at(-1);
  const malformed = 'S: * BAD A command is a tag and a name, like: a1 CAPABILITY';
  for (const tag of ['%s%s%n', String.raw`a\0`, String.raw`\xff\xfe`, '*', '+', 'x'.repeat(10_000)]) {
    assert.equal(said(tag), malformed, tag.slice(0, 10));
  }
  assert.equal(said('$s$n'), 'S: $s$n OK Nothing done');
});

test('CVE-2026-27857: parentheses and ID parameters take no memory', () => {
  const parentheses = playFront(open(), `C: a ID ${'('.repeat(65_536)}\nC: b NOOP`);
  assert.deepEqual(parentheses.slice(-3), ['S: a BAD Line too long', 'C: b NOOP', 'S: b OK Nothing done']);
  const nested = playFront(open(), `C: a ID ${'('.repeat(30_000)}`);
  assert.equal(nested.at(-1), 'S: a BAD ID takes NIL or a list of at most 30 pairs');

  const pairs = (count: number): string => Array.from({ length: count }, (_, i) => `"k${i}" "v"`).join(' ');
  assert.equal(playFront(open(), `C: a ID (${pairs(30)})`).at(-1), 'S: a OK ID noted');
  assert.equal(
    playFront(open(), `C: a ID (${pairs(31)})`).at(-1),
    'S: a BAD ID takes NIL or a list of at most 30 pairs',
  );
  assert.equal(playFront(open(), `C: a ID (${pairs(10_000)})`).at(-1), 'S: a BAD Line too long');
  const longest = Array.from({ length: 30 }, (_, i) => `"${`k${i}`.padEnd(30, 'k')}" "${'v'.repeat(1024)}"`).join(' ');
  assert.equal(playFront(open(), `C: a ID (${longest})`).at(-1), 'S: a OK ID noted');
  const literals = Array.from({ length: 30 }, () => String.raw`"k" {1024+}\r\n${'v'.repeat(1024)}`).join(' ');
  assert.equal(playFront(open(), String.raw`C| a ID (${literals})\r\n`).at(-1), 'S: a OK ID noted');

  const dialogue = open();
  dialogue.connect();
  dialogue.receive(Buffer.from('a ID ('));
  flood(dialogue, Buffer.from('"key" "value" '.repeat(100)), 1000);
});

test('CVE-2025-59028: bad base64 ends one exchange and touches nobody else’s', () => {
  const good = open();
  good.connect();
  good.receive(Buffer.from('a AUTHENTICATE PLAIN\r\n'));
  const bad = playFront(open(), 'C: a AUTHENTICATE PLAIN\nC: ====');
  assert.equal(bad.at(-1), 'S: a BAD Malformed authentication response');
  const [asked] = good.receive(Buffer.from('AGEAYg==\r\n'));
  assert.ok(asked?.do === 'authenticate' && asked.credentials.authcid === 'a');
});

test('CVE-2017-15132, CVE-2019-11494, CVE-2019-11499: aborted exchanges leave nothing behind and are not endless', () => {
  const dialogue = open();
  dialogue.connect();
  const tries = Array.from({ length: 10_000 }, (_, i) => `a${i} AUTHENTICATE PLAIN\r\n*\r\n`);
  const actions = tries.flatMap((bytes) => dialogue.receive(Buffer.from(bytes)));
  assert.equal(actions.filter((action) => action.do === 'send').length, 20);
  assert.deepEqual(actions.at(-1), { do: 'close', why: 'misbehaved' });
  assert.equal(dialogue.heldBytes, 0);
});

frontTranscript(
  'CVE-2019-10691: a user name that is not UTF-8, or a lone surrogate, or holds a NUL, reaches nobody',
  open,
  String.raw`
    C: a LOGIN \xff\xfe secret
    S: a ${BAD_LOGIN}
    C: b LOGIN "\xed\xa0\x80" secret
    S: b ${BAD_LOGIN}
    C| c LOGIN {3+}\r\na\0b secret\r\n
    S: c ${BAD_LOGIN}
    C: d AUTHENTICATE PLAIN AP/+AHNlY3JldA==
    S: d BAD Malformed authentication response
    C: e AUTHENTICATE LOGIN 7aCA
    S: e BAD Malformed authentication response
  `,
);

test('CVE-2017-2669, CVE-2026-24031, CVE-2026-27860: a user name is data, whatever it looks like', () => {
  const names = ['%{user}%s', "x' OR '1'='1", '*)(uid=*', '${jndi:x}', '`id`', '%1000000u'];
  for (const name of names) {
    const asked = playFront(open(), `C: a LOGIN "${name}" secret`).at(-1);
    assert.equal(asked, `! authenticate LOGIN-COMMAND ${name} password "secret"`);
    const login = { as: 'user', name, password: new Secret('secret') } as const;
    const sent = playBackend(backend({ login })(), 'B: * OK [CAPABILITY IMAP4rev1] ready').at(-1);
    assert.equal(sent, `S: L LOGIN "${name}" "secret"`);
  }
});

frontTranscript(
  'CVE-2022-27924: a user name with a line end reaches nobody',
  open,
  String.raw`
    C| a LOGIN {15+}\r\nalice\r\n*1\r\nGET secret\r\n
    S: a ${BAD_LOGIN}
    C: b AUTHENTICATE PLAIN AGFsaWNlDQpnZXQAc2VjcmV0
    S: b BAD Malformed authentication response
    C: c AUTHENTICATE LOGIN YWxpY2UKZ2V0
    S: c BAD Malformed authentication response
  `,
);

test('CVE-2026-42257, CVE-2026-42258, nginx 6f81314a0: a name or password never becomes a command at the backend', () => {
  const evil = 'x"\r\nA DELETE INBOX\r\n';
  for (const capability of ['IMAP4rev1', 'IMAP4rev1 LITERAL+', 'IMAP4rev1 AUTH=PLAIN SASL-IR']) {
    const login = { as: 'user', name: evil, password: new Secret(evil) } as const;
    const script = `B: * OK [CAPABILITY ${capability}] ready\nB: + \nB: + `;
    const sent = playBackend(backend({ login })(), script).filter((line) => /^S[:|]/.test(line));
    const commands = sent.join('\n').replaceAll(/\{20\+?\}\nS: x"\nS: A DELETE INBOX\nS:/g, '<literal>');
    assert.doesNotMatch(commands, /DELETE/, capability);
  }
});

test('CVE-2025-61600: an endless line, an endless literal and a slow trickle take no memory', () => {
  const beginnings = ['', 'a LOGIN ', 'a LOGIN {65000+}\r\n', 'a AUTHENTICATE PLAIN\r\n', 'a LOGIN "'];
  for (const beginning of beginnings) {
    const dialogue = open();
    dialogue.connect();
    dialogue.receive(Buffer.from(beginning));
    flood(dialogue, Buffer.alloc(60_000, 'x'), 200);
    flood(dialogue, Buffer.from('x'), 20_000);
  }
});

test('CVE-2025-61600: an endless row of literals is answered once', () => {
  const dialogue = open();
  dialogue.connect();
  dialogue.receive(Buffer.from('a LOGIN '));
  flood(dialogue, Buffer.from('{1000+}\r\n'.padEnd(1009, 'x')), 1000);
  const [said, ...more] = dialogue.receive(Buffer.from('\r\n'));
  assert.ok(said?.do === 'send' && more.length === 0);
  assert.equal(said.bytes.toString(), 'a BAD Command too long\r\n');
});

frontTranscript(
  'CVE-2004-1035: literals in every position are arguments or refused, and what is in them is never run',
  open,
  String.raw`
    C| {1+}\r\na NOOP\r\n
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C| b {4+}\r\nNOOP\r\n
    S: b BAD A command is a tag and a name, like: a1 CAPABILITY
    C| c NOOP {6+}\r\nd NOOP\r\n
    S: c BAD This command takes no arguments
    C| e AUTHENTICATE {5+}\r\nPLAIN\r\n
    S: e BAD AUTHENTICATE takes a mechanism and at most one initial response
    C| f ID {8+}\r\ng NOOP\r\n\r\n
    S: f BAD ID takes NIL or a list of at most 30 pairs
    C| h LOGIN {8+}\r\ni NOOP\r\n {8+}\r\nj NOOP\r\n\r\n
    S: h ${BAD_LOGIN}
    C: k NOOP
    S: k OK Nothing done
  `,
);

frontTranscript(
  'ALPACA: a browser that is made to speak to us gets no answer',
  open,
  String.raw`
    C| GET /<script> HTTP/1.1\r\nHost: mail.example.com\r\na LOGIN alice secret\r\n
    ! close misbehaved
  `,
);
