import assert from 'node:assert/strict';
import test from 'node:test';
import type { Gate } from '#protocol/machine.ts';
import { submissionGate } from '#protocol/submission/gate.ts';
import { feed, gateTranscript } from '../support/gate.ts';

const open = (...capabilities: readonly string[]): Gate => submissionGate({ sessionId: 'a1b2', capabilities });
const chunking = (): Gate => open('PIPELINING', 'CHUNKING');

function transcript(name: string, script: string, gate: () => Gate = open): void {
  gateTranscript(name, gate, script);
}

transcript(
  'mail passes as it is',
  String.raw`
  C: ehlo client.example
  > ehlo client.example
  B: 250 mail
  < 250 mail
  C: MAIL FROM:<\xe4@b> SMTPUTF8 BODY=8BITMIME
  > MAIL FROM:<\xe4@b> SMTPUTF8 BODY=8BITMIME
  B: 250 2.1.0 Ok
  < 250 2.1.0 Ok
  C: rcpt TO:<a@b> NOTIFY=NEVER
  > rcpt TO:<a@b> NOTIFY=NEVER
  B: 250 2.1.5 Ok
  < 250 2.1.5 Ok
  C: DATA
  > DATA
  B: 354 go on
  < 354 go on
  C: Subject: x
  > Subject: x
  C: ..
  > ..
  C: .a
  > .a
  C: STARTTLS
  > STARTTLS
  C: a\nb\0\xff\rc\n..\n\r..\r\n..\n
  > a\nb\0\xff\rc\n..\n\r..
  > ..\n
  C: .
  > .
  B: 250 2.0.0 queued
  < 250 2.0.0 queued
  C: NOOP
  > NOOP
  B: 250-2.0.0 Ok
  B: 250 2.0.0 Ok
  < 250-2.0.0 Ok
  < 250 2.0.0 Ok
  C: QUIT
  > QUIT
  B: 221 bye
  < 221 bye
  C: NOOP
`,
);

for (const command of ['EHLO x', 'HELO x', 'MAIL FROM:<>', 'RCPT TO:<a>', 'RSET', 'NOOP', 'VRFY a', 'EXPN a', 'HELP']) {
  const verb = command.split(' ', 1).join('');
  transcript(
    `${verb} passes, in any case and bare`,
    `
    C: ${command}
    > ${command}
    B: 250 ok
    < 250 ok
    C: ${verb.toLowerCase()}
    > ${verb.toLowerCase()}
    B: 502 no
    < 502 no
    `,
  );
}

for (const [command, why] of [
  ['AUTH PLAIN AGFubmEAc2VjcmV0', 'auth'],
  ['auth', 'auth'],
  ['STARTTLS', 'starttls'],
  ['StartTLS ', 'starttls'],
  ['XCLIENT LOGIN=anna', 'xclient'],
  ['XFORWARD ADDR=192.0.2.1', 'xclient'],
] as const) {
  transcript(
    `${command}: another login is refused`,
    `
    C: ${command}
    < 503 5.5.1 Not permitted after login
    ! refused ${why}
    C: NOOP
    > NOOP
    B: 250 ok
    < 250 ok
    `.replace(`${command}\n`, `${command.endsWith(' ') ? `${command.trim()}\\x20` : command}\n`),
  );
}

for (const line of [
  'LOGIN anna secret',
  'ETRN example.org',
  'TURN',
  'ATRN example.org',
  'BURL imap://x LAST',
  'X-EXPS NTLM',
  'XYZZY',
  'POST / HTTP/1.1',
  'STARTTLSX',
  'MAILFROM:<a@b>',
  'NOOP:',
  'constructor',
  String.raw`\xa0STARTTLS`,
  String.raw`\x20STARTTLS`,
  String.raw`\x20\x20NOOP`,
  '',
]) {
  transcript(
    `${JSON.stringify(line)}: what is not known does not pass`,
    `
    C: ${line}
    < 500 5.5.2 Unknown command
    ! refused unknown-command
    `.replace('C: \n', 'C:\n'),
  );
}

for (const line of [
  String.raw`\tSTARTTLS`,
  String.raw`\x0bSTARTTLS`,
  String.raw`\x0cAUTH PLAIN x`,
  String.raw`NOOP\tx`,
  String.raw`NOOP x\x7f`,
  String.raw`NOOP\rSTARTTLS`,
  String.raw`NOOP x\x1b[0m`,
  String.raw`NOOP x\r`,
]) {
  transcript(
    `${line}: a control character does not pass`,
    `
    C: ${line}
    < 500 5.5.2 Unknown command
    ! refused control-character
    `,
  );
}

