import test from 'node:test';
import assert from 'node:assert/strict';
import type { FrontOptions } from '#protocol/machine.ts';
import { submission } from '#protocol/submission/module.ts';
import { frontOptions } from '../support/dialogue-options.ts';
import { DENY_REASONS, frontTranscript, playFront } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => submission.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });

const TLS_REQUIRED =
  'This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app.';
const WRONG = '535 5.7.8 The user name or password is not right. (id: a1b2)';
const BACKEND_KEYWORDS = [
  'PIPELINING',
  'SIZE 52428800',
  'VRFY',
  'ETRN',
  'STARTTLS',
  'AUTH GSSAPI NTLM',
  'AUTH=LOGIN',
  'ENHANCEDSTATUSCODES',
  '8BITMIME',
  'DSN',
  'SMTPUTF8',
  'CHUNKING',
  'XCLIENT NAME ADDR LOGIN',
  'XFORWARD NAME',
  'X-EXPS GSSAPI NTLM',
  'X-ANONYMOUSTLS',
];
const HELLO = `
  C: EHLO [192.168.1.5]
  S: 250-mail.example.com
  S: 250 AUTH PLAIN LOGIN
`;
const LOGIN = `${HELLO.trimEnd()}
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice password "secret"
`;

// Greeting and capability.

frontTranscript(
  'lists what backend and gateway offer together, without other ways to log in or to start TLS',
  () => open({ capabilities: BACKEND_KEYWORDS }),
  String.raw`
    * connect
    S: 220 mail.example.com ESMTP ready
    C: EHLO client.example.org
    S: 250-mail.example.com
    S: 250-PIPELINING
    S: 250-SIZE 52428800
    S: 250-VRFY
    S: 250-ENHANCEDSTATUSCODES
    S: 250-8BITMIME
    S: 250-DSN
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250 AUTH PLAIN LOGIN
    C: HELO client.example.org
    S: 250 mail.example.com
  `,
);

frontTranscript(
  'offers STARTTLS and no AUTH before TLS, and the reverse after it',
  clear,
  String.raw`
    C: ehlo x
    S: 250-mail.example.com
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 2.0.0 Begin TLS negotiation
    ! start-tls
    * tls
    C: EHLO x
    S: 250-mail.example.com
    S: 250 AUTH PLAIN LOGIN
  `,
);

frontTranscript(
  'offers a login without TLS where the listener says so',
  () => open({ tls: 'none', plaintextLogin: true }),
  String.raw`
    C: EHLO x
    S: 250-mail.example.com
    S: 250 AUTH PLAIN LOGIN
    C: STARTTLS
    S: 502 5.5.1 TLS is not available here
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice password "secret"
  `,
);

test('a client may call itself anything, and the gateway learns what', () => {
  for (const name of ['localhost', '[127.0.0.1]', '[IPv6:::1]', 'Bürocomputer', 'my pc', 'a_b', '-', '<script>']) {
    const dialogue = open();
    const played = playFront(dialogue, `C: EHLO ${name}`);
    assert.deepEqual(played.at(-1), 'S: 250 AUTH PLAIN LOGIN', name);
    assert.deepEqual(dialogue.helo, { verb: 'EHLO', name: Buffer.from(name).toString('latin1') });
  }
});

test('the last name given counts, and TLS forgets it', () => {
  const dialogue = clear();
  playFront(dialogue, 'C: EHLO one\nC: HELO two');
  assert.deepEqual(dialogue.helo, { verb: 'HELO', name: 'two' });
  dialogue.receive(Buffer.from('STARTTLS\r\n'));
  dialogue.tlsStarted();
  assert.equal(dialogue.helo, undefined);
});

frontTranscript(
  'a name that could not be repeated is refused',
  open,
  [
    'C: EHLO',
    'S: 501 5.5.4 Give your name: EHLO name',
    String.raw`C: EHLO a\0b`,
    'S: 501 5.5.4 Give your name: EHLO name',
    String.raw`C: HELO a\rb`,
    'S: 501 5.5.4 Give your name: EHLO name',
    `C: EHLO ${'a'.repeat(256)}`,
    'S: 501 5.5.4 Give your name: EHLO name',
    'C: AUTH PLAIN AGFsaWNlAHNlY3JldA==',
    'S: 503 5.5.1 Send EHLO first',
  ].join('\n'),
);

