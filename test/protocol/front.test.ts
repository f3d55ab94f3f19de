import test from 'node:test';
import assert from 'node:assert/strict';
import { LineReader } from '#wire/line-reader.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import { driveFront, MAX_HELD_BYTES } from '#protocol/front.ts';
import type { FrontInput, FrontStep } from '#protocol/front.ts';
import type { FrontAction, FrontDialogue } from '#protocol/machine.ts';
import { unreachable } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { frontTranscript } from '../support/transcript.ts';

/** A protocol made up to exercise the driver: it echoes, and has a word for each action. */
interface State {
  readonly logins: number;
}

function advance(state: State, input: FrontInput<LineEvent>): FrontStep<State> {
  switch (input.on) {
    case 'connect':
      return { state, actions: [say('hello')] };
    case 'tls':
      return { state, actions: [] };
    case 'stop':
      return { state, actions: [say(`bye ${input.why}`), { do: 'close', why: input.why }] };
    case 'answer':
      return input.answer.kind === 'accepted'
        ? { state, actions: [say(input.answer.reply.line), { do: 'relay' }] }
        : { state, actions: [say(`refused, login ${state.logins}`)] };
    case 'event':
      return onLine(state, input.event);
    default:
      return unreachable(input);
  }
}

function onLine(state: State, event: LineEvent): FrontStep<State> {
  const line = event.kind === 'line' ? event.line : 'too long';
  if (line === 'TLS') return { state, actions: [say('go'), { do: 'start-tls' }] };
  if (line === 'QUIT') return { state, actions: [say('bye'), { do: 'close', why: 'logout' }] };
  if (line !== 'LOGIN' && line !== 'TOKEN') return { state, actions: [say(`echo ${line}`)] };
  const credentials = {
    mechanism: line,
    authcid: 'tim',
    authzid: undefined,
    offered: { kind: 'password', password: new Secret('x') },
    refusalChallenge: line === 'TOKEN' ? 'e30=' : undefined,
  } as const;
  return { state: { logins: state.logins + 1 }, actions: [{ do: 'authenticate', credentials }] };
}

function say(line: string): FrontAction {
  return { do: 'send', bytes: Buffer.from(`${line}\r\n`) };
}

function open(): FrontDialogue {
  const reader = new LineReader(20);
  return driveFront<State, LineEvent>({
    initial: { logins: 0 },
    framer: reader,
    advance,
    challenge: (challenge) => Buffer.from(`+ ${challenge}\r\n`),
  });
}

frontTranscript(
  'input behind a login waits for the answer and is then read in order',
  open,
  String.raw`
  * connect
  S: hello
  C| LOGIN\r\none\r\nLOGIN\r\ntwo\r\n
  ! authenticate LOGIN tim password "x"
  * deny wrong-credentials
  S: refused, login 1
  S: echo one
  ! authenticate LOGIN tim password "x"
  * throttle 3
  S: refused, login 2
  S: echo two
`,
);

frontTranscript(
  'what was sent in clear behind the TLS command is dropped, even when it comes before the handshake ends',
  open,
  String.raw`
  C| TLS\r\ninjected\r\ninj
  S: go
  ! start-tls
  C: also injected
  * tls
  C: sent inside
  S: echo sent inside
`,
);

frontTranscript(
  'bytes behind an accepted login are kept for the backend',
  open,
  String.raw`
  C| LOGIN\r\na1 SELECT INBOX\r\na2 half
  ! authenticate LOGIN tim password "x"
  * accepted OK in
  S: OK in
  ! relay + a1 SELECT INBOX\r\na2 half
`,
);

frontTranscript(
  'a mechanism with a refusal challenge is refused after one more answer from the client',
  open,
  String.raw`
  C: TOKEN
  ! authenticate TOKEN tim password "x"
  * deny wrong-credentials
  S: + e30=
  C: AQ==
  S: refused, login 1
  C: next
  S: echo next
`,
);

frontTranscript(
  'the answer to a refusal challenge may already be there',
  open,
  String.raw`
  C| TOKEN\r\nAQ==\r\nnext\r\n
  ! authenticate TOKEN tim password "x"
  * deny wrong-credentials
  S: + e30=
  S: refused, login 1
  S: echo next
`,
);

frontTranscript(
  'an accepted or unavailable login has no refusal challenge',
  open,
  `
  C: TOKEN
  ! authenticate TOKEN tim password "x"
  * unavailable
  S: refused, login 1
  C: TOKEN
  ! authenticate TOKEN tim password "x"
  * accepted in
  S: in
  ! relay
`,
);

frontTranscript(
  'a stop is spoken while reading or waiting for a verdict, and a late answer is ignored',
  open,
  `
  C: LOGIN
  ! authenticate LOGIN tim password "x"
  * stop deadline
  S: bye deadline
  ! close deadline
  * accepted too late
  C: anybody there?
  * stop drain
`,
);

frontTranscript(
  'a stop during a handshake closes without a word',
  open,
  `
  C: TLS
  S: go
  ! start-tls
  * stop drain
  ! close drain
  * tls
`,
);

frontTranscript(
  'nothing is read behind a logout',
  open,
  String.raw`
  C| QUIT\r\nLOGIN\r\n
  S: bye
  ! close logout
`,
);

test('a client that floods while it waits is closed, and its bytes are forgotten', () => {
  const dialogue = open();
  dialogue.connect();
  dialogue.receive(Buffer.from('LOGIN\r\n'));
  assert.deepEqual(dialogue.receive(Buffer.alloc(MAX_HELD_BYTES)), []);
  assert.equal(dialogue.heldBytes, MAX_HELD_BYTES);
  assert.deepEqual(dialogue.receive(Buffer.from('x')), [{ do: 'close', why: 'misbehaved' }]);
  assert.equal(dialogue.heldBytes, 0);
  dialogue.receive(Buffer.alloc(1000));
  assert.equal(dialogue.heldBytes, 0);
});

test('after the login everything is kept for the relay, and a stop is no longer the dialogue’s', () => {
  const dialogue = open();
  dialogue.connect();
  dialogue.receive(Buffer.from('LOGIN\r\n'));
  dialogue.answer({ kind: 'accepted', reply: { line: 'in', untagged: [] } });
  assert.deepEqual(dialogue.receive(Buffer.from('a1 NOOP\r\n')), []);
  assert.deepEqual(dialogue.stop('drain'), []);
  assert.equal(dialogue.unread().toString(), 'a1 NOOP\r\n');
});

test('an answer or a handshake that nobody asked for is a fault of the caller', () => {
  const dialogue = open();
  dialogue.connect();
  assert.throws(() => dialogue.answer({ kind: 'unavailable' }), /dialogue is reading/);
  assert.throws(() => dialogue.tlsStarted(), /dialogue is reading/);
});
