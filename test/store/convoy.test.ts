import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WriteBatch, MOST_AT_ONCE } from '#store/redis/write-batch.ts';

const FOREVER_MS = 60_000;

test('what comes within one interval is carried by one call, what comes later by the next', async () => {
  const carried: (readonly string[])[] = [];
  const convoy = new WriteBatch(1, async (items: readonly string[]) => {
    carried.push(items);
    return [];
  });
  const both = [convoy.add('first'), convoy.add('second')];
  assert.deepEqual(carried, []);
  await Promise.all(both);
  await convoy.add('third');
  assert.deepEqual(carried, [['first', 'second'], ['third']]);
});

test('each hears how the call that carried it ended, and the next one goes on', async () => {
  let calls = 0;
  const convoy = new WriteBatch(1, (): Promise<readonly undefined[]> => {
    calls += 1;
    if (calls === 1) throw new Error('at once');
    return calls === 2 ? Promise.reject(new Error('later')) : Promise.resolve([]);
  });
  for (const why of [/at once/, /later/]) {
    const outcomes = await Promise.allSettled([convoy.add('a'), convoy.add('b')]);
    for (const outcome of outcomes) assert.match(outcome.status === 'rejected' ? String(outcome.reason) : '', why);
  }
  await convoy.add('c');
});

test('what went wrong with one is told to that one alone', async () => {
  const convoy = new WriteBatch(1, async (items: readonly string[]) =>
    items.map((item) => (item === 'bad' ? new Error('bad') : undefined)),
  );
  const outcomes = await Promise.allSettled(['good', 'bad', 'better'].map((item) => convoy.add(item)));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('one that is told to depart does not wait for its time, and one that is full neither', async () => {
  const carried: number[] = [];
  const convoy = new WriteBatch(FOREVER_MS, async ({ length }: readonly number[]) => {
    carried.push(length);
    return [];
  });
  const one = convoy.add(0);
  convoy.flush();
  await one;
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, (_, at) => convoy.add(at)));
  convoy.flush();
  assert.deepEqual(carried, [1, MOST_AT_ONCE]);
});