transcript(
  'a refusal is said in its place among the replies',
  `
  C: MAIL FROM:<a@b>
  > MAIL FROM:<a@b>
  C: STARTTLS
  ! refused starttls
  C: RCPT TO:<a@b>
  > RCPT TO:<a@b>
  C: XYZZY
  ! refused unknown-command
  C: AUTH LOGIN
  ! refused auth
  B: 250-sender
  B: 250 ok
  < 250-sender
  < 250 ok
  < 503 5.5.1 Not permitted after login
  B: 550 recipient
  < 550 recipient
  < 500 5.5.2 Unknown command
  < 503 5.5.1 Not permitted after login
  `,
);

transcript(
  'a client that is refused too often has to go, behind the replies that are due to it',
  `
  C: NOOP
  > NOOP
  ${`C: AUTH PLAIN
  ! refused auth
  `.repeat(9)}
  C: AUTH PLAIN
  ! refused auth
  ! refused too-many-refused
  C: NOOP
  B: 250 ok
  < 250 ok
  ${'< 503 5.5.1 Not permitted after login\n'.repeat(9)}
  < 421 4.7.0 The session cannot go on (id: a1b2)
  ! end
  C: NOOP
  B: 250 late
  `,
);

for (const [line, why] of [
  [String.raw`NOOP\nSTARTTLS\r\n`, 'bare-line-feed'],
  [String.raw`STARTTLS\n`, 'bare-line-feed'],
  [String.raw`\n`, 'bare-line-feed'],
  [String.raw`NOOP\0\r\n`, 'nul'],
  [String.raw`\0STARTTLS\r\n`, 'nul'],
  [`NOOP ${'x'.repeat(2042)}${String.raw`\r\n`}`, 'line-too-long'],
  ['x'.repeat(2049), 'line-too-long'],
] as const) {
  transcript(
    `${line.slice(0, 20)}, ${line.length} characters: what cannot be followed ends the session, behind the replies that are due`,
    `
    C: RSET
    > RSET
    C| ${line}
    ! refused ${why}
    C: NOOP
    B: 250 ok
    < 250 ok
    < 421 4.7.0 The session cannot go on (id: a1b2)
    ! end
    C: NOOP
    `,
  );
}

transcript(
  'a line of 2,048 octets passes, whole',
  `
  C| NOOP ${'x'.repeat(2041)}
  C| ${String.raw`\r`}
  C| ${String.raw`\n`}
  > NOOP ${'x'.repeat(2041)}
  `,
);

transcript(
  'behind a refused DATA are commands',
  `
  C: DATA
  > DATA
  C: STARTTLS
  ! holding
  C: NOOP
  C: .
  B: 503 5.5.1 MAIL first
  > NOOP
  < 503 5.5.1 MAIL first
  < 503 5.5.1 Not permitted after login
  ! refused starttls
  ! refused unknown-command
  ! reading
  B: 250 ok
  < 250 ok
  < 500 5.5.2 Unknown command
  `,
);

transcript(
  'behind DATA nothing goes on before the 354, then it is content',
  `
  C: MAIL FROM:<a@b>
  > MAIL FROM:<a@b>
  C: RCPT TO:<a@b>
  > RCPT TO:<a@b>
  C: DATA
  > DATA
  C: STARTTLS
  ! holding
  C: .
  C: NOOP
  C: XYZZY
  B: 250 ok
  < 250 ok
  B: 250 ok
  < 250 ok
  B: 354 go on
  > STARTTLS
  > .
  > NOOP
  < 354 go on
  ! refused unknown-command
  ! reading
  B: 250 queued
  < 250 queued
  B: 250 ok
  < 250 ok
  < 500 5.5.2 Unknown command
  `,
);

transcript(
  'behind QUIT nothing goes on, unless the server stays',
  `
  C: QUIT now
  > QUIT now
  C: NOOP
  ! holding
  B: 501 no parameters
  > NOOP
  < 501 no parameters
  ! reading
  B: 250 ok
  < 250 ok
  C: QUIT
  > QUIT
  C: NOOP
  ! holding
  B: 221 bye
  < 221 bye
  ! reading
  C: NOOP
  `,
);

