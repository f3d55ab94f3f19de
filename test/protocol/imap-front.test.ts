import test from 'node:test';
import assert from 'node:assert/strict';
import { imap } from '#protocol/imap/module.ts';
import type { FrontOptions } from '#protocol/machine.ts';
import { frontOptions } from '../support/dialogue-options.ts';
import { DENY_REASONS, frontTranscript, playFront } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => imap.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });

const CAPABILITIES = 'IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN';
const WRONG = 'NO [AUTHENTICATIONFAILED] The user name or password is not right. (id: a1b2)';
const NEEDS_TLS =
  'NO [PRIVACYREQUIRED] This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app.';
const UNKNOWN = 'BAD Unknown command, or one that needs a login first';

// Greeting and capability.

frontTranscript(
  'the greeting tells the capabilities of backend and gateway together',
  () =>
    open({
      capabilities: [
        'IMAP4rev1',
        'LITERAL+',
        'SASL-IR',
        'ID',
        'STARTTLS',
        'LOGINDISABLED',
        'auth=CRAM-MD5',
        'COMPRESS=DEFLATE',
        'LITERAL-',
        'LOGIN-REFERRALS',
        'IDLE',
      ],
    }),
  String.raw`
    * connect
    S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID IDLE SASL-IR AUTH=PLAIN AUTH=LOGIN] mail.example.com IMAP ready
    C: a1 CAPABILITY
    S: * CAPABILITY IMAP4rev1 LITERAL+ ID IDLE SASL-IR AUTH=PLAIN AUTH=LOGIN
    S: a1 OK Capabilities listed
  `,
);

frontTranscript(
  'a backend whose capabilities are not known yet is taken for IMAP4rev1',
  open,
  String.raw`
    * connect
    S: * OK [CAPABILITY ${CAPABILITIES}] mail.example.com IMAP ready
  `,
);

frontTranscript(
  'no login is offered before TLS, and every mechanism after it',
  clear,
  String.raw`
    * connect
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR STARTTLS LOGINDISABLED] mail.example.com IMAP ready
    C: a1 starttls
    S: a1 OK Begin TLS negotiation now
    ! start-tls
    * tls
    C: a2 capability
    S: * CAPABILITY ${CAPABILITIES}
    S: a2 OK Capabilities listed
  `,
);

frontTranscript(
  'a login is offered without TLS where the listener says so',
  () => open({ tls: 'none', plaintextLogin: true }),
  String.raw`
    * connect
    S: * OK [CAPABILITY ${CAPABILITIES}] mail.example.com IMAP ready
    C: a1 STARTTLS
    S: a1 BAD TLS is not available here
    C: a2 LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
  `,
);

// Commands of any state.

frontTranscript(
  'NOOP, ID and LOGOUT',
  open,
  String.raw`
    C: a NOOP
    S: a OK Nothing done
    C: b ID NIL
    S: * ID NIL
    S: b OK ID noted
    C: c ID ("name" "com.apple.email.maild" "os" NIL "x" "a \" \\\\ (b")
    S: * ID NIL
    S: c OK ID noted
    C: d id ()
    S: * ID NIL
    S: d OK ID noted
    C| e ID ("name" {4+}\r\na)\r\n)\r\n
    S: * ID NIL
    S: e OK ID noted
    C: f LOGOUT
    S: * BYE Logging out
    S: f OK Logged out
    ! close logout
  `,
);

frontTranscript(
  'arguments that make no sense are refused',
  open,
  String.raw`
    C: a NOOP now
    S: a BAD This command takes no arguments
    C| b CAPABILITY {1+}\r\nx\r\n
    S: b BAD This command takes no arguments
    C: c ID
    S: c BAD ID takes NIL or a list of at most 30 pairs
    C: d ID ("name")
    S: d BAD ID takes NIL or a list of at most 30 pairs
    C: e ID ((("a" "b")))
    S: e BAD ID takes NIL or a list of at most 30 pairs
    C: f AUTHENTICATE
    S: f BAD AUTHENTICATE takes a mechanism and at most one initial response
    C: g AUTHENTICATE PLAIN = =
    S: g BAD AUTHENTICATE takes a mechanism and at most one initial response
    C: h NOOP \x20
    S: h OK Nothing done
  `,
);

frontTranscript(
  'commands of the session and nonsense are refused alike',
  open,
  String.raw`
    C: a SELECT INBOX
    S: a ${UNKNOWN}
    C: b ENABLE UTF8=ACCEPT
    S: b ${UNKNOWN}
    C: c XYZZY
    S: c ${UNKNOWN}
    C: d
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C:
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: e (NOOP)
    S: e BAD A command is a tag and a name, like: a1 CAPABILITY
  `,
);

