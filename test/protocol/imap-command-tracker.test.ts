/** Where a BYE of ours would be read as one in an IMAP session that only passes by. */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { imapCommandTracker } from '#protocol/imap/command-tracker.ts';
import type { CommandTracker } from '#protocol/machine.ts';
import {
  assertAgrees,
  assertStands,
  boundaryTranscript,
  pass,
  sizes,
  standing,
  type Passing,
  type Said,
} from '../support/command-tracker.ts';
import { imapReference } from '../support/command-tracker-reference.ts';

const open = (): CommandTracker => imapCommandTracker('a1b2');

test('each reason for the end has its words, with the session id', () => {
  const said = (['cut-off', 'drain', 'idle'] as const).map((why) => open().goodbye(why)?.toString());
  assert.deepEqual(said, [
    '* BYE This sign-in is not valid any more: sign in again. (id: a1b2)\r\n',
    '* BYE The mail server is restarting: connect again. (id: a1b2)\r\n',
    '* BYE The connection was idle for too long: connect again. (id: a1b2)\r\n',
  ]);
});

boundaryTranscript(
  'BYE is said between responses, also while a command is under way',
  open,
  String.raw`
    busy    C: 1 SELECT INBOX
    busy    B: * 3 EXISTS
    within  B| * OK [UIDVALID
    busy    B: ITY 1] valid
    rest    B: 1 OK [READ-WRITE] Selected
    busy    C| 2 NO
    busy    C: OP
    rest    B: 2 OK done
  `,
);

boundaryTranscript(
  'never inside a literal, whatever its octets look like',
  open,
  String.raw`
    busy    C: 1 FETCH 1 (BODY[] BINARY[1])
    within  B: * 1 FETCH (BODY[] {26}
    within  B: * BYE no\r\n1 OK done\r\n{3}
    within  B|  BINARY[1] ~{2}\r\n
    within  B| \r\n
    busy    B: )
    within  B: * LIST () "/" {0}
    busy    B:
    rest    B: 1 OK done
  `,
);

boundaryTranscript(
  'a client in the middle of a literal hears BYE between responses',
  open,
  String.raw`
    busy    C: 1 APPEND INBOX {16}
    busy    B: + go on
    busy    C| 2 COMPRESS DE
    busy    B: * 4 EXISTS
    busy    C| FL\r\n
    rest    B: 1 OK [APPENDUID 1 2] done
    busy    C: 2 APPEND INBOX (\Seen) {3+}
    busy    C| abc CATENATE (TEXT {2+}\r\nde)\r\n
    rest    B: 2 OK done
  `,
);

boundaryTranscript(
  'a literal that is refused is not waited for',
  open,
  String.raw`
    busy    C: 1 NOOP
    busy    C: 2 APPEND INBOX {1000000000}
    busy    B: 1 OK done
    rest    B: 2 NO [TOOBIG] too big
    busy    C: 3 COMPRESS DEFLATE
    lost    B: 3 OK begins
  `,
);

boundaryTranscript(
  'an answer to another command grants or refuses nothing',
  open,
  String.raw`
    busy    C: 1 NOOP
    busy    C: 2 APPEND INBOX {20}
    busy    B: 1 OK done
    busy    B: + go on
    busy    C| 3 COMPRESS DEFLATE\r\n
    busy    C:
    rest    B: 2 OK done
    busy    C: 4 NOOP
    busy    C: 5 COMPRESS DEFLATE
    busy    B: 4 OK done
    rest    B: 5 NO not now
    busy    C: 6 APPEND INBOX {3}
    rest    B: 6 OK never mind
  `,
);

boundaryTranscript(
  'a client that does not wait for its continuation request is not followed',
  open,
  String.raw`
    busy    C: 1 APPEND INBOX {3}
    lost    C| abc
    lost    B: 1 OK done
  `,
);

boundaryTranscript(
  'IDLE is rest, its end is a command under way',
  open,
  String.raw`
    rest    C: 1 IDLE
    rest    B: + idling
    rest    B: * 5 EXISTS
    within  B| * 5
    rest    B:  EXPUNGE
    busy    C: DONE
    rest    B: 1 OK done
    busy    C: 2 NOOP
    busy    C: 3 idle
    rest    B: 2 OK done
  `,
);

boundaryTranscript(
  'COMPRESS: nothing is said once it has begun',
  open,
  String.raw`
    busy    C: 1 compress DEFLATE
    within  B| 1 OK DEFLATE active
    lost    B| \r\n
    lost    B| \x03\x00* OK\r\n
    lost    C| \xff\r\n2 NOOP\r\n
    lost    B: * OK
  `,
);

boundaryTranscript(
  'COMPRESS that is refused changes nothing; bytes behind it that do not wait end the following',
  open,
  String.raw`
    busy    C: 1 COMPRESS DEFLATE
    busy    B: * 7 EXISTS
    rest    B: 1 NO [COMPRESSIONACTIVE] no
    busy    C: 2 COMPRESS DEFLATE
    lost    C: 3 NOOP
  `,
);

boundaryTranscript(
  'a command in one packet with COMPRESS ends the following',
  open,
  String.raw`
    lost    C| 1 COMPRESS DEFLATE\r\n2 NOOP\r\n
    lost    B: 1 BAD one at a time
  `,
);

boundaryTranscript(
  'a COMPRESS in a message is no command',
  open,
  String.raw`
    busy    C: 1 APPEND INBOX {29+}
    busy    C: \r\n2 COMPRESS DEFLATE\r\n3 NOOP
    rest    B: 1 OK done
  `,
);

