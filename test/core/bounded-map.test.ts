import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setBounded } from '#core/bounded-map.ts';

test('what was set longest ago leaves first, and setting an entry again makes it the newest', () => {
  const map = new Map<string, number>();
  for (const [at, key] of ['a', 'b', 'c', 'a', 'd'].entries()) setBounded(map, key, at, 3);
  assert.deepEqual(
    [...map],
    [
      ['c', 2],
      ['a', 3],
      ['d', 4],
    ],
  );
});

test('a map that was larger shrinks to its bound', () => {
  const map = new Map([1, 2, 3, 4, 5].map((key) => [key, key]));
  setBounded(map, 6, 6, 2);
  assert.deepEqual([...map.keys()], [5, 6]);
});
