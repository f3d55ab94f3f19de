import test from 'node:test';
import assert from 'node:assert/strict';
import { Secret } from '#core/secret.ts';
import type { BackendOptions } from '#protocol/machine.ts';
import { sieve } from '#protocol/sieve/module.ts';
import { ALICE_BY_PROXY, backendOptions, FORWARDED } from '../support/dialogue-options.ts';
import { backendTranscript, playBackend } from '../support/transcript.ts';

const open =
  (replaced: Partial<BackendOptions> = {}) =>
  () =>
    sieve.backend(backendOptions(replaced));

const GREETED = String.raw`
  B: "IMPLEMENTATION" "Dovecot Pigeonhole"
  B: "SIEVE" "fileinto reject"
  B: "SASL" "PLAIN LOGIN"
  B: OK "Dovecot ready."
`;
const ASKED = `${GREETED}
  S: AUTHENTICATE "PLAIN" "AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA=="
`;
const message = (text: string) => Buffer.from(text).toString('base64');

// Logging in.

backendTranscript(
  'logs in by PLAIN and leaves what follows to the client',
  open(),
  `${ASKED}
  B| OK "Logged in."\\r\\n"SIEVE" "more"\\r\\nOK\\r\\n
  ! done accepted OK "Logged in." + "SIEVE" "more"\\r\\nOK\\r\\n
  `,
);

backendTranscript(
  'capabilities that come with the acceptance are kept for the client',
  open(),
  `${ASKED}
  B: "SIEVE" "fileinto"
  B: "OWNER" "alice"
  B: OK (SASL "cnNwYXV0aD0=") "Logged in."
  ! done accepted "SIEVE" "fileinto" | "OWNER" "alice" | OK (SASL "cnNwYXV0aD0=") "Logged in."
  `,
);

backendTranscript(
  'an acceptance with a literal is said again in one line',
  open(),
  `${ASKED}
  B| OK {7}\\r\\nHi\\r\\nyou\\r\\n
  ! done accepted OK "Logged in."
  `,
);

backendTranscript(
  'a proxy account acts for the user by authzid',
  open({ login: ALICE_BY_PROXY }),
  `${GREETED}
  S: AUTHENTICATE "PLAIN" "${message('alice@example.com\0proxy\0pr0xy')}"
  B: OK
  ! done accepted OK
  `,
);

backendTranscript(
  'a message too long for a quoted string goes as a literal',
  open({ login: { as: 'user', name: 'alice', password: new Secret('x'.repeat(1000)) } }),
  `${GREETED}
  S: AUTHENTICATE "PLAIN" {1344+}
  S: ${message(`\0alice\0${'x'.repeat(1000)}`)}
  B: OK
  ! done accepted OK
  `,
);

backendTranscript(
  'a server that ignores the initial response gets it at its challenge, once',
  open(),
  `${ASKED}
  B: ""
  S: "AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA=="
  B| {0}\\r\\n\\r\\n
  ! done unusable malformed one challenge too many
  `,
);

backendTranscript(
  'LOGIN where only that is offered',
  open(),
  String.raw`
    B: "SASL" "LOGIN"
    B: OK
    S: AUTHENTICATE "LOGIN"
    B: "VXNlcm5hbWU6"
    S: "YWxpY2VAZXhhbXBsZS5jb20="
    B| {12}\r\nUGFzc3dvcmQ6\r\n
    S: "czNjcmV0"
    B: OK
    ! done accepted OK
  `,
);

// TLS.

backendTranscript(
  'STARTTLS, after which the capabilities are read anew',
  open({ tls: 'starttls' }),
  String.raw`
    B: "SASL" ""
    B: "STARTTLS"
    B: OK "ready"
    S: STARTTLS
    B: OK "go"
    ! start-tls
    * tls
    B: "SASL" "PLAIN"
    B: OK "TLS negotiation successful."
    S: AUTHENTICATE "PLAIN" "AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA=="
    B: OK
    ! done accepted OK
  `,
);

backendTranscript(
  'a mechanism promised before TLS counts for nothing after it',
  open({ tls: 'starttls' }),
  String.raw`
    B: "SASL" "PLAIN"
    B: "STARTTLS"
    B: OK
    S: STARTTLS
    B: OK
    ! start-tls
    * tls
    B: "SASL" "GSSAPI"
    B: OK
    ! done unusable mechanism-missing SASL has only GSSAPI
  `,
);

backendTranscript(
  'a backend without STARTTLS gets no password',
  open({ tls: 'starttls' }),
  `${GREETED}
  ! done unusable starttls-missing STARTTLS is not among the capabilities
  `,
);

backendTranscript(
  'a refused STARTTLS ends the attempt',
  open({ tls: 'starttls' }),
  String.raw`
    B: "STARTTLS"
    B: OK
    S: STARTTLS
    B: NO "no certificate"
    ! done unusable starttls-refused no certificate
  `,
);

// Who the client is.

backendTranscript(
  'tells a Dovecot that trusts us who the client is',
  open({ forward: FORWARDED }),
  String.raw`
    B: "SASL" "PLAIN"
    B: "XCLIENT"
    B: OK
    S: XCLIENT ADDR=192.0.2.7 PORT=50123 DESTADDR=198.51.100.1 DESTPORT=993 SESSION=a1b2 TTL=5 CLIENT-TRANSPORT=TLS
    B: OK "Updated"
    S: AUTHENTICATE "PLAIN" "AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA=="
    B: OK
    ! done accepted OK
  `,
);

