import test from 'node:test';
import assert from 'node:assert/strict';
import type { FrontOptions } from '#protocol/machine.ts';
import { sieve } from '#protocol/sieve/module.ts';
import { frontOptions } from '../support/dialogue-options.ts';
import { DENY_REASONS, frontTranscript, playFront } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => sieve.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });

const WRONG = 'NO "The user name or password is not right. (id: a1b2)"';
const NEEDS_TLS =
  'NO (ENCRYPT-NEEDED) "This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app."';
const LOGIN_FIRST = 'NO "Unknown command, or one that needs a login first."';
const BACKEND_CAPABILITIES = [
  '"IMPLEMENTATION" "Dovecot Pigeonhole"',
  '"SIEVE" "fileinto reject"',
  '"NOTIFY" "mailto"',
  '"SASL" "PLAIN GSSAPI"',
  '"STARTTLS"',
  '"VERSION" "1.0"',
  '"OWNER" "alice"',
  '"UNAUTHENTICATE"',
  '"XCLIENT"',
];
const LOGIN = String.raw`
  C: AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="
  ! authenticate PLAIN alice password "secret"
`;

// Greeting and capability.

frontTranscript(
  'greets with what backend and gateway offer together, and says the same when asked',
  () => open({ capabilities: BACKEND_CAPABILITIES }),
  String.raw`
    * connect
    S: "IMPLEMENTATION" "Dovecot Pigeonhole"
    S: "SIEVE" "fileinto reject"
    S: "NOTIFY" "mailto"
    S: "VERSION" "1.0"
    S: "SASL" "PLAIN LOGIN"
    S: OK "mail.example.com ManageSieve ready."
    C: capability
    S: "IMPLEMENTATION" "Dovecot Pigeonhole"
    S: "SIEVE" "fileinto reject"
    S: "NOTIFY" "mailto"
    S: "VERSION" "1.0"
    S: "SASL" "PLAIN LOGIN"
    S: OK "Capability completed."
  `,
);

frontTranscript(
  'offers STARTTLS and no mechanism before TLS; afterwards sends the new list unasked',
  clear,
  String.raw`
    * connect
    S: "SASL" ""
    S: "STARTTLS"
    S: OK "mail.example.com ManageSieve ready."
    C: STARTTLS
    S: OK "Begin TLS negotiation."
    ! start-tls
    * tls
    S: "SASL" "PLAIN LOGIN"
    S: OK "TLS negotiation successful."
  `,
);

frontTranscript(
  'offers a login without TLS where the listener says so',
  () => open({ tls: 'none', plaintextLogin: true }),
  String.raw`
    * connect
    S: "SASL" "PLAIN LOGIN"
    S: OK "mail.example.com ManageSieve ready."
    C: STARTTLS
    S: NO "TLS is not available here."
    C: AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="
    ! authenticate PLAIN alice password "secret"
  `,
);

// TLS.

frontTranscript(
  'STARTTLS is refused when TLS is active, and with an argument',
  open,
  String.raw`
    C: STARTTLS
    S: NO "TLS is already active."
    C: STARTTLS "now"
    S: NO "This command takes no arguments."
  `,
);

frontTranscript(
  'a password sent without TLS is refused and reported as exposed',
  clear,
  `
    C: AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="
    ! exposed alice
    S: ${NEEDS_TLS}
    C: AUTHENTICATE "PLAIN"
    S: ${NEEDS_TLS}
    C| AUTHENTICATE "PLAIN" {20+}\\r\\nAGFsaWNlAHNlY3JldA==\\r\\n
    ! exposed alice
    S: ${NEEDS_TLS}
  `,
);

// AUTHENTICATE.

frontTranscript(
  'AUTHENTICATE with a quoted initial response',
  open,
  `${LOGIN}
  * untagged "SIEVE" "fileinto"
  * accepted OK "Logged in."
  S: "SIEVE" "fileinto"
  S: OK "Logged in."
  ! relay
  `,
);

frontTranscript(
  'AUTHENTICATE with literals for everything',
  open,
  String.raw`
    C| AUTHENTICATE {5+}\r\nPLAIN {20+}\r\nAGFsaWNlAHNlY3JldA==\r\n
    ! authenticate PLAIN alice password "secret"
  `,
);