// TLS.

frontTranscript(
  'STARTTLS is refused when TLS is active, and with a parameter',
  open,
  String.raw`
    C: STARTTLS
    S: 503 5.5.1 TLS is already active
    C: STARTTLS now
    S: 501 5.5.4 This command takes no parameters
  `,
);

frontTranscript(
  'a password sent without TLS is refused and reported as exposed',
  clear,
  `
    C: EHLO x
    S: 250-mail.example.com
    S: 250 STARTTLS
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! exposed alice
    S: 538 5.7.11 ${TLS_REQUIRED}
    C: AUTH PLAIN
    S: 538 5.7.11 ${TLS_REQUIRED}
    C: AUTH LOGIN YWxpY2U=
    S: 538 5.7.11 ${TLS_REQUIRED}
    C: MAIL FROM:<alice@example.com>
    S: 530 5.7.0 Must issue a STARTTLS command first
  `,
);

frontTranscript(
  'a password sent without TLS and without EHLO is exposed all the same',
  clear,
  `
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! exposed alice
    S: 538 5.7.11 ${TLS_REQUIRED}
  `,
);

// AUTH.

frontTranscript(
  'AUTH PLAIN with an initial response',
  open,
  `${LOGIN}
  * accepted 235 2.7.0 Authentication successful
  S: 235 2.7.0 Authentication successful
  ! relay
  `,
);

frontTranscript(
  'AUTH PLAIN without an initial response gets an empty challenge',
  open,
  `${HELLO}
  C: auth plain
  S: 334\\x20
  C: Ym9iAGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice as bob password "secret"
  * deny identity-refused
  S: ${WRONG}
  `,
);

frontTranscript(
  'Windows Mail sends two spaces before its initial response, others send one behind the mechanism',
  open,
  `${HELLO}
  C: AUTH PLAIN  AGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice password "secret"
  * deny wrong-credentials
  S: ${WRONG}
  C: AUTH PLAIN\\x20
  S: 334\\x20
  C: AGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice password "secret"
  `,
);

frontTranscript(
  'AUTH LOGIN asks for both, or for the password only',
  open,
  `${HELLO}
  C: AUTH LOGIN
  S: 334 VXNlcm5hbWU6
  C: YWxpY2U=
  S: 334 UGFzc3dvcmQ6
  C: c2VjcmV0
  ! authenticate LOGIN alice password "secret"
  * deny wrong-credentials
  S: ${WRONG}
  C: AUTH LOGIN YWxpY2U=
  S: 334 UGFzc3dvcmQ6
  C: c2VjcmV0
  ! authenticate LOGIN alice password "secret"
  `,
);

frontTranscript(
  'an aborted, malformed or unknown exchange leaves the session usable',
  open,
  `${HELLO}
  C: AUTH LOGIN
  S: 334 VXNlcm5hbWU6
  C: *
  S: 501 5.7.0 Authentication cancelled
  C: AUTH PLAIN bm9wZQ=
  S: 501 5.5.2 Malformed authentication response
  C: AUTH PLAIN =
  S: 501 5.5.2 Malformed authentication response
  C: AUTH
  S: 501 5.5.4 Syntax: AUTH mechanism [initial-response]
  C: AUTH PLAIN a b
  S: 501 5.5.4 Syntax: AUTH mechanism [initial-response]
  C: AUTH CRAM-MD5
  S: 504 5.5.4 Unsupported authentication mechanism
  C: AUTH EXTERNAL =
  S: 504 5.5.4 Unsupported authentication mechanism
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice password "secret"
  `,
);

frontTranscript(
  'a refused token is followed by a challenge that the client must answer first',
  () => open({ mechanisms: ['XOAUTH2'] }),
  String.raw`
    C: HELO x
    S: 250 mail.example.com
    C: AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbgEB
    ! authenticate XOAUTH2 alice token "token"
    * deny wrong-credentials
    S: 334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=
    C:
    S: ${WRONG}
  `,
);

