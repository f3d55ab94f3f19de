import test from 'node:test';
import assert from 'node:assert/strict';
import { isFault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { imap } from '#protocol/imap/module.ts';
import type { BackendLogin, BackendOptions } from '#protocol/machine.ts';
import { ALICE_BY_PROXY, backendOptions, FORWARDED } from '../support/dialogue-options.ts';
import { backendTranscript, playBackend } from '../support/transcript.ts';

const open = (replaced: Partial<BackendOptions> = {}) => imap.backend(backendOptions(replaced));
const as = (login: BackendLogin) => () => open({ login });
const user = (name: string, password: string) => as({ as: 'user', name, password: new Secret(password) });
const probe = as({ as: 'probe' });

const PLAIN_ALICE = 'AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==';
const PLAIN_ALICE_BY_PROXY = 'YWxpY2VAZXhhbXBsZS5jb20AcHJveHkAcHIweHk=';

// The ways of logging in.

backendTranscript(
  'AUTHENTICATE PLAIN in one line where the backend takes an initial response',
  open,
  String.raw`
    * connect
    B: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ AUTH=PLAIN AUTH=LOGIN] Dovecot ready.
    S: L AUTHENTICATE PLAIN ${PLAIN_ALICE}
    B: L OK [CAPABILITY IMAP4rev1 IDLE] Logged in
    ! done accepted OK [CAPABILITY IMAP4rev1 IDLE] Logged in
  `,
);

backendTranscript(
  'AUTHENTICATE PLAIN in two lines where it does not',
  open,
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
    S: L AUTHENTICATE PLAIN
    B: +
    S: ${PLAIN_ALICE}
    B: L OK in
    ! done accepted OK in
  `,
);

backendTranscript(
  'capabilities are asked for when the greeting does not tell them, and names are compared without case',
  open,
  String.raw`
    B: * ok hello
    S: C CAPABILITY
    B: * capability imap4rev1 sasl-ir auth=plain
    B: * OK [ALERT] still here
    B: C OK done
    S: L AUTHENTICATE PLAIN ${PLAIN_ALICE}
    B: L ok in
    ! done accepted ok in
  `,
);

backendTranscript(
  'LOGIN with quoted strings where AUTHENTICATE PLAIN is not offered',
  user('o"brien', String.raw`back\slash and space`),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI] ready
    S: L LOGIN "o\\"brien" "back\\\\slash and space"
    B: L OK in
    ! done accepted OK in
  `,
);

backendTranscript(
  'LOGIN with literals, each sent when it is asked for',
  user('älice', 'pässword'),
  `
    B: * OK [CAPABILITY IMAP4rev1] ready
    S: L LOGIN {6}
    B: + go on
    S: älice {9}
    B: + go on
    S: pässword
    B: L OK in
    ! done accepted OK in
  `,
);

backendTranscript(
  'LOGIN with literals that need not be asked for',
  user('alice', 'päss\r\nword'),
  `
    B: * OK [CAPABILITY IMAP4rev1 LITERAL+] ready
    S: L LOGIN "alice" {11+}
    S: päss
    S: word
    B: L OK in
    ! done accepted OK in
  `,
);

test('LITERAL- and IMAP4rev2 allow literals up to 4096 bytes unasked', () => {
  const said = (capability: string, size: number): string => {
    const dialogue = user('alice', 'é'.repeat(size / 2))();
    const [line] = playBackend(dialogue, `B: * OK [CAPABILITY ${capability}] ready`).slice(1);
    return line ?? '';
  };
  assert.equal(said('IMAP4rev1 LITERAL-', 4096), 'S: L LOGIN "alice" {4096+}');
  assert.equal(said('IMAP4rev2', 4096), 'S: L LOGIN "alice" {4096+}');
  assert.equal(said('IMAP4rev1 LITERAL-', 4098), 'S: L LOGIN "alice" {4098}');
  assert.equal(said('IMAP4rev1', 2), 'S: L LOGIN "alice" {2}');
});

backendTranscript(
  'the proxy account acts for the user by authzid',
  as(ALICE_BY_PROXY),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
    S: L AUTHENTICATE PLAIN ${PLAIN_ALICE_BY_PROXY}
    B: L OK in
    ! done accepted OK in
  `,
);

backendTranscript(
  'a backend that takes back its AUTHENTICATE PLAIN gets a LOGIN',
  open,
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
    S: L AUTHENTICATE PLAIN
    B: L BAD Unknown command
    S: L LOGIN "alice@example.com" "s3cret"
    B: L OK in
    ! done accepted OK in
  `,
);

test('neither a name nor a password with a NUL is ever sent', () => {
  const refused = (error: unknown): boolean => isFault(error, 'CLIENT_INVALID');
  for (const capability of ['IMAP4rev1', 'IMAP4rev1 AUTH=PLAIN', 'IMAP4rev1 LITERAL+']) {
    const greeting = Buffer.from(`* OK [CAPABILITY ${capability}] ready\r\n`);
    assert.throws(() => user('al\0ice', 'x')().receive(greeting), refused);
    assert.throws(() => user('alice', 'x\0')().receive(greeting), refused);
  }
});

// Who the client is.

backendTranscript(
  'the client is introduced by ID ahead of the login, whatever comes of it',
  () => open({ forward: FORWARDED }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 ID SASL-IR AUTH=PLAIN] ready
    S: I ID ("x-session-id" "a1b2" "x-originating-ip" "192.0.2.7" "x-originating-port" "50123" "x-connected-ip" "198.51.100.1" "x-connected-port" "993" "x-proxy-ttl" "5" "x-client-transport" "TLS")
    S: L AUTHENTICATE PLAIN ${PLAIN_ALICE}
    B: * ID ("name" "Dovecot")
    B: I NO not now
    B: L OK in
    ! done accepted OK in
  `,
);

backendTranscript(
  'a client without TLS is introduced as such, once',
  () => open({ forward: { ...FORWARDED, tls: false } }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] ready
    S: I ID ("x-session-id" "a1b2" "x-originating-ip" "192.0.2.7" "x-originating-port" "50123" "x-connected-ip" "198.51.100.1" "x-connected-port" "993" "x-proxy-ttl" "5" "x-client-transport" "insecure")
    S: L AUTHENTICATE PLAIN
    B: I OK
    B: L BAD what?
    S: L LOGIN "alice@example.com" "s3cret"
    B: L OK in
    ! done accepted OK in
  `,
);

backendTranscript(
  'a backend without ID is told nothing',
  () => open({ forward: FORWARDED }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1] ready
    S: L LOGIN "alice@example.com" "s3cret"
  `,
);

// Answers to the login.

backendTranscript(
  'untagged capabilities before the answer are kept for the client, other lines are not, and what follows is the relay’s',
  open,
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
    S: L AUTHENTICATE PLAIN ${PLAIN_ALICE}
    B| * CAPABILITY IMAP4rev1 IDLE\r\n* OK [ALERT] quota\r\n* 3 EXISTS\r\nL OK \xe9 in\r\n* 4 EXISTS\r\n* 5 EX
    ! done accepted * CAPABILITY IMAP4rev1 IDLE | OK \xe9 in + * 4 EXISTS\r\n* 5 EX
  `,
);

const ANSWERS: Readonly<Record<string, string>> = {
  'L NO [AUTHENTICATIONFAILED] Authentication failed.': '! done refused',
  'L NO login failed': '! done refused',
  'L NO': '! done refused',
  'L no [authenticationfailed]': '! done refused',
  'L NO [UNAVAILABLE] Temporary authentication failure.': '! done temporary Temporary authentication failure.',
  'L NO [INUSE] locked': '! done temporary locked',
  'L NO [SERVERBUG] Internal error': '! done temporary Internal error',
  'L NO [REFERRAL imap://alice@other.example.com/] Try other': '! done temporary Try other',
  'L NO [LIMIT] Too many connections': '! done refused-otherwise LIMIT Too many connections',
  'L NO [AUTHORIZATIONFAILED] no': '! done refused-otherwise AUTHORIZATIONFAILED no',
  'L NO [EXPIRED] Password expired': '! done refused-otherwise EXPIRED Password expired',
  'L NO [CONTACTADMIN] Call us': '! done refused-otherwise CONTACTADMIN Call us',
  'L NO [PRIVACYREQUIRED] TLS': '! done refused-otherwise PRIVACYREQUIRED TLS',
  'L NO [ALERT] Account disabled': '! done refused-otherwise ALERT Account disabled',
  'L NO [x;y] \\xe9\\x07': '! done refused-otherwise  ??',
  'L BAD Invalid arguments': '! done unusable malformed BAD Invalid arguments',
  '* BYE [UNAVAILABLE] Going down': '! done temporary Going down',
  '+ and now?': '! done unusable malformed it asks for more than there is',
};

test('each answer to a login means one thing', () => {
  const greeting = 'B: * OK [CAPABILITY IMAP4rev1] ready\n';
  for (const [answer, outcome] of Object.entries(ANSWERS)) {
    assert.equal(playBackend(open(), `${greeting}B: ${answer}`).at(-1), outcome, answer);
  }
});

// TLS.

backendTranscript(
  'STARTTLS, and then the capabilities are read again',
  () => open({ tls: 'starttls' }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready
    S: S STARTTLS
    B: * OK by the way
    B: S OK begin
    ! start-tls
    * tls
    S: C CAPABILITY
    B: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN
    B: C OK done
    S: L AUTHENTICATE PLAIN ${PLAIN_ALICE}
  `,
);

backendTranscript(
  'what a man in the middle puts behind the STARTTLS answer is forgotten',
  () => open({ tls: 'starttls' }),
  String.raw`
    B: * OK hello
    S: C CAPABILITY
    B| * CAPABILITY IMAP4rev1 STARTTLS\r\nC OK done\r\n
    S: S STARTTLS
    B| S OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nC OK done\r\n
    ! start-tls
    * tls
    S: C CAPABILITY
    B: C OK done
    S: L LOGIN "alice@example.com" "s3cret"
  `,
);

backendTranscript(
  'a backend that does not offer STARTTLS is not used',
  () => open({ tls: 'starttls' }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
    ! done unusable starttls-missing IMAP4rev1 AUTH=PLAIN
  `,
);

backendTranscript(
  'a backend that refuses STARTTLS is not used',
  () => open({ tls: 'starttls' }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
    S: S STARTTLS
    B: S NO no certificate
    ! done unusable starttls-refused NO no certificate
  `,
);

// Backends that cannot be used.

backendTranscript(
  'a pre-authenticated connection is refused',
  () => open({ tls: 'starttls' }),
  String.raw`
    B: * PREAUTH [CAPABILITY IMAP4rev1] logged in as root
    ! done unusable preauth logged in as root
  `,
);

backendTranscript(
  'a goodbye in place of a greeting is temporary',
  open,
  String.raw`
    B: * BYE [UNAVAILABLE] Too busy
    ! done temporary Too busy
  `,
);

test('what is no IMAP greeting is refused', () => {
  for (const greeting of [
    '220 mail.example.com ESMTP',
    '+OK ready',
    '* NO go away',
    'a OK',
    '',
    '* CAPABILITY IMAP4rev1',
  ]) {
    const last = playBackend(open(), `B: ${greeting}`).at(-1);
    assert.equal(last, `! done unusable greeting ${greeting}`.trimEnd());
  }
});

backendTranscript(
  'a login that the backend has disabled is not tried',
  open,
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready
    ! done unusable login-disabled IMAP4rev1 LOGINDISABLED
  `,
);

backendTranscript(
  'a backend without PLAIN cannot be logged in at by authzid',
  as(ALICE_BY_PROXY),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready
    ! done unusable mechanism-missing IMAP4rev1 AUTH=LOGIN
  `,
);

backendTranscript(
  'AUTHENTICATE PLAIN with authzid has no fallback',
  as(ALICE_BY_PROXY),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
    S: L AUTHENTICATE PLAIN ${PLAIN_ALICE_BY_PROXY}
    B: L BAD no authzid here
    ! done unusable malformed BAD no authzid here
  `,
);

backendTranscript(
  'IMAP has no XCLIENT login',
  as({ as: 'xclient', name: 'alice' }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
    ! done unusable xclient-missing IMAP has no XCLIENT
  `,
);

backendTranscript(
  'a backend that cannot tell its capabilities is not used',
  open,
  String.raw`
    B: * OK hello
    S: C CAPABILITY
    B: C BAD what?
    ! done unusable malformed BAD what?
  `,
);

test('a line without end is refused and not kept', () => {
  const dialogue = open();
  for (let i = 0; i < 20; i += 1) assert.deepEqual(dialogue.receive(Buffer.alloc(10_000, 'x')), []);
  const [action] = dialogue.receive(Buffer.from('\r\n'));
  assert.deepEqual(action, {
    do: 'done',
    outcome: { kind: 'unusable', why: 'malformed', text: 'a line is too long' },
  });
});

// Probing.

backendTranscript(
  'a probe reads the capabilities and leaves',
  probe,
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 IDLE x]y] ready
    S: Q LOGOUT
    ! done capabilities IMAP4rev1 IDLE x
  `,
);

backendTranscript(
  'a probe reads the capabilities inside TLS, keeps their spelling and drops what is no name',
  () => open({ tls: 'starttls', login: { as: 'probe' } }),
  String.raw`
    B: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
    S: S STARTTLS
    B: S OK
    ! start-tls
    * tls
    S: C CAPABILITY
    B: * CAPABILITY IMAP4rev1 \x20Idle a]b \xe9 AUTH=PLAIN
    B: C OK
    S: Q LOGOUT
    ! done capabilities IMAP4rev1 Idle AUTH=PLAIN
  `,
);
