import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceRequest } from '#core/session.ts';
import { commandWorld } from '../support/command-line.ts';
import { eventually } from '../support/processes.ts';

test('an account, an address or a session is traced by those who watch the store, for the minutes given', async (t) => {
  const at = commandWorld();
  t.after(at.remove);
  await at.withStore(async (store) => {
    const heard: TraceRequest[] = [];
    const onTrace = (request: TraceRequest): void => void heard.push(request);
    const watch = await store.watch({ onChange: () => {}, onGap: () => {}, onTrace });
    const { out } = await at.run(['trace', 'Alice@Example.org']);
    assert.match(out, /^The gateways trace account alice@example\.org for 10 minutes\./);
    await at.run(['trace', '2001:DB8:0::7', '--minutes', '1']);
    assert.deepEqual(await at.json('trace', 'e8a8b5e28e16', '--minutes', '60'), {
      by: 'session',
      value: 'e8a8b5e28e16',
      minutes: 60,
    });
    await eventually('all are heard', () => heard.length === 3);
    assert.deepEqual(heard, [
      { kind: 'trace', by: 'account', value: 'alice@example.org', seconds: 600 },
      { kind: 'trace', by: 'address', value: '2001:db8::7', seconds: 60 },
      { kind: 'trace', by: 'session', value: 'e8a8b5e28e16', seconds: 3600 },
    ]);
    await watch.stop();
  });
});

test('what is no account, address or session is not traced, and nothing for longer than an hour', async (t) => {
  const at = commandWorld();
  t.after(at.remove);
  const unknown = await at.run(['trace', 'alice']);
  assert.deepEqual([unknown.code, unknown.err], [2, 'postern: "alice" is no account, address or session id']);
  for (const minutes of ['0', '61', '1.5', 'x']) {
    const { code, err } = await at.run(['trace', '192.0.2.7', '--minutes', minutes]);
    assert.equal(code, 2);
    assert.match(err, /it must be a number from 1 to 60/);
  }
});
