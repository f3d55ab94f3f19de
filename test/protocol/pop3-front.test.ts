import test from 'node:test';
import assert from 'node:assert/strict';
import type { FrontOptions } from '#protocol/machine.ts';
import { pop3 } from '#protocol/pop3/module.ts';
import { frontOptions } from '../support/dialogue-options.ts';
import { DENY_REASONS, frontTranscript, playFront } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => pop3.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });

const WRONG = '-ERR [AUTH] The user name or password is not right. (id: a1b2)';
const NEEDS_TLS =
  '-ERR [AUTH] This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app.';

// Greeting and capability.

frontTranscript(
  'greets without an APOP timestamp and lists what backend and gateway offer together',
  () =>
    open({
      capabilities: [
        'TOP',
        'UIDL',
        'EXPIRE 30',
        'SASL PLAIN CRAM-MD5',
        'USER',
        'STLS',
        'UTF8 USER',
        'IMPLEMENTATION x',
      ],
    }),
  String.raw`
    * connect
    S: +OK mail.example.com POP3 ready
    C: CAPA
    S: +OK Capabilities follow
    S: TOP
    S: UIDL
    S: EXPIRE 30
    S: USER
    S: SASL PLAIN LOGIN
    S: .
  `,
);

frontTranscript(
  'offers neither USER nor SASL before TLS, and both after it',
  clear,
  String.raw`
    C: capa
    S: +OK Capabilities follow
    S: STLS
    S: .
    C: AUTH
    S: +OK Mechanisms follow
    S: .
    C: STLS
    S: +OK Begin TLS negotiation
    ! start-tls
    * tls
    C: CAPA
    S: +OK Capabilities follow
    S: USER
    S: SASL PLAIN LOGIN
    S: .
  `,
);

frontTranscript(
  'offers a login without TLS where the listener says so',
  () => open({ tls: 'none', plaintextLogin: true }),
  String.raw`
    C: CAPA
    S: +OK Capabilities follow
    S: USER
    S: SASL PLAIN LOGIN
    S: .
    C: STLS
    S: -ERR TLS is not available here
    C: USER alice
    S: +OK Send your password
  `,
);

frontTranscript(
  'a bare AUTH lists the mechanisms, as Outlook asks for them',
  open,
  String.raw`
    C: AUTH
    S: +OK Mechanisms follow
    S: PLAIN
    S: LOGIN
    S: .
  `,
);

// TLS.

frontTranscript(
  'STLS is refused when TLS is active, and with an argument',
  open,
  String.raw`
    C: STLS
    S: -ERR TLS is already active
    C: STLS now
    S: -ERR This command takes no arguments
  `,
);

frontTranscript(
  'a name given before TLS is forgotten by it',
  clear,
  String.raw`
    C: USER alice
    S: ${NEEDS_TLS}
    C: STLS
    S: +OK Begin TLS negotiation
    ! start-tls
    * tls
    C: PASS secret
    S: -ERR Give a user name first
  `,
);

frontTranscript(
  'a password sent without TLS is refused and reported as exposed',
  clear,
  String.raw`
    C: USER alice
    S: ${NEEDS_TLS}
    C: PASS secret
    ! exposed alice
    S: ${NEEDS_TLS}
    C: PASS secret
    S: ${NEEDS_TLS}
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! exposed alice
    S: ${NEEDS_TLS}
    C: AUTH PLAIN
    S: ${NEEDS_TLS}
    C: AUTH LOGIN YWxpY2U=
    S: ${NEEDS_TLS}
  `,
);

// USER and PASS.

frontTranscript(
  'the password is the rest of the line, spaces included',
  open,
  String.raw`
    C: USER alice@example.com
    S: +OK Send your password
    C: PASS \x20two words \x20
    ! authenticate USER-PASS alice@example.com password " two words  "
    * accepted +OK Logged in.
    S: +OK Logged in.
    ! relay
  `,
);

frontTranscript(
  'names and passwords are UTF-8',
  open,
  `
    C: USER älice
    S: +OK Send your password
    C: PASS pässword
    ! authenticate USER-PASS älice password "pässword"
  `,
);

frontTranscript(
  'a name that is not UTF-8 and a password with a NUL are refused, a password of other octets is judged',
  open,
  String.raw`
    C: USER al\xffice
    S: -ERR Give a user name
    C: USER alice
    S: +OK Send your password
    C: PASS \xff\xfe
    ! authenticate USER-PASS alice password "${'\ufffd\ufffd'}"
    * deny wrong-credentials
    S: ${WRONG}
    C: USER alice
    S: +OK Send your password
    C: PASS a\0b
    S: -ERR A password holds no NUL
  `,
);