const IN_CONTENT = `
  C: DATA
  > DATA
  B: 354 go on
  < 354 go on
`;

/** A gate at the beginning of content, or where a transcript has led it. */
function ready(script: string, gate: Gate = open()): Gate {
  for (const line of script.split('\n').map((text) => text.trim())) {
    if (line.startsWith('C: ')) gate.fromClient(Buffer.from(`${line.slice(3)}\r\n`));
    if (line.startsWith('B: ')) gate.fromBackend(Buffer.from(`${line.slice(3)}\r\n`));
  }
  return gate;
}

for (const [passed, octet] of [
  ['a\n.', '\n'],
  ['a\n.', '\r'],
  ['a\n.', '\0'],
  ['a\r.', '\n'],
  ['a\r.', '\r'],
  ['a\r.', '\0'],
  ['a\r\n\r.', '\r'],
  ['a\r\n\n.', '\r'],
  ['a\n\r.', '\r'],
  ['\n.', '\n'],
  ['\r.', '\r'],
  ['.', '\n'],
  ['.', '\0'],
  ['a\r\n.', '\n'],
  ['a\r\n.', '\0'],
  ['.\r', '\r'],
  ['a\r\n.\r', 'x'],
  ['a\r\n.\r', '.'],
  ['a\r\n.\r', '\0'],
  ['a\r\n.\r', '\r'],
  ['..\r\n.a\r\n', '.\n'],
] as const) {
  test(`${JSON.stringify(passed + octet)}: an end of content that servers see differently ends the session in front of it`, () => {
    for (const size of [Infinity, 1, 2, 3, 4]) {
      const gate = ready(IN_CONTENT);
      const text = `${passed}${octet}\nNOOP\r\n.\r\nSTARTTLS\r\n`;
      assert.deepEqual(feed(gate, 'client', { text, size }), {
        backend: octet.length > 1 ? passed + octet.slice(0, -1) : passed,
        client: '421 4.7.0 The session cannot go on (id: a1b2)\r\n',
        refused: ['ambiguous-end-of-content'],
        ended: true,
      });
      assert.deepEqual(feed(gate, 'backend', { text: '250 queued\r\n', size }).client, '');
    }
  });
}

test('a chunk of content without a line of its own to look at goes on as the same buffer', () => {
  const gate = ready(IN_CONTENT);
  const bytes = Buffer.from('a line. Another\r\n..\r\n'.repeat(1000));
  const [action, ...more] = gate.fromClient(bytes);
  assert.ok(action?.do === 'pass' && action.bytes === bytes);
  assert.deepEqual(more, []);
});

transcript(
  'content may be empty, and commands follow it',
  String.raw`${IN_CONTENT}
  C| .\r\nNOOP\r\nSTARTTLS\r\n
  > .
  > NOOP
  ! refused starttls
  B: 250 queued
  < 250 queued
  B: 250 ok
  < 250 ok
  < 503 5.5.1 Not permitted after login
  `,
);

transcript(
  'a reply before the content has ended cannot be followed',
  `${IN_CONTENT}
  C: a
  > a
  B: 552 too much
  < 421 4.7.0 The session cannot go on (id: a1b2)
  ! refused backend-reply
  ! end
  `,
);

for (const [title, reply] of [
  ['unasked', '250 ok'],
  ['unasked 354', '354 go on'],
] as const) {
  transcript(
    `${title}: a reply that is no answer ends the session`,
    `
    B: ${reply}
    < 421 4.7.0 The session cannot go on (id: a1b2)
    ! refused backend-reply
    ! end
    B: 250 ok
    `,
  );
}

for (const reply of [
  '354 go on',
  '334 AAAA',
  '150 wait',
  'hello',
  String.raw`250 ok\n250 ok`,
  String.raw`250-a\r\n251 b`,
]) {
  transcript(
    `${reply}: a reply that cannot be followed ends the session`,
    `
    C: NOOP
    > NOOP
    B: ${reply}
    < 421 4.7.0 The session cannot go on (id: a1b2)
    ! refused backend-reply
    ! end
    `,
  );
}

transcript(
  '421 passes, asked for or not, and the session ends',
  `
  C: NOOP
  > NOOP
  B: 421-a
  B: 421 b
  < 421-a
  < 421 b
  ! end
  C: NOOP
  `,
);
transcript(
  '421 unasked',
  `
  B: 421 timeout
  < 421 timeout
  ! end
  `,
);

