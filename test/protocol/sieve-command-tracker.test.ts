/** Where a BYE of ours would be read as one in a ManageSieve session that only passes by. */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { CommandTracker } from '#protocol/machine.ts';
import { sieveCommandTracker } from '#protocol/sieve/command-tracker.ts';
import {
  assertAgrees,
  assertStands,
  boundaryTranscript,
  sizes,
  type Passing,
  type Said,
} from '../support/command-tracker.ts';
import { sieveReference } from '../support/command-tracker-reference.ts';

const open = (): CommandTracker => sieveCommandTracker('a1b2');

test('each reason for the end has its words, with the session id', () => {
  const said = (['cut-off', 'drain', 'idle'] as const).map((why) => open().goodbye(why)?.toString());
  assert.deepEqual(said, [
    'BYE "This sign-in is not valid any more: sign in again. (id: a1b2)"\r\n',
    'BYE (TRYLATER) "The mail server is restarting: connect again. (id: a1b2)"\r\n',
    'BYE (TRYLATER) "The connection was idle for too long: connect again. (id: a1b2)"\r\n',
  ]);
});

boundaryTranscript(
  'BYE is said when a command has had its OK or NO, not between the lines of an answer',
  open,
  String.raw`
    within  C: LISTSCRIPTS
    within  B: "one" ACTIVE
    within  B| "two"
    within  B:
    rest    B: OK
    within  C: SETACTIVE "three"
    rest    B: NO (NONEXISTENT) "There is no such script."
    within  C| NOOP\r\nNOOP\r\n
    within  B: OK "NOOP completed."
    rest    B: OK "NOOP completed."
  `,
);

boundaryTranscript(
  'never inside a string, whatever is in it',
  open,
  String.raw`
    within  C: GETSCRIPT "one"
    within  B: {14}
    within  B| OK\r\nkeep;{5}\r\n
    within  B:
    rest    B: OK
    within  C: PUTSCRIPT "two" {9+}
    within  C| STARTTLS\n
    within  C:
    within  B: NO (QUOTA) {12}
    within  B| line\r\nOK\r\nno
    rest    B:
    within  C: PUTSCRIPT {3+}
    within  C| abc {0+}\r\n
    within  C:
    rest    B: OK (WARNINGS) "line 1"
    within  C| PUTSCRIPT "four" {3+}\r\nabc
    within  B: NO (QUOTA) "Too big already."
    rest    C:
  `,
);

for (const [what, line] of Object.entries({
  'goodbye by the backend itself': 'BYE "Too much."',
  'a line of no known form': 'hello',
  'an empty line': '',
  'a literal of astronomical size': '{12345678901234567890}',
})) {
  boundaryTranscript(`nothing is said behind ${what}`, open, `within  C: NOOP\n lost    B: ${line}\n lost    B: OK`);
}

boundaryTranscript('nothing is said behind an answer that nobody asked for', open, 'lost B: OK');
boundaryTranscript('nothing is said once a client wants another layer or the end', open, 'lost C: logout');
boundaryTranscript(
  'a client literal that wants to be waited for ends the following',
  open,
  'lost C: PUTSCRIPT "a" {3}',
);
boundaryTranscript('a client line that is no command ends the following', open, 'lost C: "string"');
boundaryTranscript(
  'a bare LF from the backend ends the following',
  open,
  'within C: NOOP\n' + String.raw`lost B| OK\n`,
);

const octets = fc.string({
  unit: fc.constantFrom('a', '}', '{', 'O', 'K', '\r', '\n', '"', ' ', '3', '\xff'),
  maxLength: 30,
});
const quoted = fc.stringMatching(/^[A-Za-z0-9 .{}]{0,20}$/).map((text) => `"${text}"`);
const long = fc.integer({ min: 0, max: 600 }).map((length) => `"${'z'.repeat(length)}"`);
const backendString = fc.oneof(
  quoted,
  long,
  octets.map((text) => `{${text.length}}\r\n${text}`),
);
const clientString = fc.oneof(
  quoted,
  long,
  octets.map((text) => `{${text.length}+}\r\n${text}`),
);
const dataLine = fc
  .tuple(backendString, fc.constantFrom('', ' ACTIVE'))
  .map(([string, rest]) => `${string}${rest}\r\n`);
const last = fc
  .tuple(fc.constantFrom('OK', 'NO', 'ok'), fc.constantFrom('', ' (QUOTA/MAXSIZE)', ' (WARNINGS)'), backendString)
  .map(([word, code, text]) => `${word}${code} ${text}\r\n`);

const exchange: fc.Arbitrary<readonly Said[]> = fc
  .tuple(fc.array(clientString, { maxLength: 2 }), fc.array(dataLine, { maxLength: 3 }), last)
  .map(([strings, data, end]) => [
    { from: 'client', text: `${['PUTSCRIPT', ...strings].join(' ')}\r\n`, behind: 'within' },
    ...data.map((text) => ({ from: 'backend', text, behind: 'within' }) as const),
    { from: 'backend', text: end, behind: 'rest' },
  ]);

test('in every dialogue, cut anywhere, BYE is possible when all is answered and nowhere else', () => {
  fc.assert(
    fc.property(fc.array(exchange, { maxLength: 6 }), sizes, (exchanges, cuts) => {
      assertStands(open(), exchanges.flat(), cuts);
    }),
    { seed: 8, numRuns: 300 },
  );
});

const FRAGMENTS = [
  'OK',
  'NO ',
  'BYE',
  '"a"',
  '"b" ACTIVE',
  '{3}',
  '{2+}',
  '{0}',
  '\r\n',
  '\n',
  '\r',
  '}',
  ' ',
  'OK\r\n',
  'NOOP',
  'PUTSCRIPT "x" ',
  'LOGOUT',
  'xyz',
  'HAVESPACE "x" 3',
];
const fragment = fc.constantFrom(...FRAGMENTS);
const anything = fc.record({
  from: fc.constantFrom('client' as const, 'backend' as const),
  text: fc.array(fragment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
}) satisfies fc.Arbitrary<Passing>;
const asked = fc.constantFrom<readonly Passing[]>([], [{ from: 'client', text: 'NOOP\r\nNOOP\r\nNOOP\r\n' }]);

test('whatever passes, cut anywhere, the tracker agrees with a slow reader', () => {
  fc.assert(
    fc.property(asked, fc.array(anything, { maxLength: 8 }), sizes, (first, then, cuts) => {
      assertAgrees(open, sieveReference, { passing: [...first, ...then], cuts });
    }),
    { seed: 9, numRuns: 1500 },
  );
});
