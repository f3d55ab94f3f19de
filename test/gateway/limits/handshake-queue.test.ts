import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandshakeQueue } from '#gateway/limits/handshake-queue.ts';

async function turnOver(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('so many pass at each turn, in the order in which they came', async () => {
  const turnstile = new HandshakeQueue(2);
  const passed: number[] = [];
  for (let at = 1; at <= 5; at += 1) {
    const turn = turnstile.enter();
    if (turn === undefined) passed.push(at);
    else void turn.then(() => passed.push(at));
  }
  assert.deepEqual(passed, [1, 2]);
  await turnOver();
  assert.deepEqual(passed, [1, 2, 3, 4]);
  await turnOver();
  assert.deepEqual(passed, [1, 2, 3, 4, 5]);
});

test('whoever comes while others wait stands behind them', async () => {
  const turnstile = new HandshakeQueue(1);
  assert.equal(turnstile.enter(), undefined);
  const passed: string[] = [];
  void turnstile.enter()?.then(() => passed.push('second'));
  void turnstile.enter()?.then(() => passed.push('third'));
  await turnOver();
  const last = turnstile.enter();
  assert.ok(last);
  await last;
  assert.deepEqual(passed, ['second', 'third']);
});

test('once nobody waits the way is free again', async () => {
  const turnstile = new HandshakeQueue(1);
  assert.equal(turnstile.enter(), undefined);
  await turnstile.enter();
  await turnOver();
  await turnOver();
  assert.equal(turnstile.enter(), undefined);
});
