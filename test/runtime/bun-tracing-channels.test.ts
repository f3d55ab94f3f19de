/** A tracing channel says whether anybody listens, on both runtimes: else every command to Redis is told to nobody. */

import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import test from 'node:test';
import { tellOfSubscribers } from '#runtime/bun-tracing-channels.ts';

tellOfSubscribers();

test('a channel without subscribers says so', () => {
  assert.equal(tracingChannel('postern:nobody').hasSubscribers, false);
});

for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const) {
  test(`a subscriber to "${event}" is noticed, and that it has left`, () => {
    const channel = tracingChannel(`postern:${event}`);
    const subscriber = (): void => undefined;
    channel[event].subscribe(subscriber);
    assert.equal(channel.hasSubscribers, true);
    channel[event].unsubscribe(subscriber);
    assert.equal(channel.hasSubscribers, false);
  });
}

test('a second call changes nothing', () => {
  tellOfSubscribers();
  assert.equal(tracingChannel('postern:again').hasSubscribers, false);
});