frontTranscript(
  'PASS needs a name, USER needs an argument, and an empty password is a wrong one',
  open,
  String.raw`
    C: PASS secret
    S: -ERR Give a user name first
    C: USER
    S: -ERR Give a user name
    C: USER alice
    S: +OK Send your password
    C: PASS
    ! authenticate USER-PASS alice password ""
    * deny identity-refused
    S: ${WRONG}
    C: PASS secret
    S: -ERR Give a user name first
  `,
);

frontTranscript(
  'the last of several names counts, and other commands between USER and PASS are allowed',
  open,
  String.raw`
    C: USER alice
    S: +OK Send your password
    C: USER bob
    S: +OK Send your password
    C: CAPA
    S: +OK Capabilities follow
    S: USER
    S: SASL PLAIN LOGIN
    S: .
    C: PASS secret
    ! authenticate USER-PASS bob password "secret"
  `,
);

// AUTH.

frontTranscript(
  'AUTH PLAIN with an initial response',
  open,
  String.raw`
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice password "secret"
    * accepted +OK
    S: +OK
    ! relay
  `,
);

frontTranscript(
  'AUTH PLAIN without an initial response gets an empty challenge',
  open,
  String.raw`
    C: auth plain
    S: +\x20
    C: Ym9iAGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice as bob password "secret"
    * deny identity-refused
    S: ${WRONG}
  `,
);

frontTranscript(
  'AUTH LOGIN asks for both, or for the password only',
  open,
  String.raw`
    C: AUTH LOGIN
    S: + VXNlcm5hbWU6
    C: YWxpY2U=
    S: + UGFzc3dvcmQ6
    C: c2VjcmV0
    ! authenticate LOGIN alice password "secret"
    * deny wrong-credentials
    S: ${WRONG}
    C: AUTH LOGIN YWxpY2U=
    S: + UGFzc3dvcmQ6
    C: c2VjcmV0
    ! authenticate LOGIN alice password "secret"
  `,
);

frontTranscript(
  'an aborted, malformed or unknown exchange leaves the session usable',
  open,
  String.raw`
    C: AUTH LOGIN
    S: + VXNlcm5hbWU6
    C: *
    S: -ERR Authentication cancelled
    C: AUTH PLAIN not base64!
    S: -ERR Syntax: AUTH mechanism [initial-response]
    C: AUTH PLAIN bm9wZQ=
    S: -ERR Malformed authentication response
    C: AUTH PLAIN =
    S: -ERR Malformed authentication response
    C: AUTH CRAM-MD5
    S: -ERR Unsupported authentication mechanism
    C: AUTH EXTERNAL =
    S: -ERR Unsupported authentication mechanism
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice password "secret"
  `,
);

frontTranscript(
  'a refused token is followed by a challenge that the client must answer first',
  () => open({ mechanisms: ['XOAUTH2'] }),
  String.raw`
    C: AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbgEB
    ! authenticate XOAUTH2 alice token "token"
    * deny wrong-credentials
    S: + eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=
    C:
    S: ${WRONG}
  `,
);

// Wrong order, unknown commands, limits.

frontTranscript(
  'commands of the session, APOP and nonsense are refused alike',
  open,
  String.raw`
    C: STAT
    S: -ERR Unknown command, or one that needs a login first
    C: APOP alice c4c9334bac560ecc979e58001b3e22fb
    S: -ERR Unknown command, or one that needs a login first
    C: NOOP
    S: -ERR Unknown command, or one that needs a login first
    C: XCLIENT ADDR=127.0.0.1
    S: -ERR Unknown command, or one that needs a login first
    C:
    S: -ERR Unknown command, or one that needs a login first
    C: QUIT
    S: +OK Goodbye
    ! close logout
  `,
);

frontTranscript(
  'ten errors end the connection',
  open,
  `${'C: X\nS: -ERR Unknown command, or one that needs a login first\n'.repeat(9)}
C: X
S: -ERR Too many errors: connect again.
! close misbehaved
`,
);

frontTranscript(
  'a command line has 255 octets, AUTH has more, and what is over the limit is dropped as a whole',
  open,
  [
    `C: USER ${'a'.repeat(248)}`,
    'S: +OK Send your password',
    `C: USER ${'a'.repeat(249)}`,
    'S: -ERR Line too long',
    `C: AUTH PLAIN ${Buffer.from(`\0alice\0${'p'.repeat(6000)}`).toString('base64')}`,
    `! authenticate PLAIN alice password "${'p'.repeat(6000)}"`,
    '* deny wrong-credentials',
    `S: ${WRONG}`,
    `C: AUTH PLAIN ${'A'.repeat(13_000)}`,
    'S: -ERR Line too long',
    'C: QUIT',
    'S: +OK Goodbye',
    '! close logout',
  ].join('\n'),
);

