import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#core/fault.ts';
import { timedStore } from '#store/timed-store.ts';
import { makeMemoryStore } from '../support/memory-store.ts';

type Observed = [operation: string, seconds: number, code: string | undefined];

const ALICE = { name: 'alice@example.org', local: 'alice', domain: 'example.org' };

function observed(broken: Partial<ReturnType<typeof makeMemoryStore>> = {}) {
  const seen: Observed[] = [];
  const store = { ...makeMemoryStore({ clock: () => 0 }), ...broken };
  return { seen, store: timedStore(store, (operation, seconds, code) => void seen.push([operation, seconds, code])) };
}

test('the answers of the store come through, and each operation is told with its time', async () => {
  const { seen, store } = observed();
  assert.deepEqual(await store.lookupAccount(ALICE), { record: undefined, epoch: 0 });
  const record = { mode: 'enabled', methods: ['totp'], reveal: 'once', hints: 'always' } as const;
  assert.equal(await store.saveDomain('example.org', record), 1);
  assert.deepEqual((await store.lookupDomain('example.org')).record, record);
  assert.deepEqual(
    seen.map(([operation, , code]) => [operation, code]),
    [
      ['lookupAccount', undefined],
      ['saveDomain', undefined],
      ['lookupDomain', undefined],
    ],
  );
  for (const [, seconds] of seen) assert.ok(seconds >= 0 && seconds < 60);
});

test('a fault is told by its code and thrown on; so is what nobody foresaw', async () => {
  const fault = new Fault('STORE_UNAVAILABLE', 'gone');
  const bug = new Error('a bug');
  const { seen, store } = observed({
    lookupDomain: () => Promise.reject(fault),
    check: () => Promise.reject(bug),
  });
  await assert.rejects(store.lookupDomain('example.org'), fault);
  await assert.rejects(store.check(), bug);
  assert.deepEqual(
    seen.map(([operation, , code]) => [operation, code]),
    [
      ['lookupDomain', 'STORE_UNAVAILABLE'],
      ['check', 'UNFORESEEN'],
    ],
  );
});

test('the time of an operation that does its work at once is measured as well', async () => {
  const { seen, store } = observed({
    listSessions: async () => {
      const until = performance.now() + 5;
      while (performance.now() < until);
      return [];
    },
  });
  await store.listSessions({ by: 'all' });
  assert.ok((seen[0]?.[1] ?? 0) >= 0.005);
});

test('changes are watched through it', async () => {
  const { store } = observed();
  const changes: string[] = [];
  const watch = await store.watch({ onChange: ({ kind }) => void changes.push(kind), onGap: () => {} });
  await store.saveDomain('example.org', { mode: 'forced', methods: [], reveal: 'once', hints: 'never' });
  assert.deepEqual(changes, ['domain']);
  await watch.stop();
  await store.close();
});
