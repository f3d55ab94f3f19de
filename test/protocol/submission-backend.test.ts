import test from 'node:test';
import assert from 'node:assert/strict';
import { Secret } from '#core/secret.ts';
import type { BackendLogin, BackendOptions } from '#protocol/machine.ts';
import { submission } from '#protocol/submission/module.ts';
import { usableHelo, xtext } from '#protocol/submission/xclient.ts';
import { ALICE_BY_PROXY, backendOptions, FORWARDED, LONG_LOGIN } from '../support/dialogue-options.ts';
import { backendTranscript, playBackend } from '../support/transcript.ts';

const open =
  (replaced: Partial<BackendOptions> = {}) =>
  () =>
    submission.backend(backendOptions(replaced));

const AS_ALICE: BackendLogin = { as: 'xclient', name: 'alice@example.com' };
const POSTFIX = 'XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT';
const GREETED = `
  B: 220 mx.example.com ESMTP
  S: EHLO gate.example.com
`;
const HELLO = `${GREETED.trimEnd()}
  B: 250-mx.example.com
  B: 250-SIZE 1000
  B: 250 AUTH PLAIN LOGIN
`;
const ASKED = `${HELLO.trimEnd()}
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
`;
const message = (text: string) => Buffer.from(text).toString('base64');

// Logging in.

backendTranscript(
  'logs in by AUTH PLAIN and leaves what follows to the client',
  open(),
  `${ASKED}
  B| 235 2.7.0 Authentication successful\\r\\n250 early\\r\\n
  ! done accepted 235 2.7.0 Authentication successful + 250 early\\r\\n
  `,
);

backendTranscript(
  'an acceptance of several lines is kept whole',
  open(),
  `${ASKED}
  B: 235-2.7.0 Welcome
  B: 235 2.7.0 alice
  ! done accepted 235-2.7.0 Welcome | 235 2.7.0 alice
  `,
);

backendTranscript(
  'a proxy account acts for the user by authzid',
  open({ login: ALICE_BY_PROXY }),
  `${HELLO}
  S: AUTH PLAIN ${message('alice@example.com\0proxy\0pr0xy')}
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'a message too long for a command line follows the challenge',
  open({ login: LONG_LOGIN }),
  `${HELLO}
  S: AUTH PLAIN
  B: 334\\x20
  S: ${message(`\0alice\0${'x'.repeat(400)}`)}
  B: 235 ok
  ! done accepted 235 ok
  `,
);

test('the initial response is sent exactly as long as its line has 512 octets', () => {
  const linesFor = (length: number) => {
    const login = { as: 'user', name: '', password: new Secret('x'.repeat(length)) } as const;
    const played = playBackend(open({ login })(), 'B: 220 x\nB: 250-x\nB: 250 AUTH PLAIN');
    return (played.at(-1) ?? '').slice('S: '.length);
  };
  assert.equal(linesFor(370).length + 2, 509);
  assert.equal(linesFor(373), 'AUTH PLAIN');
});

backendTranscript(
  'AUTH LOGIN where only that is offered, as by Exchange',
  open(),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 AUTH=LOGIN
  S: AUTH LOGIN
  B: 334 VXNlcm5hbWU6
  S: YWxpY2VAZXhhbXBsZS5jb20=
  B: 334 UGFzc3dvcmQ6
  S: czNjcmV0
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'one challenge too many is a fault',
  open(),
  `${ASKED}
  B: 334\\x20
  S: AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 334\\x20
  ! done unusable malformed one challenge too many
  `,
);

// TLS.

backendTranscript(
  'STARTTLS, and EHLO once more',
  open({ tls: 'starttls' }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 STARTTLS
  S: STARTTLS
  B: 220 go
  ! start-tls
  * tls
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'a backend without STARTTLS gets no password',
  open({ tls: 'starttls' }),
  `${HELLO}
  ! done unusable starttls-missing EHLO does not list STARTTLS
  `,
);

backendTranscript(
  'TLS that is offered is begun where none was asked for',
  open({ tls: 'if-offered' }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250-AUTH PLAIN
  B: 250 STARTTLS
  S: STARTTLS
  B: 220 go
  ! start-tls
  * tls
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'TLS that is offered and refused is done without',
  open({ tls: 'if-offered' }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250-AUTH PLAIN
  B: 250 STARTTLS
  S: STARTTLS
  B: 454 4.7.0 TLS not available
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'TLS that nobody offers is done without',
  open({ tls: 'if-offered', login: { as: 'probe' } }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: QUIT
  ! done capabilities AUTH PLAIN
  `,
);

