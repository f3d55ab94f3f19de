import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, facts, formatDistance, formatTime, painter, table } from '#cli/layout.ts';
import { parseFuture } from '#cli/moments.ts';
import { isFault } from '#core/fault.ts';

const plain = painter(false);
const NOW = new Date(2026, 2, 1, 12, 0).getTime();

test('a table is aligned by what is seen, colours and wide letters not counted', () => {
  const paint = painter(true);
  const text = table(
    ['NAME', 'STATE'],
    [
      ['é👩‍👩‍👧', 'x'],
      [paint('red', 'longer name'), ''],
    ],
    plain,
  );
  assert.deepEqual(text.replaceAll('\u001b[31m', '').replaceAll('\u001b[39m', '').split('\n'), [
    'NAME         STATE',
    'é👩‍👩‍👧           x',
    'longer name',
  ]);
});

test('without colours nothing but the text is written', () => {
  assert.equal(plain('red', 'x'), 'x');
  assert.equal(painter(true)('bold', 'x'), '\u001b[1mx\u001b[22m');
});

test('facts stand below each other', () => {
  assert.equal(
    facts(
      [
        ['a', '1'],
        ['longer', '2'],
      ],
      plain,
    ),
    'a       1\nlonger  2',
  );
});

test('times are given as a moment and a distance', () => {
  assert.equal(formatTime(NOW - 3 * 86_400_000, NOW), '2026-02-26 12:00 (3 days ago)');
  const distances = [0, -400, 1000, -90_000, 5_400_000, -86_399_000, 90 * 86_400_000, -3 * 31_557_600_000];
  assert.deepEqual(distances.map(formatDistance), [
    'now',
    'now',
    'in 1 second',
    '2 minutes ago',
    'in 2 hours',
    '24 hours ago',
    'in 3 months',
    '3 years ago',
  ]);
});

test('a noun follows its number', () => {
  assert.deepEqual(
    [counted(0, 'session'), counted(1, 'session'), counted(2, 'session')],
    ['0 sessions', '1 session', '2 sessions'],
  );
});

test('a time ahead may be a date, a date and time, or a span', () => {
  assert.equal(parseFuture('2027-01-31', NOW, '--from'), new Date(2027, 0, 31).getTime());
  assert.equal(parseFuture('2027-01-31 08:30', NOW, '--from'), new Date(2027, 0, 31, 8, 30).getTime());
  assert.equal(parseFuture('2027-01-31T08:30:00Z', NOW, '--from'), Date.UTC(2027, 0, 31, 8, 30));
  assert.equal(parseFuture('90d', NOW, '--from'), NOW + 90 * 86_400_000);
  assert.equal(parseFuture('2w', NOW, '--from'), NOW + 14 * 86_400_000);
});

test('what is no time, or not ahead, is refused', () => {
  for (const typed of ['', 'soon', '2027-02-31', '2027-13-01', '31.1.2027', '0d', '90', '2020-01-01', '-3d']) {
    assert.throws(
      () => parseFuture(typed, NOW, '--from'),
      (error) => isFault(error, 'USAGE'),
      typed,
    );
  }
});
