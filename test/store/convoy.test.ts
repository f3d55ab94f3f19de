import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Convoy } from '../../src/store/redis/convoy.ts';

test('what comes within one interval is carried by one call, what comes later by the next', async () => {
  const carried: (readonly string[])[] = [];
  const convoy = new Convoy(1, async (items: readonly string[]) => void carried.push(items));
  const both = [convoy.join('first'), convoy.join('second')];
  assert.deepEqual(carried, []);
  await Promise.all(both);
  await convoy.join('third');
  assert.deepEqual(carried, [['first', 'second'], ['third']]);
});

test('each hears how the call that carried it ended', async () => {
  let calls = 0;
  const convoy = new Convoy(1, async () => {
    calls += 1;
    if (calls === 1) throw new Error('first');
  });
  const both = [convoy.join('a'), convoy.join('b')];
  for (const one of both) await assert.rejects(one, /first/);
  await convoy.join('c');
});

test('settled carries what waits at once, and waits for what is under way', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  let carried = 0;
  const convoy = new Convoy(60_000, (items: readonly string[]) => {
    carried += items.length;
    return answered;
  });
  const joined = convoy.join('one');
  let settled = false;
  const settling = convoy.settled().then(() => (settled = true));
  assert.equal(carried, 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(settled, false);
  answer();
  await Promise.all([settling, joined]);
});
