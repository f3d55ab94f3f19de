/** Faults of other mail proxies that must not appear here. One test each, named after the CVE or the fixing commit. */

import test from 'node:test';
import assert from 'node:assert/strict';
import { Secret } from '#core/secret.ts';
import type { BackendOptions, FrontOptions } from '#protocol/machine.ts';
import { submission } from '#protocol/submission/module.ts';
import { backendOptions, FORWARDED, frontOptions } from '../support/dialogue-options.ts';
import { backendTranscript, frontTranscript, playBackend, playFront } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => submission.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });
const backend =
  (replaced: Partial<BackendOptions> = {}) =>
  () =>
    submission.backend(backendOptions(replaced));

frontTranscript(
  'CVE-2011-0411: a command sent in clear behind STARTTLS is not answered through TLS',
  clear,
  String.raw`
    C| STARTTLS\r\nNOOP\r\n
    S: 220 2.0.0 Begin TLS negotiation
    ! start-tls
    * tls
    C: NOOP
    S: 250 2.0.0 OK
  `,
);

frontTranscript(
  'CVE-2014-3556: AUTH sent in clear behind STARTTLS logs nobody in',
  clear,
  String.raw`
    C| EHLO x\r\nSTARTTLS\r\nEHLO evil\r\nAUTH PLAIN AGV2aWwAc2VjcmV0\r\n
    S: 250-mail.example.com
    S: 250 STARTTLS
    S: 220 2.0.0 Begin TLS negotiation
    ! start-tls
    * tls
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    S: 503 5.5.1 Send EHLO first
  `,
);

frontTranscript(
  'CVE-2021-33515: neither MAIL FROM nor half an AUTH sent before TLS outlives it',
  clear,
  String.raw`
    C| STARTTLS\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<evil@exa
    S: 220 2.0.0 Begin TLS negotiation
    ! start-tls
    * tls
    C| mple.com>\r\n
    S: 500 5.5.1 Unknown command
    C: EHLO x
    S: 250-mail.example.com
    S: 250 AUTH PLAIN LOGIN
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! authenticate PLAIN alice password "secret"
    * accepted 235 2.7.0 ok
    S: 235 2.7.0 ok
    ! relay
  `,
);

backendTranscript(
  'NO STARTTLS: what a backend, or somebody between, says in clear behind its 220 is not read as said through TLS',
  backend({ tls: 'starttls' }),
  String.raw`
    B: 220 ready
    S: EHLO gate.example.com
    B| 250-mx\r\n250 STARTTLS\r\n
    S: STARTTLS
    B| 220 go\r\n250-evil\r\n250 AUTH LOGIN\r\n
    ! start-tls
    * tls
    S: EHLO gate.example.com
    B: 250-mx
    B: 250 AUTH PLAIN
    S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
    B: 235 ok
    ! done accepted 235 ok
  `,
);

test('CVE-2025-53859: fields of any length and cut reach the verdict exactly as sent', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  for (const length of [1, 2, 3, 63, 64, 65, 1023, 1024, 4095, 6000]) {
    const [name, password] = ['n'.repeat(length), `p${'w'.repeat(length)}`];
    for (const exchange of [
      `C: AUTH LOGIN\nC: ${base64(name)}\nC: ${base64(password)}`,
      `C: AUTH LOGIN ${base64(name)}\nC: ${base64(password)}`,
    ]) {
      for (const cut of ['as written', 'byte by byte'] as const) {
        const played = playFront(open(), `C: EHLO x\n${exchange}`, cut);
        assert.equal(played.at(-1), `! authenticate LOGIN ${name} password "${password}"`);
      }
    }
  }
});

frontTranscript(
  'CVE-2025-53859: an empty password is a wrong one and an empty name malformed, whatever was sent before',
  open,
  String.raw`
    C: EHLO x
    S: 250-mail.example.com
    S: 250 AUTH PLAIN LOGIN
    C: AUTH LOGIN YWxpY2U=
    S: 334 UGFzc3dvcmQ6
    C:
    ! authenticate LOGIN alice password ""
    * deny identity-refused
    S: 535 5.7.8 The user name or password is not right. (id: a1b2)
    C: AUTH LOGIN =
    S: 501 5.5.2 Malformed authentication response
  `,
);

