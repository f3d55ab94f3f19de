/** Random clients behind a login, to the gate that stands before the server. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { submissionGate } from '#protocol/submission/gate.ts';
import { ReferenceServer } from '../support/gate-reference.ts';
import { cut, noise } from './bytes.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

const InputSchema = z.strictObject({
  said: z.array(z.string()),
  /** What the server grants, over and over. */
  granted: z.array(z.boolean()).min(1),
  /** What the client sends at once. */
  size: z.int().min(1),
});
type Input = z.output<typeof InputSchema>;

const WORDS = [
  'EHLO x\r\n',
  'HELO x\r\n',
  'MAIL FROM:<a@b>\r\n',
  'RCPT TO:<a@b>\r\n',
  'DATA\r\n',
  'text\r\n',
  '.\r\n',
  '\r\n.\r\n',
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '..\r\n',
  '.',
  '\r',
  '\n',
  '\0',
  'BDAT 10\r\n',
  'BDAT 0 LAST\r\n',
  'BDAT 010\r\n',
  'BDAT 10 LAST\r\nSTARTTLS\r\n',
  'RSET\r\n',
  'NOOP\r\n',
  'QUIT\r\n',
  'STARTTLS\r\n',
  'AUTH PLAIN AGEAYg==\r\n',
  'XCLIENT LOGIN=a\r\n',
  ' STARTTLS\r\n',
  '\x0bSTARTTLS\r\n',
  'NOOP\rSTARTTLS\r\n',
  'NOOP\nSTARTTLS\r\n',
];

/** Whatever a client sends, and however the server answers, no command of another login reaches it. */
export const GATE_TARGET: FuzzTarget = fuzzTarget('submission-gate', {
  schema: InputSchema,
  inputs: fc.record({
    said: fc.array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...WORDS) }, { weight: 1, arbitrary: noise }), {
      maxLength: 40,
    }),
    granted: fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
    size: fc.integer({ min: 1, max: 200 }),
  }),
  check: checkGate,
});

function checkGate({ said, granted, size }: Input): void {
  const whole = play(said, granted, size);
  assert.deepEqual(play(said, granted, 1), whole, 'byte by byte something else passes');
}

interface Played {
  readonly passed: string;
  readonly answered: string;
  readonly refused: readonly string[];
  readonly ended: boolean;
}

/** Plays a client that waits for nothing to a server that answers at once. */
function play(said: readonly string[], granted: readonly boolean[], size: number): Played {
  const gate = submissionGate({ sessionId: 'a1b2', capabilities: ['CHUNKING'] });
  let drawn = 0;
  const server = new ReferenceServer(() => granted[drawn++ % granted.length] ?? true);
  const played = { passed: '', answered: '', refused: new Array<string>(), ended: false };
  const perform = (actions: ReturnType<typeof gate.fromClient>): void => {
    let replies = '';
    for (const action of actions) {
      assert.equal(played.ended, false, 'something follows the end');
      if (action.do === 'end') played.ended = true;
      if (action.do === 'refused') played.refused.push(action.why);
      if (action.do !== 'pass') continue;
      const text = action.bytes.toString('latin1');
      if (action.to === 'client') played.answered += text;
      else played.passed += text;
      if (action.to === 'backend') replies += server.receive(text);
    }
    if (replies !== '' && !played.ended) perform(gate.fromBackend(Buffer.from(replies, 'latin1')));
  };
  for (const piece of cut(said.join(''), size)) {
    if (!played.ended) perform(gate.fromClient(Buffer.from(piece, 'latin1')));
  }
  assert.doesNotMatch(played.answered, /STARTTLS/);
  for (const content of server.contents) assert.ok(said.join('').includes(content), 'content has changed');
  return played;
}