backendTranscript(
  'where no TLS is to be, none is begun',
  open({ tls: 'none', login: { as: 'probe' } }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 STARTTLS
  S: QUIT
  ! done capabilities STARTTLS
  `,
);

backendTranscript(
  'a refused STARTTLS ends the attempt',
  open({ tls: 'starttls' }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 STARTTLS
  S: STARTTLS
  B: 454 4.7.0 TLS not available
  ! done unusable starttls-refused 4.7.0 TLS not available
  `,
);

// The client's own name.

backendTranscript(
  "the client's EHLO name reaches the backend",
  open({ helo: { verb: 'EHLO', name: '[192.168.1.5]' } }),
  `
  B: 220 ready
  S: EHLO [192.168.1.5]
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'a name that the backend does not like is replaced by ours',
  open({ helo: { verb: 'EHLO', name: 'localhost' } }),
  `
  B: 220 ready
  S: EHLO localhost
  B: 501 5.5.2 need a fully qualified name
  S: EHLO gate.example.com
  B: 250 mx.example.com
  ! done unusable login-disabled EHLO does not list AUTH
  `,
);

test('a name that no server must take is never sent', () => {
  for (const name of [
    '',
    'my pc',
    'Bürocomputer',
    'a_b',
    '-a',
    'a-',
    'x\r\nMAIL FROM:<>',
    '[1.2.3.4',
    '<x>',
    'a'.repeat(256),
  ]) {
    assert.equal(usableHelo({ verb: 'EHLO', name }), undefined, name);
  }
  for (const name of ['a', 'localhost', 'pc-7.example.com', '[127.0.0.1]', '[IPv6:2001:db8::1]']) {
    assert.equal(usableHelo({ verb: 'EHLO', name }), name);
  }
});

// Who the client is.

backendTranscript(
  'tells a backend that trusts us who the client is, then introduces it again',
  open({ forward: FORWARDED, helo: { verb: 'EHLO', name: 'pc.example.org' } }),
  `
  B: 220 ready
  S: EHLO pc.example.org
  B: 250-mx.example.com
  B: 250-${POSTFIX}
  B: 250 AUTH PLAIN
  S: XCLIENT DESTADDR=198.51.100.1 DESTPORT=993 NAME=[UNAVAILABLE] PROTO=ESMTP HELO=pc.example.org ADDR=192.0.2.7 PORT=50123
  B: 220 mx.example.com ESMTP
  S: EHLO pc.example.org
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  "Dovecot's attributes, an IPv6 address, and a name that cannot be told",
  open({ forward: { ...FORWARDED, address: '2001:db8::7' }, helo: { verb: 'HELO', name: 'my pc' } }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250-XCLIENT ADDR PORT PROTO HELO LOGIN SESSION TTL CLIENT-TRANSPORT
  B: 250 AUTH PLAIN
  S: XCLIENT SESSION=a1b2 TTL=5 CLIENT-TRANSPORT=TLS PROTO=SMTP HELO=[UNAVAILABLE] ADDR=IPV6:2001:db8::7 PORT=50123
  B: 220 ready
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'tells a backend nothing that does not ask for it',
  open({ forward: FORWARDED }),
  `${ASKED}
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'without a client to forward, the trust in our own address is given up',
  open(),
  `${GREETED}
  B: 250-mx.example.com
  B: 250-${POSTFIX}
  B: 250 AUTH PLAIN
  S: XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE]
  B: 220 ready
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

// XCLIENT LOGIN.

backendTranscript(
  'logs in by XCLIENT alone, and repeats what the client called itself',
  open({ login: AS_ALICE, forward: FORWARDED, helo: { verb: 'HELO', name: 'pc.example.org' } }),
  `
  B: 220 ready
  S: EHLO pc.example.org
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  S: XCLIENT DESTADDR=198.51.100.1 DESTPORT=993 LOGIN=alice@example.com NAME=[UNAVAILABLE] PROTO=SMTP HELO=pc.example.org ADDR=192.0.2.7 PORT=50123
  B: 220-mx.example.com
  B: 220 ready
  S: EHLO pc.example.org
  B: 250 mx.example.com
  S: HELO pc.example.org
  B: 250 mx.example.com
  ! done accepted 235 2.7.0 Authentication successful
  `,
);

for (const [who, address] of Object.entries({
  'on the same machine': '127.0.0.1',
  'on the same machine, over IPv6': '::1',
  "from the gateway's own address": FORWARDED.localAddress,
})) {
  backendTranscript(
    `a client ${who} is nobody to the backend, so that it could not send XCLIENT LOGIN itself`,
    open({ login: AS_ALICE, forward: { ...FORWARDED, address } }),
    `${GREETED}
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  S: XCLIENT DESTADDR=198.51.100.1 DESTPORT=993 LOGIN=alice@example.com NAME=[UNAVAILABLE] PROTO=ESMTP HELO=[UNAVAILABLE] ADDR=[UNAVAILABLE]
  B: 220 ready
  S: EHLO gate.example.com
  B: 250 mx.example.com
  ! done accepted 235 2.7.0 Authentication successful
    `,
  );
}

backendTranscript(
  'a client whose address the backend trusts with XCLIENT becomes nobody',
  open({ login: AS_ALICE, forward: FORWARDED, helo: { verb: 'HELO', name: 'pc.example.org' } }),
  `
  B: 220 ready
  S: EHLO pc.example.org
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  S: XCLIENT DESTADDR=198.51.100.1 DESTPORT=993 LOGIN=alice@example.com NAME=[UNAVAILABLE] PROTO=SMTP HELO=pc.example.org ADDR=192.0.2.7 PORT=50123
  B: 220 ready
  S: EHLO pc.example.org
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  S: XCLIENT LOGIN=alice@example.com NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE]
  B: 220 ready
  S: EHLO pc.example.org
  B: 250 mx.example.com
  S: HELO pc.example.org
  B: 250 mx.example.com
  ! done accepted 235 2.7.0 Authentication successful
  `,
);

backendTranscript(
  'so it does before a login with a password',
  open({ forward: FORWARDED }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250-${POSTFIX}
  B: 250 AUTH PLAIN
  S: XCLIENT DESTADDR=198.51.100.1 DESTPORT=993 NAME=[UNAVAILABLE] PROTO=ESMTP HELO=[UNAVAILABLE] ADDR=192.0.2.7 PORT=50123
  B: 220 ready
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250-${POSTFIX}
  B: 250 AUTH PLAIN
  S: XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE]
  B: 220 ready
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'a backend that takes XCLIENT from everybody is not used',
  open({ login: AS_ALICE, forward: FORWARDED }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  S: XCLIENT DESTADDR=198.51.100.1 DESTPORT=993 LOGIN=alice@example.com NAME=[UNAVAILABLE] PROTO=ESMTP HELO=[UNAVAILABLE] ADDR=192.0.2.7 PORT=50123
  B: 220 ready
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  S: XCLIENT LOGIN=alice@example.com NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE]
  B: 220 ready
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  ! done unusable xclient-refused it takes XCLIENT from any client
  `,
);

backendTranscript(
  'Dovecot lists XCLIENT to the end of the login and takes it from nobody behind that',
  open({ forward: FORWARDED }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250-XCLIENT ADDR PORT PROTO HELO LOGIN SESSION TTL
  B: 250 AUTH PLAIN
  S: XCLIENT SESSION=a1b2 TTL=5 PROTO=ESMTP HELO=[UNAVAILABLE] ADDR=192.0.2.7 PORT=50123
  B: 220 ready
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250-XCLIENT ADDR PORT PROTO HELO LOGIN SESSION TTL
  B: 250 AUTH PLAIN
  S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
  B: 235 ok
  ! done accepted 235 ok
  `,
);

backendTranscript(
  'without a client to forward, LOGIN comes with the end of our own trust',
  open({ login: AS_ALICE }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  S: XCLIENT LOGIN=alice@example.com NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE]
  B: 220 ready
  S: EHLO gate.example.com
  B: 250 mx.example.com
  ! done accepted 235 2.7.0 Authentication successful
  `,
);

backendTranscript(
  'what is longer than a line goes in two, with all that Postfix would forget in the second',
  open({
    login: { as: 'xclient', name: `${'a'.repeat(64)}@${'b'.repeat(180)}.example` },
    forward: FORWARDED,
    helo: { verb: 'EHLO', name: 'c'.repeat(180) },
  }),
  `
  B: 220 ready
  S: EHLO ${'c'.repeat(180)}
  B: 250-mx.example.com
  B: 250 ${POSTFIX} SESSION TTL CLIENT-TRANSPORT
  S: XCLIENT DESTADDR=198.51.100.1 DESTPORT=993 SESSION=a1b2 TTL=5 CLIENT-TRANSPORT=TLS
  B: 220 ready
  S: XCLIENT LOGIN=${'a'.repeat(64)}@${'b'.repeat(180)}.example NAME=[UNAVAILABLE] PROTO=ESMTP HELO=${'c'.repeat(180)} ADDR=192.0.2.7 PORT=50123
  B: 220 ready
  S: EHLO ${'c'.repeat(180)}
  B: 250 mx.example.com
  ! done accepted 235 2.7.0 Authentication successful
  `,
);

backendTranscript(
  'a backend that does not trust us with LOGIN is not used',
  open({ login: AS_ALICE, forward: FORWARDED }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 XCLIENT NAME ADDR
  ! done unusable xclient-missing EHLO does not list XCLIENT LOGIN
  `,
);

backendTranscript(
  'a name longer than Postfix takes is nobody, and no fault of the backend',
  open({ login: { as: 'xclient', name: 'ä'.repeat(60) } }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 ${POSTFIX}
  ! done refused
  `,
);

for (const [answer, outcome] of [
  ['550 5.7.0 Error: insufficient authorization', 'unusable xclient-refused 5.7.0 Error: insufficient authorization'],
  ['550 5.7.14 You are not from trusted IP', 'unusable xclient-refused 5.7.14 You are not from trusted IP'],
  ['501 5.5.4 Bad ADDR syntax', 'unusable xclient-refused 5.5.4 Bad ADDR syntax'],
  ['421 4.3.2 too busy', 'temporary 4.3.2 too busy'],
  ['554 5.7.1 Client host rejected', 'refused-otherwise 5.7.1 Client host rejected'],
] as const) {
  backendTranscript(
    `XCLIENT answered by ${answer} means ${outcome}`,
    open({ forward: FORWARDED }),
    `${GREETED}
  B: 250-mx.example.com
  B: 250 XCLIENT ADDR
  S: XCLIENT ADDR=192.0.2.7
  B: ${answer}
  ! done ${outcome}
  `,
  );
}

backendTranscript(
  'a client that is unwelcome after its introduction is refused, not the backend given up',
  open({ forward: FORWARDED }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 XCLIENT ADDR
  S: XCLIENT ADDR=192.0.2.7
  B: 220 ready
  S: EHLO gate.example.com
  B: 550 5.7.1 Your address is listed
  ! done refused-otherwise 5.7.1 Your address is listed
  `,
);

test('xtext leaves no octet that could end a value or a command', () => {
  assert.equal(xtext('alice+news=x y'), 'alice+2Bnews+3Dx+20y');
  assert.equal(xtext('a\r\nMAIL FROM:<b>\0'), 'a+0D+0AMAIL+20FROM:<b>+00');
  assert.equal(xtext('älice'), '+C3+A4lice');
});

// Probing.

backendTranscript(
  'a probe reads the keywords after TLS and leaves',
  open({ tls: 'starttls', login: { as: 'probe' } }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 STARTTLS
  S: STARTTLS
  B: 220 go
  ! start-tls
  * tls
  S: EHLO gate.example.com
  B: 250-mx.example.com
  B: 250-SIZE 1000
  B: 250 8BITMIME\\x07
  S: QUIT
  ! done capabilities SIZE 1000 8BITMIME?
  `,
);

// What may be missing or wrong.

for (const [answer, outcome] of [
  ['421 4.3.2 too many connections', 'temporary 4.3.2 too many connections'],
  ['554 5.7.1 no service for you', 'unusable greeting 5.7.1 no service for you'],
  ['250 hello', 'unusable greeting hello'],
  ['+OK POP3', 'unusable malformed +OK POP3'],
  [`220 ${'x'.repeat(5000)}`, 'unusable malformed line too long'],
] as const) {
  backendTranscript(`a greeting of ${answer.slice(0, 20)} means ${outcome}`, open(), `B: ${answer}\n! done ${outcome}`);
}

backendTranscript(
  'a greeting of several lines is one greeting',
  open(),
  `
  B: 220-mx.example.com ESMTP
  B: 220-No spam
  B: 220
  S: EHLO gate.example.com
  B: 421 later
  ! done temporary later
  `,
);

backendTranscript(
  'EHLO refused under our own name is a fault',
  open(),
  `${GREETED}
  B: 502 5.5.1 unknown
  ! done unusable greeting 5.5.1 unknown
  `,
);

backendTranscript(
  'lines with different codes are no reply',
  open(),
  `${GREETED}
  B: 250-mx.example.com
  B: 220 x
  ! done unusable malformed 220 x
  `,
);

backendTranscript(
  'an endless reply is a fault',
  open(),
  [...Array<string>(129).fill('B: 220-x'), '! done unusable malformed 220-x'].join('\n'),
);

backendTranscript(
  'no AUTH means that no login is taken here',
  open(),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 SIZE 1000
  ! done unusable login-disabled EHLO does not list AUTH
  `,
);

backendTranscript(
  'an authzid needs PLAIN',
  open({ login: ALICE_BY_PROXY }),
  `${GREETED}
  B: 250-mx.example.com
  B: 250 AUTH LOGIN CRAM-MD5
  ! done unusable mechanism-missing AUTH has only LOGIN CRAM-MD5
  `,
);

// Each answer to a login.

for (const [answer, outcome] of [
  ['535 5.7.8 Authentication failed', 'refused'],
  ['535 5.7.139 basic authentication is disabled', 'refused'],
  ['550 5.7.1 no', 'refused'],
  ['554', 'refused'],
  ['454 4.7.0 Temporary authentication failure', 'temporary 4.7.0 Temporary authentication failure'],
  ['432 4.7.12 A password transition is needed', 'temporary 4.7.12 A password transition is needed'],
  ['421 4.7.0 closing', 'temporary 4.7.0 closing'],
  [
    '534 5.7.9 Application-specific password required',
    'refused-otherwise 5.7.9 Application-specific password required',
  ],
  ['538 5.7.11 Encryption required', 'unusable login-disabled 5.7.11 Encryption required'],
  ['530 5.7.0 Must issue STARTTLS', 'unusable login-disabled 5.7.0 Must issue STARTTLS'],
  ['504 5.5.4 what', 'unusable mechanism-missing 5.5.4 what'],
  ['501 5.5.2 what', 'unusable malformed 5.5.2 what'],
  ['354 go ahead', 'unusable malformed go ahead'],
] as const) {
  backendTranscript(`${answer} means ${outcome}`, open(), `${ASKED}\n  B: ${answer}\n  ! done ${outcome}`);
}

test('a login says what the last EHLO listed, for the gate behind it', () => {
  const dialogue = open()();
  playBackend(dialogue, HELLO);
  const [action] = dialogue.receive(Buffer.from('235 ok\r\n'));
  assert.ok(action?.do === 'done' && action.outcome.kind === 'accepted');
  assert.deepEqual(action.outcome.capabilities, ['SIZE 1000', 'AUTH PLAIN LOGIN']);
});