frontTranscript(
  'AUTHENTICATE without an initial response, answered by a quoted string or by a literal',
  open,
  String.raw`
    C: authenticate "plain"
    S: ""
    C: "Ym9iAGFsaWNlAHNlY3JldA=="
    ! authenticate PLAIN alice as bob password "secret"
    * deny identity-refused
    S: ${WRONG}
    C: AUTHENTICATE "LOGIN"
    S: "VXNlcm5hbWU6"
    C| {8+}\r\nYWxpY2U=\r\n
    S: "UGFzc3dvcmQ6"
    C: "c2VjcmV0"
    ! authenticate LOGIN alice password "secret"
  `,
);

frontTranscript(
  'an aborted, malformed or unknown exchange leaves the session usable',
  open,
  String.raw`
    C: AUTHENTICATE "LOGIN"
    S: "VXNlcm5hbWU6"
    C: "*"
    S: NO "Authentication cancelled."
    C: AUTHENTICATE "LOGIN"
    S: "VXNlcm5hbWU6"
    C: LOGOUT
    S: NO "Malformed authentication response."
    C: AUTHENTICATE "PLAIN" "bm9wZQ="
    S: NO "Malformed authentication response."
    C: AUTHENTICATE "PLAIN" ""
    S: NO "Malformed authentication response."
    C: AUTHENTICATE PLAIN
    S: NO "Syntax: AUTHENTICATE mechanism [initial-response]."
    C: AUTHENTICATE "PLAIN" atom
    S: NO "Syntax: AUTHENTICATE mechanism [initial-response]."
    C: AUTHENTICATE "PLAIN" "a" "b"
    S: NO "Syntax: AUTHENTICATE mechanism [initial-response]."
    C: AUTHENTICATE "EXTERNAL" ""
    S: NO "Unsupported authentication mechanism."
    C: AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="
    ! authenticate PLAIN alice password "secret"
  `,
);

frontTranscript(
  'a refused token is followed by a challenge that the client must answer first',
  () => open({ mechanisms: ['XOAUTH2'] }),
  String.raw`
    C: AUTHENTICATE "XOAUTH2" "dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbgEB"
    ! authenticate XOAUTH2 alice token "token"
    * deny wrong-credentials
    S: "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0="
    C: ""
    S: ${WRONG}
  `,
);

// Wrong order, unknown commands, limits.

frontTranscript(
  'NOOP gives its argument back',
  open,
  String.raw`
    C: NOOP
    S: OK "NOOP completed."
    C: NOOP "STARTTLS-SYNC-42"
    S: OK (TAG "STARTTLS-SYNC-42") "Done."
    C: NOOP "a \\"quoted\\" \\\\ tag"
    S: OK (TAG "a \\"quoted\\" \\\\ tag") "Done."
    C| NOOP {4+}\r\na\r\nb\r\n
    S: OK (TAG {4}
    S: a
    S: b) "Done."
    C: NOOP "\xff"
    S: NO "The command could not be read."
    C: NOOP "a" "b"
    S: NO "The command could not be read."
    C: LOGOUT
    S: OK "Logout completed."
    ! close logout
  `,
);

frontTranscript(
  'the commands of a session wait for the login, and their scripts are not read as commands',
  open,
  String.raw`
    C: LISTSCRIPTS
    S: ${LOGIN_FIRST}
    C| PUTSCRIPT "x" {18+}\r\nLOGOUT\r\nSTARTTLS\r\n\r\n
    S: ${LOGIN_FIRST}
    C: UNAUTHENTICATE
    S: ${LOGIN_FIRST}
    C: XCLIENT ADDR=127.0.0.1
    S: ${LOGIN_FIRST}
  `,
);

frontTranscript(
  'what cannot be read is refused',
  open,
  String.raw`
    C: "CAPABILITY"
    S: NO "The command could not be read."
    C:
    S: NO "The command could not be read."
    C: NOOP "unfinished
    S: NO "The command could not be read."
    C: NOOP {3}
    S: NO "Send strings as {n+}."
    C: CAPABILITY "now"
    S: NO "This command takes no arguments."
  `,
);