frontTranscript(
  'a tag that could be mistaken for something else is not repeated',
  open,
  String.raw`
    C: + NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: * NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: a+b NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: a\0b NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: a\rb NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: \xe9 NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: "a" NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: ]%s.A#[~ NOOP
    S: * BAD A command is a tag and a name, like: a1 CAPABILITY
    C: ]s.A#[~ NOOP
    S: ]s.A#[~ OK Nothing done
  `,
);

frontTranscript(
  'ten errors end the connection',
  open,
  `${'C: x X\nS: x BAD Unknown command, or one that needs a login first\n'.repeat(10)}
S: * BYE Too many errors: connect again.
! close misbehaved
C: a NOOP
`,
);

// TLS.

frontTranscript(
  'STARTTLS is refused when TLS is active, and with arguments',
  open,
  String.raw`
    C: a STARTTLS
    S: a BAD TLS is already active
    C: b STARTTLS now
    S: b BAD This command takes no arguments
  `,
);

frontTranscript(
  'a second STARTTLS inside TLS is refused',
  clear,
  String.raw`
    C: a STARTTLS
    S: a OK Begin TLS negotiation now
    ! start-tls
    * tls
    C: b STARTTLS
    S: b BAD TLS is already active
  `,
);

frontTranscript(
  'a password sent without TLS is refused and reported as exposed',
  clear,
  String.raw`
    C: 1 LOGIN alice secret
    ! exposed alice
    S: 1 ${NEEDS_TLS}
    C: 2 AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==
    ! exposed alice
    S: 2 ${NEEDS_TLS}
    C: 3 AUTHENTICATE PLAIN
    S: 3 ${NEEDS_TLS}
    C: 4 AUTHENTICATE LOGIN YWxpY2U=
    S: 4 ${NEEDS_TLS}
    C: 5 LOGIN alice
    S: 5 ${NEEDS_TLS}
  `,
);

// LOGIN.

frontTranscript(
  'LOGIN takes quoted strings and atoms',
  open,
  String.raw`
    C: a LOGIN "alice@example.com" "two words"
    ! authenticate LOGIN-COMMAND alice@example.com password "two words"
    * deny wrong-credentials
    S: a ${WRONG}
    C: b login alice abcd-efgh
    ! authenticate LOGIN-COMMAND alice password "abcd-efgh"
    * accepted OK Logged in
    S: b OK Logged in
    ! relay
  `,
);

frontTranscript(
  'an unquoted password may hold anything but a space, as Thunderbird sends it',
  open,
  String.raw`
    C: a LOGIN alice p(a){s}%*"]s\\
    ! authenticate LOGIN-COMMAND alice password "p(a){s}%*\"]s\\"
  `,
);

frontTranscript(
  'a backslash in a quoted string stands for the next character',
  open,
  String.raw`
    C: a LOGIN "al\\\\ice" "q\\"uo\\te"
    ! authenticate LOGIN-COMMAND al\ice password "q\"uote"
  `,
);

frontTranscript(
  'LOGIN takes literals that wait and literals that do not, in every position',
  open,
  String.raw`
    C: a LOGIN {5}
    S: + Ready for the literal
    C: alice {6}
    S: + Ready for the literal
    C: secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * deny wrong-credentials
    S: a ${WRONG}
    C| b LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n
    ! authenticate LOGIN-COMMAND alice password "secret"
    * deny wrong-credentials
    S: b ${WRONG}
    C| c LOGIN alice {6-}\r\nsecret\r\n
    ! authenticate LOGIN-COMMAND alice password "secret"
    * deny wrong-credentials
    S: c ${WRONG}
    C| d LOGIN {5+}\r\nalice "secret"\r\n
    ! authenticate LOGIN-COMMAND alice password "secret"
  `,
);

frontTranscript(
  'a literal is taken as it is: line ends, quotes, backslashes and commands in it',
  open,
  String.raw`
    C| a LOGIN alice {18+}\r\n"\\"\r\nb LOGIN x y\r\n\r\n
    ! authenticate LOGIN-COMMAND alice password "\"\\\"\r\nb LOGIN x y\r\n"
  `,
);

