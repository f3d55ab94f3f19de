import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTimeout } from '#async/timers.ts';

const FOREVER_MS = 600_000;

test('work that ends in time gives its own result, or fails as it does', async () => {
  assert.equal(await withTimeout(FOREVER_MS, Promise.resolve('done'), () => 'late'), 'done');
  const broken = withTimeout(FOREVER_MS, Promise.reject(new Error('broken')), () => 'late');
  await assert.rejects(broken, /broken/);
});

test('work that does not end is left, with what holds when the time is over, and may fail unheard afterwards', async () => {
  const work = Promise.withResolvers<string>();
  let state = 'begun';
  const result = withTimeout(1, work.promise, () => state);
  state = 'under way';
  assert.equal(await result, 'under way');
  work.reject(new Error('nobody listens any more'));
  await assert.rejects(work.promise);
});
