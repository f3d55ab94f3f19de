import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tarpit } from '#gateway/limits/tarpit.ts';

const NEVER = new AbortController().signal;

test('a refusal is held for the delay, and each for its own', async () => {
  const held = new Tarpit({ delayMs: 60, max: 10 });
  const startedAt = performance.now();
  const released: string[] = [];
  const first = held.delay(NEVER).then(() => released.push('first'));
  const secondAt = performance.now();
  const second = held.delay(NEVER).then(() => released.push('second'));
  await first;
  assert.ok(performance.now() - startedAt >= 59);
  await second;
  assert.ok(performance.now() - secondAt >= 59);
  assert.deepEqual(released, ['first', 'second']);
  assert.equal(held.size, 0);
});

test('a refusal whose client is gone is not held any longer', async () => {
  const held = new Tarpit({ delayMs: 1_000_000, max: 10 });
  const gone = new AbortController();
  const waiting = held.delay(gone.signal);
  assert.equal(held.size, 1);
  gone.abort();
  await waiting;
  await held.delay(gone.signal);
  assert.equal(held.size, 0);
});

test('beyond their number refusals are not held', async () => {
  const held = new Tarpit({ delayMs: 1_000_000, max: 2 });
  const clients = [new AbortController(), new AbortController()];
  const waiting = clients.map(({ signal }) => held.delay(signal));
  await held.delay(NEVER);
  assert.equal(held.size, 2);
  for (const client of clients) client.abort();
  await Promise.all(waiting);
});