frontTranscript(
  'names are UTF-8, and passwords are the octets that came',
  open,
  `
    C: a LOGIN "älice" pässword
    ! authenticate LOGIN-COMMAND älice password "pässword"
    * deny wrong-credentials
    S: a ${WRONG}
    C| b LOGIN {6+}\\r\\nälice {4+}\\r\\n€x\\r\\n
    ! authenticate LOGIN-COMMAND älice password "€x"
    * deny wrong-credentials
    S: b ${WRONG}
    C| c LOGIN alice {2+}\\r\\n\\xe2\\x82\\r\\n
    ! authenticate LOGIN-COMMAND alice password "\ufffd"
    * deny wrong-credentials
    S: c ${WRONG}
    C: d LOGIN alice \\xff\\xfe
    ! authenticate LOGIN-COMMAND alice password "\ufffd\ufffd"
    * deny wrong-credentials
    S: d ${WRONG}
    C: e LOGIN alice ""
    ! authenticate LOGIN-COMMAND alice password ""
    * deny identity-refused
    S: e ${WRONG}
  `,
);

frontTranscript(
  'a LOGIN that could be read in two ways is refused',
  open,
  String.raw`
    C: a LOGIN
    S: a BAD LOGIN takes a user name and a password
    C: b LOGIN alice two words
    S: b BAD LOGIN takes a user name and a password
    C: c LOGIN "alice"secret
    S: c BAD LOGIN takes a user name and a password
    C: d LOGIN "alice secret
    S: d BAD LOGIN takes a user name and a password
    C| e LOGIN {5+}\r\nalicesecret\r\n
    S: e BAD LOGIN takes a user name and a password
    C| f LOGIN alice{6+}\r\nsecret\r\n
    S: f BAD LOGIN takes a user name and a password
  `,
);

frontTranscript(
  'a LOGIN with an argument that begins like a list or a literal, or holds a NUL, is refused',
  open,
  String.raw`
    C: g LOGIN {5 secret
    S: g BAD LOGIN takes a user name and a password
    C: j LOGIN (alice) secret
    S: j BAD LOGIN takes a user name and a password
    C: k LOGIN alice (secret
    S: k BAD LOGIN takes a user name and a password
    C: h LOGIN al\0ice secret
    S: h BAD LOGIN takes a user name and a password
    C| i LOGIN {6+}\r\nal\0ice {6+}\r\nsecret\r\n
    S: i BAD LOGIN takes a user name and a password
  `,
);

frontTranscript(
  'a name with a line end, or that is not UTF-8, is refused',
  open,
  String.raw`
    C| a LOGIN {7+}\r\nal\r\nice secret\r\n
    S: a BAD LOGIN takes a user name and a password
    C: b LOGIN \xff\xfe secret
    S: b BAD LOGIN takes a user name and a password
  `,
);

// AUTHENTICATE.

frontTranscript(
  'AUTHENTICATE PLAIN with an initial response',
  open,
  String.raw`
    C: a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice password "secret"
    * accepted OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    S: a OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    ! relay
  `,
);

frontTranscript(
  'AUTHENTICATE PLAIN without an initial response gets an empty challenge',
  open,
  String.raw`
    C: a authenticate plain
    S: +\x20
    C: Ym9iAGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice as bob password "secret"
    * deny identity-refused
    S: a ${WRONG}
  `,
);

frontTranscript(
  'AUTHENTICATE LOGIN asks for both, or for the password only',
  open,
  String.raw`
    C: a AUTHENTICATE LOGIN
    S: + VXNlcm5hbWU6
    C: YWxpY2U=
    S: + UGFzc3dvcmQ6
    C: c2VjcmV0
    ! authenticate LOGIN alice password "secret"
    * deny wrong-credentials
    S: a ${WRONG}
    C: b AUTHENTICATE LOGIN YWxpY2U=
    S: + UGFzc3dvcmQ6
    C: c2VjcmV0
    ! authenticate LOGIN alice password "secret"
  `,
);

frontTranscript(
  'an aborted, malformed or unknown exchange leaves the session usable',
  open,
  String.raw`
    C: a AUTHENTICATE LOGIN
    S: + VXNlcm5hbWU6
    C: *
    S: a BAD Authentication cancelled
    C: b AUTHENTICATE PLAIN bm9wZQ=
    S: b BAD Malformed authentication response
    C: c AUTHENTICATE PLAIN =
    S: c BAD Malformed authentication response
    C: d AUTHENTICATE CRAM-MD5
    S: d NO [CANNOT] Unsupported authentication mechanism
    C: e AUTHENTICATE EXTERNAL =
    S: e NO [CANNOT] Unsupported authentication mechanism
    C: f AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice password "secret"
  `,
);

