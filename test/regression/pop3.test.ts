/** Faults of other mail proxies that must not appear here. One test each, named after the CVE or the fixing commit. */

import test from 'node:test';
import assert from 'node:assert/strict';
import type { BackendOptions, FrontOptions } from '#protocol/machine.ts';
import { pop3 } from '#protocol/pop3/module.ts';
import { backendOptions, frontOptions } from '../support/dialogue-options.ts';
import { backendTranscript, frontTranscript, playFront } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => pop3.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });
const backend =
  (replaced: Partial<BackendOptions> = {}) =>
  () =>
    pop3.backend(backendOptions(replaced));

const WRONG = '-ERR [AUTH] The user name or password is not right. (id: a1b2)';

frontTranscript(
  'CVE-2011-0411: a command sent in clear behind STLS is not answered through TLS',
  clear,
  String.raw`
    C| STLS\r\nCAPA\r\n
    S: +OK Begin TLS negotiation
    ! start-tls
    * tls
    C: QUIT
    S: +OK Goodbye
    ! close logout
  `,
);

frontTranscript(
  'CVE-2014-3556: a login sent in clear behind STLS logs nobody in, whole or half',
  clear,
  String.raw`
    C| STLS\r\nUSER evil\r\nPASS sec
    S: +OK Begin TLS negotiation
    ! start-tls
    * tls
    C| ret\r\n
    S: -ERR Unknown command, or one that needs a login first
    C: PASS secret
    S: -ERR Give a user name first
  `,
);

backendTranscript(
  'NO STARTTLS: what a backend, or somebody between, says in clear behind its +OK is not read as said through TLS',
  backend({ tls: 'starttls' }),
  String.raw`
    B: +OK ready
    S: CAPA
    B| +OK\r\nSTLS\r\n.\r\n
    S: STLS
    B| +OK go\r\n+OK\r\nUSER\r\n.\r\n
    ! start-tls
    * tls
    S: CAPA
    B| +OK\r\nSASL PLAIN\r\n.\r\n
    S: AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA==
    B: +OK
    ! done accepted +OK
  `,
);

frontTranscript(
  'nginx 9c02c84a7: the name of an earlier attempt is not used for a later one',
  open,
  String.raw`
    C: USER alice
    S: +OK Send your password
    C: PASS wrong
    ! authenticate USER-PASS alice password "wrong"
    * deny wrong-credentials
    S: ${WRONG}
    C: PASS secret
    S: -ERR Give a user name first
    C: USER alice
    S: +OK Send your password
    C: AUTH PLAIN
    S: +\x20
    C: *
    S: -ERR Authentication cancelled
    C: PASS secret
    S: -ERR Give a user name first
  `,
);

frontTranscript(
  'nginx 0.5.15: no login without TLS, by whichever command',
  clear,
  `
    C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
    ! exposed alice
    S: -ERR [AUTH] This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app.
    C: PASS secret
    S: -ERR [AUTH] This mail server only accepts passwords over an encrypted connection: turn on SSL/TLS or STARTTLS in your mail app.
  `,
);

frontTranscript(
  'nginx 1.11.9: EXTERNAL and whatever else is not offered is refused',
  open,
  String.raw`
    C: AUTH EXTERNAL YWxpY2U=
    S: -ERR Unsupported authentication mechanism
    C: AUTH __proto__
    S: -ERR Unsupported authentication mechanism
  `,
);

test('CVE-2026-27651: a retry after a refusal is as good as the first try, however often', () => {
  const dialogue = open();
  dialogue.connect();
  for (let times = 0; times < 100; times += 1) {
    dialogue.receive(Buffer.from('USER alice\r\n'));
    const [asked, ...more] = dialogue.receive(Buffer.from('PASS secret\r\n'));
    assert.deepEqual([asked?.do, more], ['authenticate', []]);
    assert.equal(dialogue.answer({ kind: 'deny', reason: 'wrong-credentials' }).length, 1);
    assert.equal(dialogue.heldBytes, 0);
  }
});

test('CVE-2017-15132: aborted exchanges do not pile up', () => {
  const dialogue = open();
  dialogue.connect();
  let replies = 0;
  for (let times = 0; times < 10_000; times += 1)
    replies += dialogue.receive(Buffer.from('AUTH PLAIN\r\n*\r\n')).length;
  assert.equal(replies, 10 + 10 + 1, 'ten challenges, ten complaints, one close');
});

test('CVE-2019-10691: a name that is not UTF-8 is refused before anybody is asked', () => {
  for (const name of ['\\xc3\\x28', '\\xed\\xa0\\x80', '\\xf8\\x88\\x80\\x80\\x80', 'a\\x80']) {
    assert.equal(playFront(open(), `C: USER ${name}`).at(-1), 'S: -ERR Give a user name');
  }
});

test('a line of spaces takes no longer to read than any other', () => {
  const reply = `+OK${' '.repeat(4000)}\\r\\r`;
  const dialogue = backend()();
  dialogue.connect();
  const [ended] = dialogue.receive(Buffer.from(`${reply.replaceAll('\\r', '\r')}\n`));
  assert.equal(ended?.do === 'done' ? ended.outcome.kind : undefined, 'unusable');
});
