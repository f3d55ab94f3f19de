/** Random sessions after login, to those that look for a place where a goodbye would be understood. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import type { Protocol } from '#core/protocols.ts';
import { imap } from '#protocol/imap/module.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { sieve } from '#protocol/sieve/module.ts';
import { submission } from '#protocol/submission/module.ts';
import { noise } from './bytes.ts';
import { bytesOf, cut } from './bytes.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

const SENDERS = ['client', 'backend'] as const;
const InputSchema = z.array(z.strictObject({ from: z.enum(SENDERS), text: z.string() }));
type Passing = z.output<typeof InputSchema>;

interface Words {
  readonly client: readonly string[];
  readonly backend: readonly string[];
}

const IMAP: Words = {
  client: [
    'a NOOP\r\n',
    'b IDLE\r\n',
    'DONE\r\n',
    'c APPEND x {3}\r\n',
    'c APPEND x {3+}\r\nabc\r\n',
    'd COMPRESS DEFLATE\r\n',
    'abc',
  ],
  backend: [
    'a OK\r\n',
    'b OK\r\n',
    'd OK\r\n',
    '+ \r\n',
    '* 1 FETCH (BODY[] {5}\r\n',
    '* OK x\r\n',
    '* BYE\r\n',
    ')\r\n',
    'hello',
  ],
};
const SUBMISSION: Words = {
  client: [
    'MAIL FROM:<a@b>\r\n',
    'RCPT TO:<a@b>\r\n',
    'DATA\r\n',
    'text\r\n',
    '.\r\n',
    'BDAT 3\r\nabc',
    'BDAT 2 LAST\r\nab',
    'QUIT\r\n',
    '\n.\r\n',
  ],
  backend: ['250 ok\r\n', '250-x\r\n', '354 go\r\n', '221 bye\r\n', '421 late\r\n', '550 no\r\n', '2'],
};
const SIEVE: Words = {
  client: ['NOOP\r\n', 'PUTSCRIPT "a" {3+}\r\nabc\r\n', 'GETSCRIPT "a"\r\n', 'LOGOUT\r\n', 'STARTTLS\r\n', '"'],
  backend: [
    'OK\r\n',
    'NO "x"\r\n',
    '{5}\r\nhello\r\n',
    '"a" ACTIVE\r\n',
    'BYE\r\n',
    'OK (TAG {3}\r\nabc) "x"\r\n',
    '"',
  ],
};
const FOLLOWED: readonly (readonly [module: ProtocolModule, words: Words])[] = [
  [imap, IMAP],
  [submission, SUBMISSION],
  [sieve, SIEVE],
];

/** What last words of ours look like in each protocol. */
const GOODBYE: Readonly<Partial<Record<Protocol, RegExp>>> = {
  imap: /^\* BYE [\x20-\x7e]+\r\n$/,
  submission: /^421 [\x20-\x7e]+\r\n$/,
  sieve: /^BYE [\x20-\x7e]+\r\n$/,
};

/** One target for each protocol that says goodbye after login. */
export const BOUNDARY_TARGETS: readonly FuzzTarget[] = FOLLOWED.map(([module, words]) =>
  fuzzTarget(`${module.protocol}-boundary`, {
    schema: InputSchema,
    inputs: passing(words),
    check: (input) => checkBoundary(module, input),
  }),
);

function passing(words: Words): fc.Arbitrary<Passing> {
  const text = (of: readonly string[]) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...of) },
      { weight: 1, arbitrary: noise },
      { weight: 1, arbitrary: fc.constantFrom('\r\n', '\n', ' ') },
    );
  const one = fc.oneof(
    fc.record({ from: fc.constant('client' as const), text: text(words.client) }),
    fc.record({ from: fc.constant('backend' as const), text: text(words.backend) }),
  );
  return fc.array(one, { maxLength: 40 });
}

function checkBoundary(module: ProtocolModule, input: Passing): void {
  const standings = follow(module, input, Number.MAX_SAFE_INTEGER);
  assert.deepEqual(follow(module, input, 1), standings, 'byte by byte it means something else');
}

/** How things stand behind each piece. */
function follow({ protocol, commandTracker: open }: ProtocolModule, input: Passing, size: number): readonly string[] {
  const commandTracker = open?.('a1b2');
  if (commandTracker === undefined) throw new Error(`${protocol} has no boundary`);
  return input.map(({ from, text }) => {
    for (const piece of cut(text, size)) {
      if (from === 'client') commandTracker.fromClient(bytesOf(piece));
      else commandTracker.fromBackend(bytesOf(piece));
    }
    const last = commandTracker.goodbye('cut-off')?.toString('latin1');
    if (last !== undefined) assert.match(last, GOODBYE[protocol] ?? /^$/);
    return `${last === undefined ? 'silent' : 'goodbye'} ${commandTracker.busy ? 'busy' : 'at rest'}`;
  });
}