transcript(
  'EHLO loses what would log in again',
  `
  C: EHLO x
  > EHLO x
  B: 250-mail.example
  B: 250-PIPELINING
  B: 250-STARTTLS
  B: 250-AUTH PLAIN LOGIN
  B: 250-AUTH=PLAIN
  B: 250-XCLIENT NAME ADDR LOGIN
  B: 250-XFORWARD NAME
  B: 250-SIZE 1000
  B: 250-ETRN
  B: 250-BURL imap
  B: 250 x-exps GSSAPI
  < 250-mail.example
  < 250-PIPELINING
  < 250 SIZE 1000
  C: EHLO x
  > EHLO x
  B: 250-mail.example
  B: 250 STARTTLS
  < 250 mail.example
  C: EHLO x
  > EHLO x
  B: 550-no
  B: 550 STARTTLS
  < 550-no
  < 550 STARTTLS
  C: HELP
  > HELP
  B: 214-see
  B: 214 STARTTLS
  < 214-see
  < 214 STARTTLS
  `,
);

const ACCEPTED = `
  C: MAIL FROM:<a@b>
  > MAIL FROM:<a@b>
  B: 250 ok
  < 250 ok
  C: RCPT TO:<a@b>
  > RCPT TO:<a@b>
  B: 250 ok
  < 250 ok
`;

transcript(
  'chunks pass, whatever is in them',
  String.raw`${ACCEPTED}
  C: BDAT 10
  > BDAT 10
  C: STARTTLS
  > STARTTLS
  C: STARTTLS
  ! refused starttls
  B: 250 ok
  < 250 ok
  < 503 5.5.1 Not permitted after login
  C: BDAT 0
  > BDAT 0
  B: 250 ok
  < 250 ok
  C: bdat 4 last
  > bdat 4 last
  C| \n.\r\n
  > \n.
  B: 250 queued
  < 250 queued
  `,
  chunking,
);

transcript(
  'a chunk waits for the replies to all that came before',
  `
  C: MAIL FROM:<a@b>
  > MAIL FROM:<a@b>
  C: RCPT TO:<a@b>
  > RCPT TO:<a@b>
  C: BDAT 4 LAST
  ! holding
  C: ab
  C: NOOP
  B: 250 ok
  < 250 ok
  B: 250 ok
  > BDAT 4 LAST
  > ab
  > NOOP
  < 250 ok
  ! reading
  `,
  chunking,
);

for (const [title, before] of [
  ['nothing was accepted', ''],
  ['every recipient was refused', 'C: MAIL FROM:<a@b>\nB: 250 ok\nC: RCPT TO:<a@b>\nB: 550 no'],
  ['the recipient is of an earlier sender', `${ACCEPTED}\nC: MAIL FROM:<a@b>\nB: 250 ok`],
  ['it was reset', `${ACCEPTED}\nC: RSET\nB: 250 ok`],
  ['it began anew', `${ACCEPTED}\nC: EHLO x\nB: 250-x\nB: 250 CHUNKING`],
  ['the message is complete', `${ACCEPTED}\nC: BDAT 0 LAST\nB: 250 ok`],
  ['the message is complete, by DATA', `${ACCEPTED}\nC: DATA\nB: 354 ok\nC: .\nB: 250 ok`],
  ['a chunk before it was refused', `${ACCEPTED}\nC: BDAT 0\nB: 452 full`],
] as const) {
  transcript(
    `${title}: a chunk goes nowhere, and is answered when it is over`,
    `
    C: BDAT 10 LAST
    C: STARTTLS
    < 503 5.5.1 MAIL and RCPT first
    C: BDAT 0
    < 503 5.5.1 MAIL and RCPT first
    C: NOOP
    > NOOP
    `,
    () => ready(before, chunking()),
  );
}

for (const line of [
  'BDAT',
  'BDAT x',
  'BDAT -1',
  'BDAT +1',
  'BDAT 01',
  'BDAT 0x10',
  'BDAT 1000000000',
  'BDAT 4294967297',
  'BDAT 10 LAST x',
  'BDAT 10 FIRST',
  'BDAT  10',
  String.raw`BDAT 10\x20`,
  String.raw`BDAT\t10`,
  String.raw`\x20BDAT 10`,
  String.raw`\x0bBDAT 10`,
]) {
  transcript(
    `${line}: a chunk of no certain size ends the session`,
    `
    C: ${line}
    < 421 4.7.0 The session cannot go on (id: a1b2)
    ! refused bad-chunk
    ! end
    C: STARTTLS
    `,
    () => ready(ACCEPTED, chunking()),
  );
}

