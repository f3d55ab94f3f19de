import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_TRACE_SECONDS, Traces } from '#gateway/live/traces.ts';

const SESSION = { session: 'e8a8b5e28e16', address: '192.0.2.7' };

test('a session is traced by its id, its address or its account, and by nothing else', () => {
  const asked = (by: 'account' | 'address' | 'session', value: string, account?: string): boolean => {
    const traces = new Traces(() => 0);
    traces.add({ kind: 'trace', by, value, seconds: 1 });
    return traces.covers({ ...SESSION, account });
  };
  assert.ok(asked('session', SESSION.session));
  assert.ok(asked('address', SESSION.address));
  assert.ok(asked('account', 'alice@example.org', 'alice@example.org'));
  assert.ok(!asked('account', 'alice@example.org'));
  assert.ok(!asked('account', ''), 'an account that is not known yet is nobody');
  assert.ok(!asked('session', SESSION.address));
});

test('a trace ends by itself, when it was asked to or after an hour', () => {
  let now = 0;
  const traces = new Traces(() => now);
  traces.add({ kind: 'trace', by: 'address', value: '192.0.2.7', seconds: 60 });
  traces.add({ kind: 'trace', by: 'address', value: '192.0.2.8', seconds: 1e9 });
  now = 60_000;
  assert.deepEqual([traces.covers(SESSION), traces.active], [false, true]);
  now = MAX_TRACE_SECONDS * 1000;
  assert.equal(traces.active, false);
});

test('of more than a hundred traces the oldest makes room', () => {
  const traces = new Traces(() => 0);
  for (let last = 0; last <= 100; last += 1) {
    traces.add({ kind: 'trace', by: 'address', value: `192.0.2.${last}`, seconds: 60 });
  }
  const covered = (address: string): boolean => traces.covers({ ...SESSION, address });
  assert.deepEqual([covered('192.0.2.0'), covered('192.0.2.1'), covered('192.0.2.100')], [false, true, true]);
});

test('what has passed is news once', () => {
  const traces = new Traces(() => 0);
  assert.deepEqual(
    [1, 1, 2].map((bytes) => traces.isNews(SESSION, bytes)),
    [true, false, true],
  );
});