backendTranscript(
  'XCLIENT may be refused',
  open({ forward: FORWARDED }),
  String.raw`
    B: "SASL" "PLAIN"
    B: "XCLIENT"
    B: OK
    S: XCLIENT ADDR=192.0.2.7 PORT=50123 DESTADDR=198.51.100.1 DESTPORT=993 SESSION=a1b2 TTL=5 CLIENT-TRANSPORT=TLS
    B: NO "You are not from trusted IP"
    ! done unusable xclient-refused You are not from trusted IP
  `,
);

backendTranscript(
  'tells a backend nothing that does not ask for it',
  open({ forward: FORWARDED }),
  `${ASKED}
  B: OK
  ! done accepted OK
  `,
);

// Probing.

test('a probe writes the capabilities as lines, each in one line, and leaves', () => {
  const extensions = 'vnd.example.extension '.repeat(30).trim();
  const played = playBackend(
    open({ login: { as: 'probe' } })(),
    `B| "implementation" {3}\\r\\nAB\\x07\\r\\n"SIEVE" "${extensions}"\\r\\n"SASL" "PLAIN"\\r\\nOK\\r\\n`,
  );
  assert.deepEqual(played.slice(1), [
    'S: LOGOUT',
    `! done capabilities "IMPLEMENTATION" "AB?" "SIEVE" "${extensions}" "SASL" "PLAIN"`,
  ]);
});

backendTranscript(
  'a backend that lets its client log out and in again is not used',
  open(),
  String.raw`
    B: "SASL" "PLAIN"
    B: "UNAUTHENTICATE"
    B: OK
    ! done unusable unauthenticate the backend offers UNAUTHENTICATE
  `,
);

// What may be missing or wrong.

for (const [answer, outcome] of [
  ['BYE (TRYLATER) "Too many connections"', 'temporary Too many connections'],
  ['BYE "go away"', 'unusable greeting go away'],
  ['NO "go away"', 'unusable greeting go away'],
  ['+OK POP3', 'unusable malformed +OK POP3'],
  ['OK "x" "y"', 'unusable malformed OK "x" "y"'],
  ['OK (TAG "x"', 'unusable malformed OK (TAG "x"'],
  ['OK ("x") "y"', 'unusable malformed OK ("x") "y"'],
  ['"SASL" PLAIN', 'unusable malformed "SASL" PLAIN'],
  ['', 'unusable malformed'],
  [`"${'x'.repeat(9000)}"`, 'unusable malformed response too long'],
  ['"SIEVE" {99999}', 'unusable malformed response too long'],
] as const) {
  backendTranscript(`a greeting of ${answer.slice(0, 20)} means ${outcome}`, open(), `B: ${answer}\n! done ${outcome}`);
}

backendTranscript(
  'an endless capability list is a fault',
  open(),
  [...Array<string>(101).fill('B: "X" "y"'), '! done unusable malformed endless capability list'].join('\n'),
);

backendTranscript(
  'no mechanism means that no login is taken here',
  open(),
  String.raw`
    B: "SASL" ""
    B: OK
    ! done unusable login-disabled no SASL mechanism is among the capabilities
  `,
);

backendTranscript(
  'an authzid needs PLAIN',
  open({ login: ALICE_BY_PROXY }),
  String.raw`
    B: "SASL" "LOGIN CRAM-MD5"
    B: OK
    ! done unusable mechanism-missing SASL has only LOGIN CRAM-MD5
  `,
);

backendTranscript(
  'ManageSieve knows no login by XCLIENT',
  open({ login: { as: 'xclient', name: 'alice' } }),
  `${GREETED}
  ! done unusable xclient-missing ManageSieve has no XCLIENT LOGIN
  `,
);

backendTranscript(
  'a string where a condition is due is a fault, a farewell is not',
  open({ tls: 'starttls' }),
  String.raw`
    B: "STARTTLS"
    B: OK
    S: STARTTLS
    B: "SASL" "PLAIN"
    ! done unusable malformed "SASL" "PLAIN"
  `,
);

backendTranscript(
  'a farewell in the middle is temporary',
  open({ tls: 'starttls' }),
  String.raw`
    B: "STARTTLS"
    B: OK
    S: STARTTLS
    B: BYE "restarting"
    ! done temporary restarting
  `,
);

// Each answer to a login.

for (const [answer, outcome] of [
  ['NO "Authentication failed."', 'refused'],
  ['NO', 'refused'],
  ['no', 'refused'],
  ['NO (TRYLATER) "Temporary authentication failure."', 'temporary Temporary authentication failure.'],
  ['NO (TRYLATER/NORETRY) "x"', 'temporary x'],
  ['NO (LIMIT/CONNECTIONS) "x"', 'temporary x'],
  ['NO (REFERRAL "sieve://other") "x"', 'temporary x'],
  ['NO (AUTH-TOO-WEAK) "x"', 'unusable mechanism-missing x'],
  ['NO (ENCRYPT-NEEDED) "x"', 'unusable login-disabled x'],
  ['NO (TRANSITION-NEEDED) "x"', 'refused'],
  ['BYE "Too many failures"', 'temporary Too many failures'],
] as const) {
  backendTranscript(`${answer} means ${outcome}`, open(), `${ASKED}\n  B: ${answer}\n  ! done ${outcome}`);
}