frontTranscript(
  'a client that speaks HTTP is cut off without an answer',
  open,
  String.raw`
    C: POST / HTTP/1.1
    ! close misbehaved
    C: USER alice
    C: PASS secret
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
  String.raw`
    C: USER alice
    S: +OK Send your password
    C| PASS secret\r\nSTAT\r\nLIST\r\nRETR
    ! authenticate USER-PASS alice password "secret"
    * accepted +OK 3 messages
    S: +OK 3 messages
    ! relay + STAT\r\nLIST\r\nRETR
  `,
);

frontTranscript(
  'what is pipelined behind a refused login is read as the next command',
  open,
  String.raw`
    C: USER alice
    S: +OK Send your password
    C| PASS secret\r\nQUIT\r\n
    ! authenticate USER-PASS alice password "secret"
    * deny wrong-credentials
    S: ${WRONG}
    S: +OK Goodbye
    ! close logout
  `,
);

// Every verdict.

const LOGIN = String.raw`
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice password "secret"
`;

frontTranscript(
  'who is told to get an app password is told where',
  open,
  `${LOGIN}
  * deny app-password-required
  S: -ERR [AUTH] This account uses two-step authentication: your mail app needs an app password, not your usual password. Get one at https://portal.example.com/ (id: a1b2)
  `,
);

frontTranscript(
  'who must set up two-step authentication is told where',
  open,
  `${LOGIN}
  * deny enrolment-required
  S: -ERR [AUTH] Two-step authentication must be set up first at https://portal.example.com/ (id: a1b2)
  `,
);

frontTranscript(
  'throttled means wait, and the session stays usable',
  open,
  `${LOGIN}
  * throttle 61
  S: -ERR [SYS/TEMP] Too many failed sign-ins. Wait 2 minutes, then try again. (id: a1b2)
  C: QUIT
  S: +OK Goodbye
  ! close logout
  `,
);

frontTranscript(
  'an outage is temporary and ends the connection',
  open,
  `${LOGIN}
  * unavailable
  S: -ERR [SYS/TEMP] The mail server cannot check sign-ins just now. This does not mean that your password is wrong: try again later. (id: a1b2)
  ! close unavailable
  `,
);

frontTranscript(
  "a backend's own refusal is repeated with its code",
  open,
  `${LOGIN}
  * backend-refused SYS/PERM Mailbox expired.
  S: -ERR [SYS/PERM] Mailbox expired. (id: a1b2)
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  ! authenticate PLAIN alice password "secret"
  * backend-refused -
  S: -ERR [SYS/PERM] The mail server does not let this account sign in. (id: a1b2)
  `,
);

test('every other reason sounds exactly like a wrong password', () => {
  const hinted = new Set(['app-password-required', 'enrolment-required', 'out-of-scope']);
  for (const reason of DENY_REASONS.filter((known) => !hinted.has(known))) {
    const played = playFront(open(), `C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\n* deny ${reason}`);
    assert.deepEqual(played.at(-1), `S: ${WRONG}`, reason);
  }
});

test('without a portal the hints name the administrator', () => {
  for (const reason of ['app-password-required', 'enrolment-required', 'out-of-scope'] as const) {
    const played = playFront(open({ portalUrl: '' }), `C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\n* deny ${reason}`);
    assert.match(played.at(-1) ?? '', /^S: -ERR \[AUTH\] .*Ask your administrator .*\. \(id: a1b2\)$/, reason);
  }
});

// The end by our own will.

test('an outage known in advance is said in place of the greeting', () => {
  const [said, closed, ...more] = open().stop('unavailable');
  assert.deepEqual(
    [said?.do === 'send' ? said.bytes.toString() : '', closed, more],
    [
      '-ERR [SYS/TEMP] The mail server is not available just now: try again later. (id: a1b2)\r\n',
      { do: 'close', why: 'unavailable' },
      [],
    ],
  );
});

frontTranscript(
  'a deadline is announced between commands',
  open,
  String.raw`
    C: USER alice
    S: +OK Send your password
    * stop deadline
    S: -ERR [SYS/TEMP] The connection was idle for too long: connect again. (id: a1b2)
    ! close deadline
  `,
);

frontTranscript(
  'a drain is announced while a verdict is awaited, which then has nobody to tell',
  open,
  `${LOGIN}
  * stop drain
  S: -ERR [SYS/TEMP] The mail server is restarting: connect again. (id: a1b2)
  ! close drain
  * deny wrong-credentials
  `,
);

// Whatever comes.

frontTranscript(
  'a password of a thousand octets is judged, and any other command has 255',
  open,
  [
    'C: USER alice',
    'S: +OK Send your password',
    `C: PASS ${'p'.repeat(1024)}`,
    `! authenticate USER-PASS alice password "${'p'.repeat(1024)}"`,
    '* deny wrong-credentials',
    `S: ${WRONG}`,
    `C: USER ${'a'.repeat(249)}`,
    'S: -ERR Line too long',
  ].join('\n'),
);