frontTranscript(
  'an answer to a challenge that ends like a literal announces none',
  open,
  String.raw`
    C: a AUTHENTICATE PLAIN
    S: +\x20
    C: xyz{5}
    S: a BAD Malformed authentication response
    C: b NOOP
    S: b OK Nothing done
  `,
);

frontTranscript(
  'an answer to a challenge that is too long is dropped as a whole',
  open,
  [
    'C: a AUTHENTICATE PLAIN',
    String.raw`S: +\x20`,
    `C: ${'A'.repeat(20_000)}`,
    'S: a BAD Authentication response too long',
    'C: b NOOP',
    'S: b OK Nothing done',
  ].join('\n'),
);

frontTranscript(
  'a refused token is followed by a challenge that the client must answer first',
  () => open({ mechanisms: ['XOAUTH2'] }),
  String.raw`
    * connect
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] mail.example.com IMAP ready
    C: a AUTHENTICATE XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbgEB
    ! authenticate XOAUTH2 alice token "token"
    * deny wrong-credentials
    S: + eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=
    C: {9}
    S: a ${WRONG}
    C: b NOOP
    S: b OK Nothing done
  `,
);

// Every answer.

frontTranscript(
  'the right ordinary password is told what to do, in an alert and in the refusal',
  open,
  String.raw`
    C: a LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * deny app-password-required
    S: * NO [ALERT] This account uses two-step authentication: your mail app needs an app password, not your usual password. Get one at https://portal.example.com/ (id: a1b2)
    S: a NO [AUTHENTICATIONFAILED] This account uses two-step authentication: your mail app needs an app password, not your usual password. Get one at https://portal.example.com/ (id: a1b2)
    C: b LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * deny enrolment-required
    S: * NO [ALERT] Two-step authentication must be set up first at https://portal.example.com/ (id: a1b2)
    S: b NO [AUTHENTICATIONFAILED] Two-step authentication must be set up first at https://portal.example.com/ (id: a1b2)
  `,
);

frontTranscript(
  'an app password for another kind of program is told so',
  open,
  String.raw`
    C: a LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * deny out-of-scope
    S: a NO [AUTHENTICATIONFAILED] This app password is not for this kind of mail program. Get another one at https://portal.example.com/ (id: a1b2)
  `,
);

test('every other denial sounds the same', () => {
  const loud = new Set(['app-password-required', 'enrolment-required', 'out-of-scope']);
  for (const reason of DENY_REASONS.filter((known) => !loud.has(known))) {
    const dialogue = playFront(open(), `C: a LOGIN alice secret\n* deny ${reason}`);
    assert.equal(dialogue.at(-1), `S: a ${WRONG}`, reason);
  }
});

frontTranscript(
  'a client with too many tries is told to wait, with a code that is not about its password',
  open,
  String.raw`
    C: a LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * throttle 90
    S: a NO [LIMIT] Too many failed sign-ins. Wait 2 minutes, then try again. (id: a1b2)
  `,
);

frontTranscript(
  'an outage closes without a tagged reply, so that no client asks for another password',
  open,
  String.raw`
    C| a LOGIN alice secret\r\nb NOOP\r\n
    ! authenticate LOGIN-COMMAND alice password "secret"
    * unavailable
    S: * BYE [UNAVAILABLE] The mail server cannot check sign-ins just now. This does not mean that your password is wrong: try again later. (id: a1b2)
    ! close unavailable
  `,
);

frontTranscript(
  'a refusal of the backend’s own is passed on with its code, or without one',
  open,
  String.raw`
    C: a LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * backend-refused EXPIRED Your account has expired.
    S: a NO [EXPIRED] Your account has expired. (id: a1b2)
    C: b LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * backend-refused -
    S: b NO The mail server does not let this account sign in. (id: a1b2)
  `,
);

frontTranscript(
  'the backend’s words are repeated byte for byte, untagged ones first',
  open,
  String.raw`
    C: a.1 LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * untagged * CAPABILITY IMAP4rev1 X-\xe9
    * accepted OK \xff in
    S: * CAPABILITY IMAP4rev1 X-\xe9
    S: a.1 OK \xff in
    ! relay
  `,
);

frontTranscript(
  'a client that asked for the capabilities is told them once more after login',
  open,
  String.raw`
    C: a CAPABILITY
    S: * CAPABILITY ${CAPABILITIES}
    S: a OK Capabilities listed
    C: b LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * accepted OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    S: * CAPABILITY IMAP4rev1 IDLE
    S: b OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    ! relay
  `,
);

