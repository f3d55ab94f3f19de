import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHashingThread } from '#adapters/bcrypt-thread.ts';

// Low cost: how long it takes is not what is tested.
const COST = 4;

test('a password is right for its own hash and no other', async () => {
  const hasher = openHashingThread(COST);
  const [one, two] = await Promise.all([hasher.hash('correct horse battery'), hasher.hash('correct horse battery')]);
  assert.match(one, /^\$2[aby]\$04\$/);
  assert.notEqual(one, two);
  assert.equal(await hasher.verify('correct horse battery', one), true);
  assert.equal(await hasher.verify('correct horse batterx', one), false);
  for (const broken of ['', 'x', '$2b$04$', one.slice(0, -1)]) {
    assert.equal(await hasher.verify('correct horse battery', broken), false);
  }
  await hasher.close();
});

test('the event loop goes on while a password is hashed', async () => {
  const hasher = openHashingThread(12);
  const order: string[] = [];
  const hashing = hasher.hash('correct horse battery').then(() => order.push('hashed'));
  const turns = Promise.withResolvers<void>();
  const turn = (left: number): void => {
    if (left === 0) turns.resolve();
    else setImmediate(turn, left - 1);
  };
  turn(10);
  await turns.promise;
  order.push('turned');
  await hashing;
  assert.deepEqual(order, ['turned', 'hashed']);
  await hasher.close();
});

test('a flood is refused, and what waits when the thread ends fails', async () => {
  const hasher = openHashingThread(12);
  const asked = Array.from({ length: 65 }, () =>
    hasher.verify('x', '$2b$12$yKouTkyNjtSZH/Fq0daunuuZHmb510Vce3oehSygWLeszH0tmfKoC'),
  );
  await assert.rejects(asked[64] ?? Promise.resolve(), { code: 'DEADLINE', message: /too many/ });
  const others = Promise.allSettled(asked);
  await hasher.close();
  const ended = await others;
  assert.ok(ended.some(({ status }) => status === 'rejected'));
  // A thread that has ended is started again.
  const again = openHashingThread(COST);
  assert.equal(await again.verify('x', await again.hash('x')), true);
  await again.close();
});
