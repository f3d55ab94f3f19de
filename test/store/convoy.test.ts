import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Convoy } from '../../src/store/redis/convoy.ts';

const FOREVER_MS = 60_000;

test('all that wait leave in the tick in which somebody departs', async () => {
  const convoy = new Convoy(FOREVER_MS);
  const left: string[] = [];
  void convoy.departure().then(() => left.push('first'));
  void convoy.departure().then(() => left.push('second'));
  const tick = new Promise((resolve) => setImmediate(resolve));
  await Promise.resolve();
  assert.deepEqual(left, []);
  convoy.depart();
  await tick;
  assert.deepEqual(left, ['first', 'second']);
});

test('without others one leaves alone, and whoever comes later waits for the next departure', async () => {
  const convoy = new Convoy(1);
  await convoy.departure();
  convoy.depart();
  let left = false;
  const next = convoy.departure().then(() => (left = true));
  assert.equal(left, false);
  await next;
});
