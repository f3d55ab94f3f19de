/** Where a 421 of ours would be read as one in a submission session that only passes by. */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { CommandTracker } from '#protocol/machine.ts';
import { submissionCommandTracker } from '#protocol/submission/command-tracker.ts';
import {
  assertAgrees,
  assertStands,
  boundaryTranscript,
  sizes,
  type Passing,
  type Said,
} from '../support/command-tracker.ts';
import { submissionReference } from '../support/command-tracker-reference.ts';

const open = (): CommandTracker => submissionCommandTracker('a1b2');

test('each reason for the end has its code and words, with the session id', () => {
  const said = (['cut-off', 'drain', 'idle'] as const).map((why) => open().goodbye(why)?.toString());
  assert.deepEqual(said, [
    '421 4.7.0 This sign-in is not valid any more: sign in again. (id: a1b2)\r\n',
    '421 4.3.2 The mail server is restarting: connect again. (id: a1b2)\r\n',
    '421 4.4.2 The connection was idle for too long: connect again. (id: a1b2)\r\n',
  ]);
});

boundaryTranscript(
  '421 is said when a reply is complete, not in the middle of one',
  open,
  String.raw`
    within  C: EHLO client.test
    within  B: 250-mail.test
    within  B| 250-SIZE 10\r
    within  B| \n250 CHUNK
    rest    B: ING
    within  C| NO
    within  C: OP
    rest    B: 250
  `,
);

boundaryTranscript(
  'not while pipelined commands wait for their replies',
  open,
  String.raw`
    within  C: MAIL FROM:<a@b>
    within  C: RCPT TO:<c@d>
    within  B: 250 2.1.0 Ok
    within  B: 550-5.1.1 No
    rest    B: 550 5.1.1 such user
  `,
);

boundaryTranscript(
  'not in DATA: neither behind 354 nor before the reply to the message',
  open,
  String.raw`
    within  C: DATA
    within  B: 354 go on
    within  C: Subject: x
    within  C:
    within  C: BDAT 5 LAST
    within  C| ..\r\n.\r
    within  C| \n
    within  B| 250 2.0.0
    rest    B:  Ok: queued
    within  C: DATA
    within  B: 354 go on
    within  C: .
    rest    B: 250 2.0.0 Ok: empty
    within  C: DATA
    rest    B: 503 5.5.1 Error: need RCPT command
  `,
);

boundaryTranscript(
  'not in BDAT: neither inside a chunk nor before its reply',
  open,
  String.raw`
    within  C: BDAT 20
    within  C| 250 no\r\nSTARTTLS\r\n
    within  C| x
    within  C| y
    rest    B: 250 2.0.0 20 octets
    within  C| bdat 0 last\r\nNOOP\r\n
    within  B: 250 2.0.0 Ok: queued
    rest    B: 250 2.0.0 Ok
  `,
);

boundaryTranscript(
  'what is pipelined behind the end of a message ends the following',
  open,
  String.raw`
    within  C: DATA
    within  B: 354 go on
    within  C| hello\r\n.\r\nMAIL FROM:<a@b>\r\n
    lost    B: 250 2.0.0 Ok: queued
  `,
);

boundaryTranscript(
  'a message sent in one packet with its commands ends the following',
  open,
  String.raw`
    within  C| MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nBDAT 3\r\nabc.\r\n.\r\n
    within  B: 250 2.1.0 Ok
    within  B: 250 2.1.5 Ok
    lost    B: 354 go on
  `,
);

boundaryTranscript(
  'a message that begins before it is asked for ends the following',
  open,
  String.raw`
    within  C| DATA\r\nSubject
    lost    B: 354 go on
  `,
);

boundaryTranscript(
  'CVE-2023-51764: an end of DATA that only the backend takes for one ends the following',
  open,
  String.raw`
    within  C: DATA
    within  B: 354 go on
    within  C| hello\n.\n
    lost    B: 250 2.0.0 Ok: queued
  `,
);

for (const [what, line] of Object.entries({
  'goodbye by the backend': '221 2.0.0 Bye',
  'an outage that the backend announces': '421 4.3.0 going down',
  'a challenge': '334 ',
  'a line of no known form': 'hello',
  'a reply code of no known kind': '150 starting',
  'bytes of another protocol': String.raw`\x16\x03\x03\x00`,
})) {
  boundaryTranscript(
    `nothing is said behind ${what}`,
    open,
    `within  C: NOOP\n lost    B: ${line}\n lost    B: 250 Ok`,
  );
}

