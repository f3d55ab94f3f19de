import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Semaphore } from '#async/semaphore.ts';

const FOREVER_MS = 600_000;
const onTimeout = (): Error => new Error('gave up');

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('so many are under way at one time, and the others begin in the order in which they came', async () => {
  const turns = new Semaphore(2);
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const runs = ends.map(({ promise }, at) =>
    turns.run(() => {
      begun.push(at);
      return promise;
    }),
  );
  await tick();
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.resolve();
  await tick();
  assert.deepEqual(begun, [0, 1, 2]);
  ends[0]?.reject(new Error('broken'));
  await assert.rejects(runs[0] ?? Promise.resolve(), /broken/);
  await tick();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  for (const { resolve } of ends) resolve();
  await Promise.all(runs.slice(1));
});

test('work that stays under way for too long holds nobody else up, and gives its turn on only once', async () => {
  const turns = new Semaphore(1, { leaseMs: 20, queueTimeoutMs: FOREVER_MS, onTimeout });
  const silent = Promise.withResolvers<void>();
  const first = turns.run(() => silent.promise);
  const [second, third] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun: string[] = [];
  const entered = Promise.withResolvers<void>();
  const inItsPlace = turns.run(() => {
    begun.push('second');
    entered.resolve();
    return second.promise;
  });
  await entered.promise; // although the first is still under way
  const behind = turns.run(() => {
    begun.push('third');
    return third.promise;
  });
  silent.resolve(); // its turn is the second's: nobody enters for it
  await first;
  await Promise.resolve();
  assert.deepEqual(begun, ['second']);
  second.resolve();
  third.resolve();
  await Promise.all([inItsPlace, behind]);
  assert.deepEqual(begun, ['second', 'third']);
});

test('whoever has waited for too long gives up, and its work is never begun', async () => {
  const turns = new Semaphore(1, { leaseMs: FOREVER_MS, queueTimeoutMs: 5, onTimeout });
  const silent = Promise.withResolvers<void>();
  const first = turns.run(() => silent.promise);
  let begun = false;
  const late = turns.run(() => Promise.resolve((begun = true)));
  await assert.rejects(late, /gave up/);
  silent.resolve();
  await first;
  await tick();
  assert.equal(begun, false);
  assert.equal(await turns.run(() => Promise.resolve('free again')), 'free again');
});