for (const [what, line] of Object.entries({
  'goodbye by the backend itself': '* BYE Logging out',
  'a status whose text ends like a literal': '* NO no mailbox {5}',
  'a tagged status whose text ends like a literal': '1 NO no mailbox {5}',
  'a challenge that ends like a literal': '+ {5}',
  'a non-synchronizing literal from the backend': '* LIST () "/" {5+}',
  'a literal of astronomical size': '* 1 FETCH (BODY[] {12345678901234567890}',
  'a line of no known form': 'HTTP/1.1 200 OK',
  'an empty line': '',
  'bytes of another protocol': String.raw`\x16\x03\x03\x00`,
})) {
  boundaryTranscript(
    `nothing is said behind ${what}`,
    open,
    `busy    C: 1 NOOP\n lost    B: ${line}\n lost    B: 1 OK done`,
  );
}

test('a bare LF from the backend ends the following; one from a client ends a line', () => {
  const fromBackend = open();
  pass(fromBackend, { from: 'backend', text: '* 1 EXISTS\n' });
  assert.equal(standing(fromBackend), 'lost');
  const fromClient = open();
  pass(fromClient, { from: 'client', text: '1 NOOP\n2 COMPRESS DEFLATE\n' });
  pass(fromClient, { from: 'backend', text: '1 OK\r\n2 OK\r\n' });
  assert.equal(standing(fromClient), 'lost');
});

for (const line of ['*', ' 1 NOOP', `${'t'.repeat(65)} COMPRESS DEFLATE`]) {
  test(`a client that says ${JSON.stringify(line.slice(0, 20))} is not followed`, () => {
    const commandTracker = open();
    pass(commandTracker, { from: 'client', text: `${line}\r\n` });
    assert.equal(standing(commandTracker), 'lost');
  });
}

const tag = fc.stringMatching(/^[A-Za-z0-9.]{1,8}$/);
const octets = fc.string({
  unit: fc.constantFrom('a', '}', '{', ')', '\r', '\n', '*', ' ', '1', '\xff'),
  maxLength: 30,
});
const atom = fc.stringMatching(/^[A-Z0-9.\\$]{1,12}$/);
const long = fc.integer({ min: 0, max: 700 }).map((length) => 'x'.repeat(length));

/** An untagged response with any literals in it. */
const untagged = fc
  .tuple(
    fc.constantFrom('* 1 FETCH (', '* LIST () "/" ', '* SEARCH ', '* STATUS '),
    fc.array(
      fc.oneof(
        octets.map((of) => `{${of.length}}\r\n${of}`),
        octets.map((of) => `~{${of.length}}\r\n${of}`),
        atom,
        long,
      ),
      {
        maxLength: 4,
      },
    ),
  )
  .map(([start, parts]) => `${start}${parts.join(' ')})\r\n`);
const status = fc
  .tuple(fc.constantFrom('OK', 'no', 'BAD'), atom, long)
  .map(([word, code, text]) => `${word} [${code}] ${text}.\r\n`);

/** A command with its answer, and how things stand in between. */
const exchange: fc.Arbitrary<readonly Said[]> = fc
  .tuple(tag, fc.constantFrom('NOOP', 'UID FETCH 1:*', 'SELECT', 'IDLE'), fc.array(untagged, { maxLength: 3 }), status)
  .map(([name, command, responses, end]) => {
    const behind = command === 'IDLE' ? 'rest' : 'busy';
    const said: Said[] = [{ from: 'client', text: `${name} ${command}\r\n`, behind }];
    if (command === 'IDLE') said.push({ from: 'backend', text: '+ idling\r\n', behind });
    said.push(...responses.map((text) => ({ from: 'backend', text, behind }) as const));
    if (command === 'IDLE') said.push({ from: 'client', text: 'done\r\n', behind: 'busy' });
    return [...said, { from: 'backend', text: `${name} ${end}`, behind: 'rest' }];
  });
const append: fc.Arbitrary<readonly Said[]> = fc
  .tuple(tag, octets, fc.constantFrom('', '+', '-'), status)
  .map(([name, message, sign, end]) => [
    { from: 'client', text: `${name} APPEND INBOX {${message.length}${sign}}\r\n`, behind: 'busy' },
    ...(sign === '' ? [{ from: 'backend', text: '+ go on\r\n', behind: 'busy' } as const] : []),
    { from: 'client', text: `${message}\r\n`, behind: 'busy' },
    { from: 'backend', text: `${name} ${end}`, behind: 'rest' },
  ]);

test('in every dialogue, cut anywhere, BYE is possible between responses and nowhere else', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(exchange, append), { maxLength: 6 }), sizes, (exchanges, cuts) => {
      assertStands(open(), exchanges.flat(), cuts);
    }),
    { seed: 4, numRuns: 300 },
  );
});

const fragment = fc.oneof(
  fc.constantFrom(
    '* OK ',
    '* BYE ',
    '* 1 FETCH ',
    '* LIST ',
    '+ ',
    'a OK',
    'a NO ',
    '{3}',
    '{2+}',
    '{0}',
    '\r\n',
    '\n',
    '\r',
  ),
  fc.constantFrom(
    'a NOOP',
    'a IDLE',
    'DONE',
    'a COMPRESS DEFLATE',
    'b APPEND x ',
    'b OK',
    'xyz',
    ' ',
    '}',
    '*',
    '\x00',
  ),
);
const anything = fc.record({
  from: fc.constantFrom('client' as const, 'backend' as const),
  text: fc.array(fragment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
}) satisfies fc.Arbitrary<Passing>;

test('whatever passes, cut anywhere, the tracker agrees with a slow reader', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 8 }), sizes, (passing, cuts) => {
      assertAgrees(open, imapReference, { passing, cuts });
    }),
    { seed: 5, numRuns: 1500 },
  );
});
