import type { BackendOptions } from '#protocol/machine.ts';
import { Secret } from '#core/secret.ts';
import { pop3 } from '#protocol/pop3/module.ts';
import { ALICE_BY_PROXY, backendOptions, FORWARDED, LONG_LOGIN } from '../support/dialogue-options.ts';
import { backendTranscript } from '../support/transcript.ts';

const open =
  (replaced: Partial<BackendOptions> = {}) =>
  () =>
    pop3.backend(backendOptions(replaced));

const CAPA = String.raw`
  B: +OK
  B: SASL PLAIN LOGIN
  B: USER
  B: .
`;
const GREETED = `
  B: +OK Dovecot ready.
  S: CAPA
  ${CAPA.trim()}
`;
const ASKED = `${GREETED}
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
`;
const message = (text: string) => Buffer.from(text).toString('base64');

// Logging in.

backendTranscript(
  'logs in by AUTH PLAIN and leaves what follows to the client',
  open(),
  `${ASKED}
  B: +OK Logged in.
  ! done accepted +OK Logged in.
  `,
);

backendTranscript(
  'what the backend says behind its acceptance is kept',
  open(),
  `${ASKED}
  B| +OK\\r\\n+OK more\\r\\n
  ! done accepted +OK + +OK more\\r\\n
  `,
);

backendTranscript(
  'a proxy account acts for the user by authzid',
  open({ login: ALICE_BY_PROXY }),
  `${GREETED}
  S: AUTH PLAIN ${message('alice@example.com\0proxy\0pr0xy')}
  B: +OK
  ! done accepted +OK
  `,
);

backendTranscript(
  'a message too long for a command line follows the challenge',
  open({ login: LONG_LOGIN }),
  `${GREETED}
  S: AUTH PLAIN
  B: +\\x20
  S: ${message(`\0alice\0${'x'.repeat(400)}`)}
  B: +OK
  ! done accepted +OK
  `,
);

backendTranscript(
  'a server that ignores the initial response gets it at its challenge, once',
  open(),
  `${ASKED}
  B: +
  S: AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: +
  ! done unusable malformed +
  `,
);

backendTranscript(
  'USER and PASS where there is no SASL PLAIN',
  open(),
  String.raw`
    B: +OK ready
    S: CAPA
    B: +OK
    B: USER
    B: SASL CRAM-MD5
    B: .
    S: USER alice@example.com
    B: +OK
    S: PASS s3cret
    B: +OK 2 messages
    ! done accepted +OK 2 messages
  `,
);

backendTranscript(
  'USER and PASS where CAPA is unknown, in UTF-8 and with spaces',
  open({ login: { as: 'user', name: 'älice', password: new Secret(' pä ss ') } }),
  `
    B: +OK ready
    S: CAPA
    B: -ERR what?
    S: USER älice
    B: +OK
    S: PASS  pä ss\\x20
    B: +OK
    ! done accepted +OK
  `,
);

backendTranscript(
  'a name or password that no line can hold is not sent',
  open({ login: { as: 'user', name: 'alice', password: new Secret('a\r\nDELE 1') } }),
  String.raw`
    B: +OK ready
    S: CAPA
    B: -ERR
    ! done refused
  `,
);

// TLS.

backendTranscript(
  'STLS, and the capabilities once more',
  open({ tls: 'starttls' }),
  `
  B: +OK ready
  S: CAPA
  B: +OK
  B: STLS
  B: USER
  B: .
  S: STLS
  B: +OK
  ! start-tls
  * tls
  S: CAPA
  ${CAPA.trim()}
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: +OK
  ! done accepted +OK
  `,
);

backendTranscript(
  'a backend without STLS gets no password',
  open({ tls: 'starttls' }),
  `${GREETED}
  ! done unusable starttls-missing STLS is not among the capabilities
  `,
);

backendTranscript(
  'a refused STLS ends the attempt',
  open({ tls: 'starttls' }),
  String.raw`
    B: +OK ready
    S: CAPA
    B: +OK
    B: STLS
    B: .
    S: STLS
    B: -ERR no certificate
    ! done unusable starttls-refused no certificate
  `,
);

// Who the client is.

backendTranscript(
  'tells a Dovecot that trusts us who the client is',
  open({ forward: FORWARDED }),
  `
  B: +OK [XCLIENT] Dovecot ready.
  S: CAPA
  ${CAPA.trim()}
  S: XCLIENT ADDR=192.0.2.7 PORT=50123 DESTADDR=198.51.100.1 DESTPORT=993 SESSION=a1b2 TTL=5 CLIENT-TRANSPORT=TLS
  B: +OK Updated
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: +OK
  ! done accepted +OK
  `,
);