frontTranscript(
  'AUTH waits for EHLO',
  open,
  String.raw`
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    S: 503 5.5.1 Send EHLO first
  `,
);

// Wrong order, unknown commands, limits.

frontTranscript(
  'mail waits for the login',
  open,
  `${HELLO}
  C: MAIL FROM: <alice@example.com>
  S: 530 5.7.0 Authentication required
  C: RCPT TO:<bob@example.net>
  S: 530 5.7.0 Authentication required
  C: DATA
  S: 530 5.7.0 Authentication required
  `,
);

frontTranscript(
  'what a chunk holds is not read as commands',
  open,
  String.raw`
    C| BDAT 9 LAST\r\nEHLO x\r\nEHLO y\r\n
    S: 530 5.7.0 Authentication required
    ! close misbehaved
  `,
);

frontTranscript(
  'harmless commands are answered politely',
  open,
  String.raw`
    C: NOOP are you there
    S: 250 2.0.0 OK
    C: RSET
    S: 250 2.0.0 OK
    C: HELP
    S: 214 2.0.0 Introduce yourself with EHLO, then log in with AUTH
    C: VRFY alice
    S: 252 2.0.0 Addresses are not verified before login; send the message and see
    C: quit
    S: 221 2.0.0 Goodbye
    ! close logout
  `,
);

frontTranscript(
  'unknown commands are refused, those of a trusted gateway among them',
  open,
  String.raw`
    C: XCLIENT ADDR=127.0.0.1 LOGIN=alice
    S: 500 5.5.1 Unknown command
    C: EXPN staff
    S: 500 5.5.1 Unknown command
    C:
    S: 500 5.5.1 Unknown command
    C: \xff\xfe
    S: 500 5.5.1 Unknown command
    C: EHLO\tx
    S: 500 5.5.1 Unknown command
  `,
);

frontTranscript(
  'ten errors end the connection',
  open,
  `${'C: X\nS: 500 5.5.1 Unknown command\n'.repeat(9)}
C: X
S: 421 4.7.0 Too many errors: connect again.
! close misbehaved
`,
);

frontTranscript(
  'an exchange may have long lines, and what is over the limit is dropped as a whole',
  open,
  [
    'C: HELO x',
    'S: 250 mail.example.com',
    `C: AUTH PLAIN ${Buffer.from(`\0alice\0${'p'.repeat(9000)}`).toString('base64')}`,
    `! authenticate PLAIN alice password "${'p'.repeat(9000)}"`,
    '* deny wrong-credentials',
    `S: ${WRONG}`,
    `C: AUTH PLAIN ${'A'.repeat(13_000)}`,
    'S: 500 5.5.6 Line too long',
    'C: AUTH PLAIN',
    'S: 334\\x20',
    `C: ${'A'.repeat(12_292)}`,
    'S: 500 5.5.6 Authentication response too long',
    'C: QUIT',
    'S: 221 2.0.0 Goodbye',
    '! close logout',
  ].join('\n'),
);

frontTranscript(
  'a browser is cut off without an answer',
  open,
  String.raw`
    C: POST / HTTP/1.1
    ! close misbehaved
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  `,
);

frontTranscript(
  'a TLS hello in clear is cut off at its first byte',
  clear,
  String.raw`
    C| \x16\x03\x01\x02\x00
    ! close misbehaved
  `,
);

// Pipelining.

frontTranscript(
  'what is pipelined behind an accepted login belongs to the backend',
  open,
  `${HELLO}
  C| AUTH PLAIN AGFsaWNlAHNlY3JldA==\\r\\nMAIL FROM:<a@example.com>\\r\\nRCPT
  ! authenticate PLAIN alice password "secret"
  * untagged 235-2.7.0 Welcome
  * accepted 235 2.7.0 alice
  S: 235-2.7.0 Welcome
  S: 235 2.7.0 alice
  ! relay + MAIL FROM:<a@example.com>\\r\\nRCPT
  `,
);

frontTranscript(
  'what is pipelined behind a refused login is read as the next command',
  open,
  `${HELLO}
  C| AUTH PLAIN AGFsaWNlAHNlY3JldA==\\r\\nMAIL FROM:<a@example.com>\\r\\nQUIT\\r\\n
  ! authenticate PLAIN alice password "secret"
  * deny wrong-credentials
  S: ${WRONG}
  S: 530 5.7.0 Authentication required
  S: 221 2.0.0 Goodbye
  ! close logout
  `,
);

