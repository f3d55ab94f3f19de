/** Random IMAP clients that number their commands: each gets at most one reply, and no reply has a tag that was not sent. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { ANSWERS, playFront, SERVICES } from './fronts.ts';
import { fuzzTarget } from './target.ts';

const string = fc.oneof(
  fc.constantFrom('alice', 'alice@example.com', '"two words"', String.raw`"q\"uote"`, '""', 'p{a}ss', '"open', 'NIL'),
  fc.string({ maxLength: 12 }).map((text) => `{${text.length}+}\r\n${text}`),
  fc.string({ maxLength: 12 }).map((text) => `{${text.length}-}\r\n${text}`),
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

const InputSchema = z.strictObject({
  served: z.enum(SERVICES),
  commands: z.array(z.string()),
  answers: z.array(z.enum(ANSWERS)),
  size: z.int().min(1),
});
type Input = z.output<typeof InputSchema>;

export const IMAP_COMMANDS_TARGET = fuzzTarget('imap-commands', {
  schema: InputSchema,
  inputs: fc.record({
    served: fc.constantFrom(...SERVICES),
    commands: fc.array(command, { maxLength: 20 }),
    answers: fc.array(fc.constantFrom(...ANSWERS), { maxLength: 10 }),
    size: fc.integer({ min: 1, max: 300 }),
  }),
  check,
});

function check({ served, commands, answers, size }: Input): void {
  const input = commands.map((text, index) => `t${index} ${text}\r\n`).join('');
  const pieces = Array.from({ length: Math.ceil(input.length / size) }, (_, i) =>
    input.slice(i * size, (i + 1) * size),
  );
  const { sent } = playFront('imap', { served, pieces, answers }, pieces);
  const replies = new Map<string, number>();
  for (const line of sent.split('\r\n')) {
    const [, tag] = /^([^*+ ]\S*) /.exec(line) ?? [];
    if (tag === undefined) continue;
    assert.ok(input.includes(tag), `nobody sent the tag ${tag}`);
    replies.set(tag, (replies.get(tag) ?? 0) + 1);
  }
  for (const [tag, count] of replies) {
    if (/^t\d+$/.test(tag)) assert.equal(count, 1, `${count} replies to ${tag}`);
  }
}