frontTranscript(
  'the capabilities are not told twice when the backend has already told them untagged',
  open,
  String.raw`
    C: a CAPABILITY
    S: * CAPABILITY ${CAPABILITIES}
    S: a OK Capabilities listed
    C: b LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * untagged * CAPABILITY IMAP4rev1 IDLE
    * accepted OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    S: * CAPABILITY IMAP4rev1 IDLE
    S: b OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    ! relay
  `,
);

frontTranscript(
  'asking for the capabilities after STARTTLS is everybody’s duty and changes nothing',
  clear,
  String.raw`
    C: a STARTTLS
    S: a OK Begin TLS negotiation now
    ! start-tls
    * tls
    C: b CAPABILITY
    S: * CAPABILITY ${CAPABILITIES}
    S: b OK Capabilities listed
    C: c LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * accepted OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    S: c OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    ! relay
  `,
);

// The gateway stops.

frontTranscript(
  'an outage that is known at once is the greeting',
  open,
  String.raw`
    * connect
    S: * OK [CAPABILITY ${CAPABILITIES}] mail.example.com IMAP ready
    * stop unavailable
    S: * BYE [UNAVAILABLE] The mail server is not available just now: try again later. (id: a1b2)
    ! close unavailable
  `,
);

test('a stop may come in place of the greeting', () => {
  const [said, ended] = open().stop('unavailable');
  assert.ok(said?.do === 'send' && said.bytes.toString().startsWith('* BYE [UNAVAILABLE] '));
  assert.deepEqual(ended, { do: 'close', why: 'unavailable' });
});

frontTranscript(
  'a deadline is told, also in the middle of an exchange',
  open,
  String.raw`
    C: a AUTHENTICATE PLAIN
    S: +\x20
    * stop deadline
    S: * BYE The connection was idle for too long: connect again. (id: a1b2)
    ! close deadline
  `,
);

frontTranscript(
  'a restart is told, also while a verdict is awaited, and the verdict is ignored then',
  open,
  String.raw`
    C: a LOGIN alice secret
    ! authenticate LOGIN-COMMAND alice password "secret"
    * stop drain
    S: * BYE The mail server is restarting: connect again. (id: a1b2)
    ! close drain
    * accepted OK Logged in
  `,
);

// Pipelining and limits.

frontTranscript(
  'what is pipelined behind an accepted login belongs to the backend',
  open,
  String.raw`
    C| a NOOP\r\nb LOGIN alice secret\r\nc SELECT INBOX\r\nd APPEND x {3+}\r\nab
    S: a OK Nothing done
    ! authenticate LOGIN-COMMAND alice password "secret"
    * accepted OK in
    S: b OK in
    ! relay + c SELECT INBOX\r\nd APPEND x {3+}\r\nab
  `,
);

frontTranscript(
  'what is pipelined behind a refused login is answered in order',
  open,
  String.raw`
    C| a LOGIN alice one\r\nb NOOP\r\nc LOGIN alice two\r\nd LOGOUT\r\n
    ! authenticate LOGIN-COMMAND alice password "one"
    * deny wrong-credentials
    S: a ${WRONG}
    S: b OK Nothing done
    ! authenticate LOGIN-COMMAND alice password "two"
    * deny wrong-credentials
    S: c ${WRONG}
    S: * BYE Logging out
    S: d OK Logged out
    ! close logout
  `,
);

frontTranscript(
  'commands over the limits are answered once and dropped as a whole',
  open,
  [
    `C: a LOGIN alice ${'x'.repeat(33_000)}`,
    'S: a BAD Line too long',
    'C: b LOGIN alice {5000}',
    'S: b BAD Literal too long',
    String.raw`C| c LOGIN alice {4097+}\r\n${'x'.repeat(4097)}\r\n`,
    'S: c BAD Literal too long',
    String.raw`C| d ID (${String.raw`{1+}\r\na `.repeat(61)})\r\n`,
    'S: d BAD Too many literals',
    String.raw`C| e ID (${String.raw`{4000+}\r\n${'x'.repeat(4000)} `.repeat(9)})\r\n`,
    'S: e BAD Command too long',
    'C: f+ LOGIN alice {5000}',
    'S: * BAD Literal too long',
    'C: g NOOP',
    'S: g OK Nothing done',
  ].join('\n'),
);

frontTranscript(
  'a refused literal that nobody should read to its end closes the connection',
  open,
  String.raw`
    C| a LOGIN alice {100000+}\r\nb NOOP\r\n
    S: * BYE That literal is too long
    ! close misbehaved
  `,
);

frontTranscript(
  'a client that speaks HTTP is cut off without an answer',
  open,
  String.raw`
    C: POST / HTTP/1.1
    ! close misbehaved
    C: a LOGIN alice secret
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