frontTranscript(
  'a script that is too long is read to its end and dropped',
  open,
  [
    String.raw`C| PUTSCRIPT "x" {20000+}\r\n${'LOGOUT\\r\\n'.repeat(2500)}\r\n`,
    'S: NO "String too long."',
    `C: NOOP "${'x'.repeat(13_000)}"`,
    'S: NO "Line too long."',
    'C: NOOP',
    'S: OK "NOOP completed."',
    'C: PUTSCRIPT "x" {999999999+}',
    'S: BYE "A string is far too long."',
    '! close misbehaved',
  ].join('\n'),
);

frontTranscript(
  'ten errors end the connection',
  open,
  `${`C: X\nS: ${LOGIN_FIRST}\n`.repeat(9)}
C: X
S: BYE "Too many errors: connect again."
! close misbehaved
`,
);

frontTranscript(
  'a browser is cut off without an answer',
  open,
  String.raw`
    C: GET / HTTP/1.1
    ! close misbehaved
    C: LOGOUT
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
    C| AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="\r\nLISTSCRIPTS\r\nPUTSC
    ! authenticate PLAIN alice password "secret"
    * accepted OK "Logged in."
    S: OK "Logged in."
    ! relay + LISTSCRIPTS\r\nPUTSC
  `,
);

frontTranscript(
  'what is pipelined behind a refused login is read as the next command',
  open,
  String.raw`
    C| AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="\r\nLOGOUT\r\n
    ! authenticate PLAIN alice password "secret"
    * deny wrong-credentials
    S: ${WRONG}
    S: OK "Logout completed."
    ! close logout
  `,
);

// Every verdict.

frontTranscript(
  'who is told to get an app password is told where',
  open,
  `${LOGIN}
  * deny app-password-required
  S: NO "This account uses two-step authentication: your mail app needs an app password, not your usual password. Get one at https://portal.example.com/ (id: a1b2)"
  `,
);

frontTranscript(
  'throttled means wait, and the session stays usable',
  open,
  `${LOGIN}
  * throttle 3600
  S: NO (TRYLATER) "Too many failed sign-ins. Wait 60 minutes, then try again. (id: a1b2)"
  C: LOGOUT
  S: OK "Logout completed."
  ! close logout
  `,
);

frontTranscript(
  'an outage is temporary and ends the connection',
  open,
  `${LOGIN}
  * unavailable
  S: BYE (TRYLATER) "The mail server cannot check sign-ins just now. This does not mean that your password is wrong: try again later. (id: a1b2)"
  ! close unavailable
  `,
);

frontTranscript(
  "a backend's own refusal is repeated, and cannot break out of its quotes",
  open,
  `${LOGIN}
  * backend-refused - Account "alice" expired
  S: NO "Account \\\\"alice\\\\" expired (id: a1b2)"
  `,
);

test('all refusals but three sound exactly like a wrong password', () => {
  const hinted = new Set(['app-password-required', 'enrolment-required', 'out-of-scope']);
  for (const reason of DENY_REASONS) {
    const said = playFront(open(), `C: AUTHENTICATE "PLAIN" "AGFsaWNlAHNlY3JldA=="\n* deny ${reason}`).at(-1);
    assert.match(said ?? '', /^S: NO ".* \(id: a1b2\)"$/, reason);
    assert.equal(said === `S: ${WRONG}`, !hinted.has(reason), reason);
  }
});

// The end by our own will.

test('an outage known in advance is said in place of the greeting', () => {
  const [said, closed, ...more] = open().stop('unavailable');
  assert.deepEqual(
    [said?.do === 'send' ? said.bytes.toString() : '', closed, more],
    [
      'BYE (TRYLATER) "The mail server is not available just now: try again later. (id: a1b2)"\r\n',
      { do: 'close', why: 'unavailable' },
      [],
    ],
  );
});

frontTranscript(
  'a deadline is announced, in the middle of an exchange too',
  open,
  String.raw`
    C: AUTHENTICATE "LOGIN"
    S: "VXNlcm5hbWU6"
    * stop deadline
    S: BYE (TRYLATER) "The connection was idle for too long: connect again. (id: a1b2)"
    ! close deadline
  `,
);

frontTranscript(
  'a drain is announced while a verdict is awaited, which then has nobody to tell',
  open,
  `${LOGIN}
  * stop drain
  S: BYE (TRYLATER) "The mail server is restarting: connect again. (id: a1b2)"
  ! close drain
  * deny wrong-credentials
  `,
);

// Whatever comes.