test('CVE-2026-27651: a retry after a refusal is as good as the first try, however often', () => {
  const dialogue = open();
  playFront(dialogue, 'C: EHLO x');
  for (let times = 0; times < 100; times += 1) {
    const [asked, ...more] = dialogue.receive(Buffer.from('AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n'));
    assert.deepEqual([asked?.do, more], ['authenticate', []]);
    assert.equal(dialogue.answer({ kind: 'deny', reason: 'wrong-credentials' }).length, 1);
    assert.equal(dialogue.heldBytes, 0);
  }
});

test('CVE-2017-15132: aborted exchanges do not pile up', () => {
  const dialogue = open();
  playFront(dialogue, 'C: EHLO x');
  let replies = 0;
  for (let times = 0; times < 10_000; times += 1)
    replies += dialogue.receive(Buffer.from('AUTH PLAIN\r\n*\r\n')).length;
  assert.equal(replies, 10 + 10 + 1, 'ten challenges, ten complaints, one close');
});

frontTranscript(
  'nginx 9c02c84a7: the name of an earlier attempt is not used for a later one',
  open,
  String.raw`
    C: EHLO x
    S: 250-mail.example.com
    S: 250 AUTH PLAIN LOGIN
    C: AUTH LOGIN YWxpY2U=
    S: 334 UGFzc3dvcmQ6
    C: c2VjcmV0
    ! authenticate LOGIN alice password "secret"
    * deny wrong-credentials
    S: 535 5.7.8 The user name or password is not right. (id: a1b2)
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: c2VjcmV0
    S: 334 UGFzc3dvcmQ6
    C: *
    S: 501 5.7.0 Authentication cancelled
    C: AUTH PLAIN AABzZWNyZXQ=
    S: 501 5.5.2 Malformed authentication response
  `,
);

frontTranscript(
  'nginx 1.11.9: EXTERNAL and whatever else is not offered is refused, whatever comes with it',
  () => open({ mechanisms: ['PLAIN'] }),
  String.raw`
    C: EHLO x
    S: 250-mail.example.com
    S: 250 AUTH PLAIN
    C: AUTH EXTERNAL YWxpY2U=
    S: 504 5.5.4 Unsupported authentication mechanism
    C: AUTH LOGIN YWxpY2U=
    S: 504 5.5.4 Unsupported authentication mechanism
    C: AUTH ANONYMOUS
    S: 504 5.5.4 Unsupported authentication mechanism
    C: AUTH __proto__
    S: 504 5.5.4 Unsupported authentication mechanism
  `,
);

test('CVE-2026-28753, nginx 6f81314a0: no name can add to an XCLIENT command', () => {
  const hostile = ['x\r\nRCPT TO:<a>', 'a b', 'a ADDR=127.0.0.1', '[UNAVAILABLE] LOGIN=root', `${'n'.repeat(255)}\r\n`];
  for (const name of hostile) {
    const options: Partial<BackendOptions> = {
      login: { as: 'xclient', name: name.slice(0, 80) },
      forward: { ...FORWARDED, sessionId: name },
      helo: { verb: 'EHLO', name },
    };
    const script = 'B: 220 x\nB: 250-x\nB: 250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN SESSION\nB: 220 x\nB: 250 x';
    const sent = playBackend(backend(options)(), script).filter((line) => line.startsWith('S: '));
    assert.equal(sent.length, 3, 'EHLO, XCLIENT, EHLO');
    assert.equal(sent[0], 'S: EHLO gate.example.com');
    const words = (sent[1] ?? '').split(' ').slice(2);
    assert.deepEqual(
      words.map((word) => word.split('=', 1).join('')),
      ['LOGIN', 'NAME', 'PROTO', 'HELO', 'ADDR', 'PORT'],
    );
    assert.ok(words.includes('NAME=[UNAVAILABLE]') && words.includes('HELO=[UNAVAILABLE]'));
    assert.ok(
      words.every((word) => /^[A-Z]+=[!-<>-~]+$/.test(word)),
      'one value each',
    );
  }
});

test('a password cannot add to AUTH either', () => {
  const login = { as: 'user', name: 'alice', password: new Secret('x\r\nMAIL FROM:<>') } as const;
  const played = playBackend(backend({ login })(), 'B: 220 x\nB: 250-x\nB: 250 AUTH PLAIN');
  assert.equal(played.at(-1), `S: AUTH PLAIN ${Buffer.from('\0alice\0x\r\nMAIL FROM:<>').toString('base64')}`);
});