// Every verdict.

frontTranscript(
  'who is told to get an app password is told where',
  open,
  `${LOGIN}
  * deny app-password-required
  S: 535 5.7.8 This account uses two-step authentication: your mail app needs an app password, not your usual password. Get one at https://portal.example.com/ (id: a1b2)
  `,
);

frontTranscript(
  'who must set up two-step authentication is told where',
  open,
  `${LOGIN}
  * deny enrolment-required
  S: 535 5.7.8 Two-step authentication must be set up first at https://portal.example.com/ (id: a1b2)
  `,
);

frontTranscript(
  'an app password for other programs says so',
  open,
  `${LOGIN}
  * deny out-of-scope
  S: 535 5.7.8 This app password is not for this kind of mail program. Get another one at https://portal.example.com/ (id: a1b2)
  `,
);

frontTranscript(
  'throttled means wait, and the session stays usable',
  open,
  `${LOGIN}
  * throttle 30
  S: 454 4.7.0 Too many failed sign-ins. Wait 1 minute, then try again. (id: a1b2)
  C: QUIT
  S: 221 2.0.0 Goodbye
  ! close logout
  `,
);

frontTranscript(
  'an outage closes the connection, so that no program asks for another password',
  open,
  `${LOGIN}
  * unavailable
  S: 421 4.7.0 The mail server cannot check sign-ins just now. This does not mean that your password is wrong: try again later. (id: a1b2)
  ! close unavailable
  `,
);

frontTranscript(
  "a backend's own refusal is repeated with its enhanced code, always as a 535",
  open,
  `${LOGIN}
  * backend-refused 5.7.9 Please log in with your web browser.
  S: 535 5.7.9 Please log in with your web browser. (id: a1b2)
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice password "secret"
  * backend-refused -
  S: 535 5.7.8 The mail server does not let this account sign in. (id: a1b2)
  `,
);

test('every refusal is a 535 5.7.8, and all but three sound exactly like a wrong password', () => {
  const hinted = new Set(['app-password-required', 'enrolment-required', 'out-of-scope']);
  for (const reason of DENY_REASONS) {
    const said = playFront(open(), `C: EHLO x\nC: AUTH PLAIN AGFsaWNlAHNlY3JldA==\n* deny ${reason}`).at(-1);
    assert.match(said ?? '', /^S: 535 5\.7\.8 .* \(id: a1b2\)$/, reason);
    assert.equal(said === `S: ${WRONG}`, !hinted.has(reason), reason);
  }
});

// The end by our own will.

test('an outage known in advance is said in place of the greeting', () => {
  const [said, closed, ...more] = open().stop('unavailable');
  assert.deepEqual(
    [said?.do === 'send' ? said.bytes.toString() : '', closed, more],
    [
      '421 4.7.0 The mail server is not available just now: try again later. (id: a1b2)\r\n',
      { do: 'close', why: 'unavailable' },
      [],
    ],
  );
});

frontTranscript(
  'a deadline is announced, in the middle of an exchange too',
  open,
  `${HELLO}
  C: AUTH LOGIN
  S: 334 VXNlcm5hbWU6
  * stop deadline
  S: 421 4.4.2 The connection was idle for too long: connect again. (id: a1b2)
  ! close deadline
  `,
);

frontTranscript(
  'a drain is announced while a verdict is awaited, which then has nobody to tell',
  open,
  `${LOGIN}
  * stop drain
  S: 421 4.3.2 The mail server is restarting: connect again. (id: a1b2)
  ! close drain
  * deny wrong-credentials
  `,
);

// Whatever comes.

frontTranscript(
  'an answer to a challenge may end with CR CR LF, as Postfix takes it',
  open,
  String.raw`
    C: EHLO client.example
    S: 250-mail.example.com
    S: 250 AUTH PLAIN LOGIN
    C: AUTH PLAIN
    S: 334\x20
    C| AGFsaWNlAHNlY3JldA==\r\r\n
    ! authenticate PLAIN alice password "secret"
  `,
);
