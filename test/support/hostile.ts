/** Feeds dialogues with bytes that no honest peer sends. Only an assertion or a fault of the dialogue may come out. */

import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BackendAction, BackendDialogue, FrontAction, FrontDialogue } from '../../src/protocol/machine.ts';
import { unescape } from './transcript.ts';

/** Pieces of the protocol to build nonsense from, and the client lines that lead to each state. */
export interface Grammar {
  readonly words: readonly string[];
  /** Each one is played first: text as in a transcript, `\r\n` where a line ends. */
  readonly beginnings: readonly string[];
}

/**
 * Registers a test: in every state, whatever the client sends, the dialogue answers in whole lines, asks for the
 * gateway's help with one thing at a time, and is silent once it has closed.
 */
export function frontSurvives(name: string, open: () => FrontDialogue, grammar: Grammar): void {
  test(name, () => {
    fc.assert(
      fc.property(fc.constantFrom(...grammar.beginnings), stream(grammar.words), (beginning, chunks) => {
        const dialogue = open();
        follow(dialogue, dialogue.connect());
        follow(dialogue, dialogue.receive(unescape(beginning)));
        for (const chunk of chunks) if (!follow(dialogue, dialogue.receive(chunk))) return;
      }),
      { seed: 7, numRuns: 500 },
    );
  });
}

/** The same for our side of a backend login: it ends at most once, and never asks for anything after its end. */
export function backendSurvives(name: string, open: () => BackendDialogue, grammar: Grammar): void {
  test(name, () => {
    fc.assert(
      fc.property(fc.constantFrom(...grammar.beginnings), stream(grammar.words), (beginning, chunks) => {
        const dialogue = open();
        let ended = false;
        const take = (actions: readonly BackendAction[]): void => {
          assert.ok(!ended || actions.length === 0, 'acted after its end');
          for (const [index, action] of actions.entries()) {
            if (action.do === 'send') assertWholeLines(action.bytes);
            else assert.equal(index, actions.length - 1, `something follows ${action.do}`);
            if (action.do === 'done') ended = true;
            if (action.do === 'start-tls') take(dialogue.tlsStarted());
          }
        };
        take(dialogue.connect());
        for (const chunk of [unescape(beginning), ...chunks]) take(dialogue.receive(chunk));
      }),
      { seed: 7, numRuns: 500 },
    );
  });
}

// Performs what the dialogue asks for, refusing every login. False when the dialogue is over.
function follow(dialogue: FrontDialogue, actions: readonly FrontAction[]): boolean {
  for (const [index, action] of actions.entries()) {
    if (action.do === 'send') {
      assertWholeLines(action.bytes);
    } else if (action.do === 'close') {
      assert.equal(index, actions.length - 1, 'something follows close');
      assert.deepEqual(dialogue.receive(Buffer.from('QUIT\r\n')), []);
      return false;
    } else if (action.do === 'authenticate') {
      return follow(dialogue, dialogue.answer({ kind: 'deny', reason: 'wrong-credentials' }));
    } else if (action.do === 'start-tls') {
      return follow(dialogue, dialogue.tlsStarted());
    }
  }
  return true;
}

function assertWholeLines(bytes: Buffer): void {
  const text = bytes.toString('latin1');
  assert.ok(text.endsWith('\r\n'), `half a line: ${JSON.stringify(text)}`);
  assert.doesNotMatch(text, /(?<!\r)\n|\r(?!\n)|\0/, 'a stray line end or NUL');
}

function stream(words: readonly string[]): fc.Arbitrary<Buffer[]> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...words).map((word) => unescape(word)) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('\r\n', '\n', ' ', '"', '{3}', '{3+}', '=', '*').map((s) => Buffer.from(s)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((length) => Buffer.alloc(length, 'A')) },
  );
  return fc.array(piece, { maxLength: 30 });
}
