import test from 'node:test';
import assert from 'node:assert/strict';
import { Fault, unreachable } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { done, driveBackend, plainFor, sendToBackend, unusable } from '#protocol/backend.ts';
import type { BackendInput, BackendStep } from '#protocol/backend.ts';
import type { BackendDialogue } from '#protocol/machine.ts';
import { LineReader } from '#wire/line-reader.ts';
import type { LineEvent } from '#wire/line-reader.ts';
import { printable } from '#wire/printable.ts';
import { ALICE_BY_PROXY } from '../support/dialogue-options.ts';
import { backendTranscript } from '../support/transcript.ts';

/** A protocol made up to exercise the driver: it counts lines and has a word for each action. */
function advance(lines: number, input: BackendInput<LineEvent>): BackendStep<number> {
  switch (input.on) {
    case 'connect':
      return { state: lines, actions: [sendToBackend('HELLO')] };
    case 'tls':
      return { state: 0, actions: [sendToBackend('SECURE')] };
    case 'event': {
      const line = input.event.kind === 'line' ? input.event.line : 'too long';
      if (line === 'TLS') return { state: lines, actions: [{ do: 'start-tls' }] };
      if (line === 'BYE') return { state: lines, actions: [unusable('closed', `after ${lines}`)] };
      if (line !== 'IN') return { state: lines + 1, actions: [] };
      return { state: lines, actions: [done({ kind: 'accepted', reply: { line: `${lines} lines`, untagged: [] } })] };
    }
    default:
      return unreachable(input);
  }
}

function open(): BackendDialogue {
  return driveBackend<number, LineEvent>({ initial: 0, framer: new LineReader(20), advance });
}

backendTranscript(
  'replies are taken one at a time, and what follows the last one is left alone',
  open,
  String.raw`
    * connect
    S: HELLO
    B| one\r\ntwo\r\nIN\r\nBYE\r\nmo
    ! done accepted 2 lines + BYE\r\nmo
  `,
);

backendTranscript(
  'what came before TLS is forgotten, in the same packet or in a later one',
  open,
  String.raw`
    B| one\r\nTLS\r\nIN\r\nhal
    ! start-tls
    B| f\r\nIN\r\n
    * tls
    S: SECURE
    B: IN
    ! done accepted 0 lines
  `,
);

backendTranscript(
  'nothing is said after the end',
  open,
  String.raw`
    B: BYE
    ! done unusable closed after 0
    B: BYE
  `,
);

test('a handshake that nobody asked for is a fault', () => {
  const dialogue = open();
  dialogue.connect();
  assert.throws(() => dialogue.tlsStarted(), /not waiting for a handshake/);
});

test('PLAIN names the user as authzid when a proxy account logs in', () => {
  const plain = (login: Parameters<typeof plainFor>[0]) => Buffer.from(plainFor(login), 'base64').toString();
  assert.ok(ALICE_BY_PROXY.as === 'authzid');
  assert.equal(plain(ALICE_BY_PROXY), 'alice@example.com\0proxy\0pr0xy');
  assert.equal(plain({ as: 'user', name: 'älice', password: new Secret('p') }), '\0älice\0p');
  assert.throws(() => plain({ as: 'user', name: 'a', password: new Secret('\0b') }), Fault);
});

test('text for others is cut down to printable ASCII', () => {
  assert.equal(printable('a\r\nb\0c\x7fä'), 'a??b?c??');
  assert.equal(printable('x'.repeat(300)).length, 200);
  assert.equal(printable('x'.repeat(300), 250).length, 250);
});