boundaryTranscript('nothing is said behind a reply that nobody asked for', open, 'lost B: 250 Ok');
boundaryTranscript(
  'nothing is said when a reply changes its code',
  open,
  'within C: NOOP\nwithin B: 250-a\nlost B: 251 b',
);
boundaryTranscript('nothing is said once STARTTLS was asked for', open, 'within C: NOOP\nlost C: starttls');
boundaryTranscript('a BDAT without a size ends the following', open, 'lost C: BDAT LAST');
boundaryTranscript(
  'a bare LF behind a reply ends the following',
  open,
  String.raw`within C: NOOP` + '\n' + String.raw`lost B| 250 Ok\n`,
);

const word = fc.stringMatching(/^[A-Za-z0-9.<>@: ]{0,20}$/);
const long = fc.integer({ min: 0, max: 600 }).map((length) => 'y'.repeat(length));
const reply = fc
  .tuple(fc.constantFrom('250', '451', '550'), fc.array(fc.oneof(word, long), { maxLength: 3 }), word)
  .map(([code, more, last]) => `${more.map((text) => `${code}-${text}\r\n`).join('')}${code} ${last}\r\n`);
const command = fc
  .tuple(fc.constantFrom('MAIL', 'RCPT', 'NOOP', 'RSET', 'HELP'), fc.oneof(word, long))
  .map(([verb, rest]) => `${verb} ${rest}\r\n`);
const body = fc
  .array(fc.constantFrom('250 no\r\n', 'BDAT 9\r\n', '..\r\n', '\n', 'x', '\r\n', '\x00'), { maxLength: 8 })
  .map((parts) => parts.join(''));

/** Some commands in one group, with their replies. */
const group: fc.Arbitrary<readonly Said[]> = fc
  .array(fc.tuple(command, reply), { minLength: 1, maxLength: 4 })
  .map((pairs) => [
    { from: 'client', text: pairs.map(([asked]) => asked).join(''), behind: 'within' },
    ...pairs.map(
      ([, text], at) => ({ from: 'backend', text, behind: at + 1 === pairs.length ? 'rest' : 'within' }) as const,
    ),
  ]);
const data: fc.Arbitrary<readonly Said[]> = fc.tuple(body, reply).map(([text, end]) => [
  { from: 'client', text: 'DATA\r\n', behind: 'within' },
  { from: 'backend', text: '354 go on\r\n', behind: 'within' },
  // A dot of the content is doubled before it is sent (RFC 5321 §4.5.2), so its end comes only once.
  { from: 'client', text: `${text.replaceAll('\r\n.\r\n', '')}\r\n.\r\n`, behind: 'within' },
  { from: 'backend', text: end, behind: 'rest' },
]);
const chunk: fc.Arbitrary<readonly Said[]> = fc.tuple(body, reply).map(([text, end]) => [
  { from: 'client', text: `BDAT ${text.length} LAST\r\n${text}`, behind: 'within' },
  { from: 'backend', text: end, behind: 'rest' },
]);

test('in every dialogue, cut anywhere, 421 is possible when all is answered and nowhere else', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(group, data, chunk), { maxLength: 6 }), sizes, (groups, cuts) => {
      assertStands(open(), groups.flat(), cuts);
    }),
    { seed: 6, numRuns: 300 },
  );
});

const FRAGMENTS = [
  '250 ok',
  '250-ok',
  '354 go',
  '421 bye',
  '334 x',
  '550',
  '551 no',
  '.\r\n',
  '\r\n',
  '\n',
  '\r',
  ' ',
  'DATA\r\n',
  'NOOP\r\n',
  'BDAT 3\r\n',
  'bdat',
  'BDAT 0 LAST\r\n',
  'STARTTLS',
  'abc',
  '.',
  '\r\n.\r\n',
];
const fragment = fc.constantFrom(...FRAGMENTS);
const anything = fc.record({
  from: fc.constantFrom('client' as const, 'backend' as const),
  text: fc.array(fragment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
}) satisfies fc.Arbitrary<Passing>;
/** So that what follows is not lost at once. */
const asked = fc.constantFrom<readonly Passing[]>(
  [],
  [
    { from: 'client', text: 'DATA\r\n' },
    { from: 'backend', text: '354 go on\r\n' },
  ],
  [{ from: 'client', text: 'NOOP\r\nNOOP\r\n' }],
);

test('whatever passes, cut anywhere, the tracker agrees with a slow reader', () => {
  fc.assert(
    fc.property(asked, fc.array(anything, { maxLength: 8 }), sizes, (first, then, cuts) => {
      assertAgrees(open, submissionReference, { passing: [...first, ...then], cuts });
    }),
    { seed: 7, numRuns: 1500 },
  );
});
