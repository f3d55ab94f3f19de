/** Random IMAP clients: commands built from a grammar and plain noise, cut anywhere, with every kind of answer. */

import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { imap } from '../../src/protocol/imap/module.ts';
import type { FrontAction, FrontDialogue, LoginAnswer } from '../../src/protocol/machine.ts';
import { frontOptions } from '../support/dialogue-options.ts';
import { DENY_REASONS } from '../support/transcript.ts';

/** No command within the limits is longer than this. */
const MAX_HELD_BYTES = 20_000;
const VALID_TAG = /^[^\p{Cc}(){%*"\\+ ]{1,64}$/u;

const string = fc.oneof(
  fc.constantFrom('alice', 'alice@example.com', '"two words"', String.raw`"q\"uote"`, '""', 'p{a}ss', '"open', 'NIL'),
  fc.string({ maxLength: 12 }).map((text) => `{${Buffer.byteLength(text)}+}\r\n${text}`),
  fc.string({ maxLength: 12 }).map((text) => `{${Buffer.byteLength(text)}-}\r\n${text}`),
  fc.constantFrom('{3}\r\nabc', '{9000+}\r\nshort', '{5000}', '{0+}\r\n', '{99999999999+}\r\n'),
);
const command = fc.oneof(
  fc.constantFrom('NOOP', 'CAPABILITY', 'ID NIL', 'ID ("a" "b")', 'ID (((', 'SELECT INBOX', 'LOGOUT', 'STARTTLS'),
  fc.tuple(string, string).map(([name, password]) => `LOGIN ${name} ${password}`),
  fc.constantFrom(
    'AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==',
    'AUTHENTICATE PLAIN\r\nAGFsaWNlAHNlY3JldA==',
    'AUTHENTICATE LOGIN\r\nYWxpY2U=\r\nc2VjcmV0',
    'AUTHENTICATE LOGIN\r\n*',
    'AUTHENTICATE XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbgEB\r\nAQ==',
    'AUTHENTICATE PLAIN =',
    'AUTHENTICATE X',
  ),
);
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom('\r\n', '\n', '\r', '{', '+}', '"', '* OK [CAPABILITY X]\r\n', '+ \r\n', 'a'.repeat(13_000)),
);
const answer: fc.Arbitrary<LoginAnswer> = fc.oneof(
  fc.constantFrom(...DENY_REASONS).map((reason) => ({ kind: 'deny', reason }) as const),
  fc.constantFrom<LoginAnswer>(
    { kind: 'throttle', retryAfterSeconds: 5 },
    { kind: 'unavailable' },
    { kind: 'backend-refused', code: 'EXPIRED', text: 'Expired' },
    { kind: 'accepted', reply: { line: 'OK in', untagged: [] } },
  ),
);

/** What a client saw, and what the dialogue asked of the gateway. */
interface Run {
  readonly sent: string;
  readonly ended: 'relay' | 'close' | undefined;
}

function run(dialogue: FrontDialogue, chunks: readonly Buffer[], answers: readonly LoginAnswer[]): Run {
  const queue = [...answers];
  let sent = '';
  let ended: Run['ended'];
  const take = (actions: readonly FrontAction[]): void => {
    for (const [index, action] of actions.entries()) {
      assert.equal(ended, undefined, `${action.do} after the end`);
      if (action.do === 'send') sent += action.bytes.toString('latin1');
      else if (action.do !== 'exposed') assert.equal(index, actions.length - 1, `something follows ${action.do}`);
      if (action.do === 'relay' || action.do === 'close') ended = action.do;
      if (action.do === 'start-tls') take(dialogue.tlsStarted());
      if (action.do === 'authenticate') take(dialogue.answer(queue.shift() ?? { kind: 'unavailable' }));
    }
  };
  take(dialogue.connect());
  for (const chunk of chunks) {
    take(dialogue.receive(chunk));
    if (ended !== undefined) break;
    assert.ok(dialogue.heldBytes <= MAX_HELD_BYTES, `holds ${dialogue.heldBytes} bytes`);
  }
  return { sent, ended };
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/**
 * Every line that a client gets is untagged, a continuation request, or begins with a tag that it may have sent (what
 * follows a STARTTLS in clear is dropped, perhaps up to the middle of a word). Returns the replies to each tag.
 */
function assertSpeaksImap({ sent, ended }: Run, input: string): Map<string, number> {
  assert.ok(sent.endsWith('\r\n'), 'half a line');
  const replies = new Map<string, number>();
  for (const line of sent.slice(0, -2).split('\r\n')) {
    assert.match(line, /^[\x20-\x7e]*$/, 'something that is not text');
    if (/^\* (?:OK|NO|BAD|BYE|CAPABILITY|ID) |^\+ /.test(line)) continue;
    const [, tag = '', word = ''] = /^(\S+) (OK|NO|BAD) /.exec(line) ?? [];
    assert.ok(VALID_TAG.test(tag) && input.includes(tag) && word !== '', `not a reply: ${line}`);
    replies.set(tag, (replies.get(tag) ?? 0) + 1);
  }
  if (ended === 'relay') assert.match(sent, / OK in\r\n$/);
  return replies;
}

const OPTIONS = [
  frontOptions({ mechanisms: ['PLAIN', 'LOGIN', 'XOAUTH2'] }),
  frontOptions({ tls: 'available' }),
  frontOptions({ tls: 'none', plaintextLogin: true }),
];

test('every command gets at most one tagged reply, and no reply a tag that was not sent', () => {
  const inputs = fc.tuple(fc.array(command, { maxLength: 20 }), fc.array(answer, { maxLength: 10 }));
  fc.assert(
    fc.property(
      inputs,
      fc.constantFrom(...OPTIONS),
      fc.integer({ min: 1, max: 300 }),
      ([commands, answers], options, size) => {
        const input = commands.map((text, index) => `t${index} ${text}\r\n`).join('');
        const outcome = run(imap.front(options), cut(Buffer.from(input), size), answers);
        for (const [tag, count] of assertSpeaksImap(outcome, input)) {
          if (/^t\d+$/.test(tag)) assert.equal(count, 1, `${count} replies to ${tag}`);
        }
      },
    ),
    { seed: 3, numRuns: 400 },
  );
});

test('how the bytes are cut changes nothing that a client sees', () => {
  const inputs = fc.tuple(fc.array(fc.oneof(command, noise), { maxLength: 12 }), fc.array(answer, { maxLength: 10 }));
  fc.assert(
    fc.property(
      inputs,
      fc.constantFrom(OPTIONS[0], OPTIONS[2]),
      fc.integer({ min: 1, max: 50 }),
      ([parts, answers], options, size) => {
        const bytes = Buffer.from(parts.map((text, index) => `t${index} ${text}\r\n`).join(''), 'latin1');
        const pieces = run(imap.front(options ?? frontOptions()), cut(bytes, size), answers);
        assert.deepEqual(pieces, run(imap.front(options ?? frontOptions()), [bytes], answers));
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

test('noise between commands is answered in IMAP, bounded, or not at all', () => {
  const inputs = fc.tuple(fc.array(fc.oneof(noise, command), { maxLength: 30 }), fc.array(answer, { maxLength: 10 }));
  fc.assert(
    fc.property(
      inputs,
      fc.constantFrom(...OPTIONS),
      fc.integer({ min: 1, max: 2000 }),
      ([parts, answers], options, size) => {
        const input = parts.join('');
        assertSpeaksImap(run(imap.front(options), cut(Buffer.from(input, 'latin1'), size), answers), input);
      },
    ),
    { seed: 3, numRuns: 400 },
  );
});