for (const [title, before, capabilities] of [
  ['the login did not list CHUNKING', '', ['PIPELINING']],
  ['the last EHLO did not list CHUNKING', 'C: EHLO x\nB: 250-x\nB: 250 SIZE', ['CHUNKING']],
  ['EHLO was refused', 'C: EHLO x\nB: 550-x\nB: 550 CHUNKING', ['CHUNKING']],
  ['the client said HELO', 'C: HELO x\nB: 250-x\nB: 250 CHUNKING', ['CHUNKING']],
  ['NOOP listed CHUNKING', 'C: NOOP\nB: 250-x\nB: 250 CHUNKING', []],
] as const) {
  transcript(
    `${title}: a chunk ends the session`,
    `
    C: BDAT 10 LAST
    < 421 4.7.0 The session cannot go on (id: a1b2)
    ! refused bad-chunk
    ! end
    C: STARTTLS
    `,
    () => ready(before + ACCEPTED, open(...capabilities)),
  );
}

transcript(
  'CHUNKING that the last EHLO listed is good for chunks',
  `
  C: BDAT 2
  > BDAT 2
  C:
  >
  `,
  () => ready(`C: EHLO x\nB: 250-x\nB: 250 CHUNKING\n${ACCEPTED}`),
);

transcript(
  'a reply before the chunk is over cannot be followed',
  `
  C: BDAT 10
  > BDAT 10
  C| abc
  >|abc
  B: 552 too much
  < 421 4.7.0 The session cannot go on (id: a1b2)
  ! refused backend-reply
  ! end
  `,
  () => ready(ACCEPTED, chunking()),
);

test('what a client sends ahead is bounded', () => {
  const gate = ready('C: DATA');
  const outcome = feed(gate, 'client', { text: 'x'.repeat(3 * 1024 * 1024), size: 65_536 });
  assert.deepEqual([outcome.refused, outcome.backend, gate.holding], [['too-much-ahead'], '', false]);
  const ended = feed(gate, 'backend', { text: '354 go on\r\n', size: Infinity });
  assert.match(ended.client, /^354 go on\r\n421 /);
  assert.deepEqual([ended.ended, ended.backend], [true, '']);
});

test('replies that are due are bounded: the client waits', () => {
  const gate = open();
  const outcome = feed(gate, 'client', { text: 'NOOP\r\n'.repeat(1500), size: 1000 });
  assert.equal(outcome.backend, 'NOOP\r\n'.repeat(1000));
  assert.equal(gate.holding, true);
  const after = feed(gate, 'backend', { text: '250 ok\r\n'.repeat(1500), size: 5 });
  assert.deepEqual([after.backend, after.client], ['NOOP\r\n'.repeat(500), '250 ok\r\n'.repeat(1500)]);
  assert.deepEqual([gate.holding, gate.busy], [false, false]);
});

test('a reply without an end is bounded', () => {
  const gate = ready('C: HELP');
  const outcome = feed(gate, 'backend', { text: `214-${'x'.repeat(1000)}\r\n`.repeat(40), size: Infinity });
  assert.deepEqual([outcome.refused, outcome.ended], [['backend-reply'], true]);
});

test('busy says that something is kept, half said or not answered', () => {
  const gate = chunking();
  const states: boolean[] = [];
  for (const [from, text] of [
    ['client', 'NO'],
    ['client', 'OP\r\n'],
    ['backend', '250'],
    ['backend', ' ok\r\n'],
    ['client', 'BDAT 3\r\n'],
    ['client', 'abc'],
    ['client', 'DATA\r\n'],
    ['backend', '354 ok\r\n'],
    ['client', '.\r\n'],
    ['backend', '250 ok\r\n'],
  ] as const) {
    feed(gate, from, { text, size: Infinity });
    states.push(gate.busy);
  }
  assert.deepEqual(states, [true, true, true, false, true, false, true, true, true, false]);
  feed(gate, 'backend', { text: '421 time', size: Infinity });
  assert.equal(gate.busy, true);
});