backendTranscript(
  'tells a backend nothing that does not ask for it',
  open({ forward: FORWARDED }),
  `${ASKED}
  B: +OK
  ! done accepted +OK
  `,
);

backendTranscript(
  'leaves out of XCLIENT what could be taken for another attribute',
  open({ forward: { ...FORWARDED, sessionId: 'x ADDR=127.0.0.1\r\nQUIT' } }),
  `
  B: +OK [XCLIENT] Dovecot ready.
  S: CAPA
  ${CAPA.trim()}
  S: XCLIENT ADDR=192.0.2.7 PORT=50123 DESTADDR=198.51.100.1 DESTPORT=993 TTL=5 CLIENT-TRANSPORT=TLS
  B: -ERR Invalid parameters
  ! done unusable xclient-refused Invalid parameters
  `,
);

// Probing.

backendTranscript(
  'a probe reads the capabilities and leaves',
  open({ login: { as: 'probe' } }),
  String.raw`
    B: +OK ready
    S: CAPA
    B: +OK
    B: TOP
    B: ..odd
    B: .
    S: QUIT
    ! done capabilities TOP .odd
  `,
);

// What may be missing or wrong.

backendTranscript(
  'an authzid needs PLAIN',
  open({ login: ALICE_BY_PROXY }),
  String.raw`
    B: +OK ready
    S: CAPA
    B: +OK
    B: USER
    B: .
    ! done unusable mechanism-missing SASL PLAIN is not among the capabilities
  `,
);

backendTranscript(
  'neither PLAIN nor USER means that no login is taken here',
  open(),
  String.raw`
    B: +OK ready
    S: CAPA
    B: +OK
    B: SASL
    B: .
    ! done unusable login-disabled neither SASL PLAIN nor USER is among the capabilities
  `,
);

backendTranscript(
  'POP3 knows no login by XCLIENT',
  open({ login: { as: 'xclient', name: 'alice' } }),
  `${GREETED}
  ! done unusable xclient-missing POP3 has no XCLIENT LOGIN
  `,
);

backendTranscript(
  'a greeting that says not now is temporary',
  open(),
  String.raw`
    B: -ERR [SYS/TEMP] Too many connections
    ! done temporary Too many connections
  `,
);

backendTranscript(
  'any other negative greeting is a fault',
  open(),
  String.raw`
    B: -ERR go away\x07
    ! done unusable greeting go away?
  `,
);

backendTranscript(
  'a peer that is no POP3 server is a fault',
  open(),
  String.raw`
    B: * OK IMAP4rev1
    ! done unusable malformed * OK IMAP4rev1
  `,
);

backendTranscript(
  'an endless line and an endless list are faults',
  open(),
  `
    B: +OK ${'x'.repeat(5000)}
    ! done unusable malformed line too long
  `,
);

backendTranscript(
  'an endless capability list is a fault',
  open(),
  ['B: +OK', 'S: CAPA', 'B: +OK', ...Array<string>(201).fill('B: TOP')].join('\n') +
    '\n! done unusable malformed endless capability list',
);

// Each answer to a login.

for (const [answer, outcome] of [
  ['-ERR [AUTH] Authentication failed.', 'refused'],
  ['-ERR Authentication failed.', 'refused'],
  ['-ERR', 'refused'],
  ['-ERR [UNHEARD-OF] x', 'refused'],
  ['-ERR [SYS/TEMP] Temporary authentication failure.', 'temporary Temporary authentication failure.'],
  ['-ERR [sys/temp] x', 'temporary x'],
  ['-ERR [IN-USE] Mailbox locked', 'temporary Mailbox locked'],
  ['-ERR [LOGIN-DELAY] Minimum 60 seconds', 'temporary Minimum 60 seconds'],
  ['-ERR [SYS/PERM] Mailbox expired', 'refused-otherwise SYS/PERM Mailbox expired'],
  ['BYE', 'unusable malformed BYE'],
] as const) {
  backendTranscript(`${answer} means ${outcome}`, open(), `${ASKED}\n  B: ${answer}\n  ! done ${outcome}`);
}

backendTranscript(
  'USER may be refused before PASS is sent',
  open(),
  String.raw`
    B: +OK ready
    S: CAPA
    B: -ERR
    S: USER alice@example.com
    B: -ERR [SYS/TEMP] later
    ! done temporary later
  `,
);
