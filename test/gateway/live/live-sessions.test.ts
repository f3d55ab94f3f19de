import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#core/fault.ts';
import type { Epochs } from '#core/verdict.ts';
import { LiveSessions, type Admission } from '#gateway/live/live-sessions.ts';
import { unreadGatewayMetrics, type RevocationTrigger } from '#ops/gateway-metrics.ts';
import { memoryLog } from '#ops/log.ts';
import { eventually } from '../../support/processes.ts';
import type { SessionReview } from '#gateway/ports/gatekeeper.ts';
import type { CoveredSession, SessionRecord, Change } from '#core/session.ts';

const ALICE = { name: 'alice@example.org', local: 'alice', domain: 'example.org' };
const BOB = { ...ALICE, name: 'bob@example.org', local: 'bob' };
const NEVER_MS = 1_000_000;

/** A store whose announcements the test makes, and a policy that the test sets. */
function world(options: { compareIntervalMs?: number; retryMs?: number } = {}) {
  const state = {
    epochs: { account: 1, domain: 1 },
    ended: (_sessions: readonly CoveredSession[]): readonly string[] => [],
    reviewAt: undefined as number | undefined,
    reviews: 0,
    failures: 0,
    broken: '',
    now: 1000,
    open: new Map<string, SessionRecord>(),
    watcher: { onChange: (_change: Change): void => {}, onGap: (): void => {} },
    gate: Promise.resolve(),
    cutOffs: [] as { noticed: RevocationTrigger; seconds: number }[],
  };
  const log = memoryLog();
  const live = new LiveSessions({
    store: {
      touchSessions: async (sessions) => sessions.forEach((session) => state.open.set(session.id, session)),
      closeSessions: async (sessions) => sessions.forEach(({ id }) => state.open.delete(id)),
      watch: async (watcher) => {
        state.watcher = watcher;
        return { stop: async () => {} };
      },
      epochs: async (accounts) => {
        if (accounts.some(({ name }) => name === state.broken)) throw new Fault('RECORD_INVALID', 'another type');
        return {
          accounts: new Map([[ALICE.name, state.epochs.account]]),
          domains: new Map([[ALICE.domain, state.epochs.domain]]),
        };
      },
    },
    review: async (_account, sessions): Promise<SessionReview> => {
      state.reviews += 1;
      const { epochs, reviewAt } = state;
      const ended = state.ended(sessions);
      await state.gate;
      if (state.failures > 0) {
        state.failures -= 1;
        throw new Fault('STORE_UNAVAILABLE', 'gone');
      }
      return { ended, reviewAt, epochs };
    },
    metrics: {
      ...unreadGatewayMetrics(),
      sessionCutOff: (noticed, seconds) => void state.cutOffs.push({ noticed, seconds }),
    },
    log,
    compareIntervalMs: options.compareIntervalMs ?? NEVER_MS,
    heartbeatIntervalMs: NEVER_MS,
    retryMs: options.retryMs ?? 1,
    now: () => state.now,
  });
  return { state, live, log };
}

/** A login that ends when it is cut off. */
function admission(id: string, epochs: Epochs, reviewAt?: number): Admission & { readonly ended: Promise<string> } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const record: SessionRecord = {
    id,
    account: ALICE.name,
    domain: ALICE.domain,
    protocol: 'imap',
    opener: { kind: 'ordinary-password' },
    address: '192.0.2.1',
    gateway: 'test',
    openedAt: 500,
  };
  return { record, account: ALICE, epochs, reviewAt, cutOff: () => resolve(id), ended: promise };
}

test('an announced change closes the sessions that policy no longer covers, and no others', async () => {
  const { state, live } = world();
  await live.start();
  const [first, second] = [admission('first', state.epochs), admission('second', state.epochs)];
  live.admit(first);
  live.admit(second);
  state.epochs = { account: 2, domain: 1 };
  state.ended = () => ['first'];
  state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 2 });
  assert.equal(await Promise.race([first.ended, second.ended]), 'first');
  await live.stop();
});

test('a change of the domain reviews all of its accounts', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  state.epochs = { account: 1, domain: 2 };
  state.ended = () => ['one'];
  state.watcher.onChange({ kind: 'domain', domain: ALICE.domain, epoch: 2 });
  assert.equal(await session.ended, 'one');
  await live.stop();
});

test('a change that overtakes a login closes the session as soon as it is admitted', async () => {
  const { state, live } = world();
  await live.start();
  const judgedBefore = state.epochs;
  state.epochs = { account: 2, domain: 1 };
  state.ended = (sessions) => sessions.map(({ id }) => id);
  state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 2 });
  const session = admission('late', judgedBefore);
  live.admit(session);
  assert.equal(await session.ended, 'late');
  await live.stop();
});

test('a session admitted while a review is under way is reviewed as well', async () => {
  const { state, live } = world();
  await live.start();
  const judgedBefore = state.epochs;
  live.admit(admission('first', judgedBefore));
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  state.epochs = { account: 2, domain: 1 };
  state.ended = (sessions) => sessions.map(({ id }) => id).filter((id) => id === 'second');
  state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 2 });
  const second = admission('second', judgedBefore);
  live.admit(second);
  gate.resolve();
  assert.equal(await second.ended, 'second');
  await live.stop();
});

test('a lost announcement is made good when the stream of changes is back', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  state.epochs = { account: 7, domain: 1 };
  state.ended = () => ['one'];
  state.watcher.onGap();
  assert.equal(await session.ended, 'one');
  await live.stop();
});

test('a lost announcement is made good by the regular comparison when nobody noticed the gap', async () => {
  const { state, live } = world({ compareIntervalMs: 5 });
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  state.epochs = { account: 1, domain: 2 };
  state.ended = () => ['one'];
  assert.equal(await session.ended, 'one');
  await live.stop();
});

test('a broken record among those compared keeps no lost announcement from being made good', async () => {
  const { state, live } = world({ compareIntervalMs: 5 });
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  live.admit({ ...admission('two', state.epochs), account: BOB });
  state.broken = BOB.name;
  state.epochs = { account: 2, domain: 1 };
  state.ended = () => ['one'];
  assert.equal(await session.ended, 'one');
  await live.stop();
});

test('a review that an outage prevents is repeated until it is done', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  state.failures = 3;
  state.epochs = { account: 2, domain: 1 };
  state.ended = () => ['one'];
  state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 2 });
  assert.equal(await session.ended, 'one');
  assert.equal(state.reviews, 4);
  await live.stop();
});

test('however often a change is announced meanwhile, a review that fails is repeated once at a time', async () => {
  const { state, live } = world({ retryMs: 20 });
  await live.start();
  live.admit(admission('one', state.epochs));
  state.failures = Infinity;
  for (let announced = 1; announced <= 30; announced += 1) {
    state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 1 + announced });
    await eventually('it is reviewed', async () => state.reviews >= announced);
  }
  const before = state.reviews;
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(state.reviews - before <= 20, `${state.reviews - before} reviews`);
  await live.stop();
});

test('a review that fails is not repeated once nobody of that account is here', async () => {
  const { state, live } = world({ retryMs: 1 });
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  state.failures = Infinity;
  state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 2 });
  await eventually('it is repeated', async () => state.reviews > 2);
  live.leave(session);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const before = state.reviews;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(state.reviews, before);
  await live.stop();
});

test('a domain forced from a date closes its sessions when the date has come, without any announcement', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs, 2000);
  live.admit(session);
  state.ended = (sessions) => (state.now >= 2000 ? sessions.map(({ id }) => id) : []);
  state.now = 2000;
  assert.equal(await session.ended, 'one');
  await live.stop();
});

test('one session can be cut off by its id', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  state.watcher.onChange({ kind: 'session', id: 'one' });
  assert.equal(await session.ended, 'one');
  assert.equal(state.reviews, 0);
  await live.stop();
});

test('a session that leaves is taken off the live list and no longer reviewed', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  await eventually('it is on the list', () => state.open.has('one'));
  assert.equal(live.size, 1);
  live.leave(session);
  await eventually('it is taken off the list', () => state.open.size === 0);
  assert.equal(live.size, 0);
  state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 9 });
  assert.equal(state.reviews, 0);
  await live.stop();
});

test('a cut-off is measured from when the change was noticed until the session is gone, by how it was noticed', async () => {
  const { state, live } = world();
  await live.start();
  const sessions = ['by-hand', 'announced', 'compared'].map((id) => admission(id, state.epochs));
  for (const session of sessions) live.admit(session);
  const gone = async (id: string): Promise<void> => {
    const session = sessions.find(({ record }) => record.id === id);
    assert.ok(session);
    await session.ended;
    live.leave(session);
  };

  state.watcher.onChange({ kind: 'session', id: 'by-hand' });
  await gone('by-hand');
  state.epochs = { account: 2, domain: 1 };
  state.ended = () => ['announced'];
  state.watcher.onChange({ kind: 'account', account: ALICE.name, epoch: 2 });
  await gone('announced');
  state.epochs = { account: 3, domain: 1 };
  state.ended = () => ['compared'];
  state.watcher.onGap();
  await gone('compared');

  assert.deepEqual(
    state.cutOffs.map(({ noticed }) => noticed),
    ['by-hand', 'announced', 'compared'],
  );
  for (const { seconds } of state.cutOffs) assert.ok(seconds >= 0 && seconds < 60);
  await live.stop();
});

test('a session that ends by itself is no cut-off', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  live.leave(session);
  assert.deepEqual(state.cutOffs, []);
  await live.stop();
});

test('after a gap everybody is reviewed, even where the epochs say that nothing has changed', async () => {
  const { state, live } = world();
  await live.start();
  const session = admission('one', state.epochs);
  live.admit(session);
  // A failover lost change 2, which we know of, and what was changed instead is number 2 again.
  state.ended = () => ['one'];
  state.watcher.onGap();
  assert.equal(await session.ended, 'one');
  await live.stop();
});

test('the regular comparison notices records that a failover has set back', async () => {
  const { state, live } = world({ compareIntervalMs: 5 });
  await live.start();
  const session = admission('one', { account: 7, domain: 1 });
  live.admit(session);
  state.epochs = { account: 6, domain: 1 };
  state.ended = () => ['one'];
  assert.equal(await session.ended, 'one');
  await live.stop();
});

test('a change of a domain asks the store about two hundred accounts at a time, and about each', async () => {
  const { state, live } = world();
  await live.start();
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  for (let at = 0; at < 1000; at += 1) {
    live.admit({ ...admission(`${at}`, state.epochs), account: { ...ALICE, name: `user${at}@example.org` } });
  }
  state.watcher.onChange({ kind: 'domain', domain: ALICE.domain, epoch: 2 });
  await turn();
  assert.equal(state.reviews, 200);
  gate.resolve();
  await turn();
  assert.equal(state.reviews, 1000);
  await live.stop();
});

test('an outage that many reviews meet is logged once, and its end too', async () => {
  const { state, live, log } = world();
  await live.start();
  const sessions = Array.from({ length: 20 }, (_, at) => ({
    ...admission(`${at}`, state.epochs),
    account: { ...ALICE, name: `user${at}@example.org` },
  }));
  for (const session of sessions) live.admit(session);
  state.failures = 20;
  state.ended = (reviewed) => reviewed.map(({ id }) => id);
  state.watcher.onChange({ kind: 'domain', domain: ALICE.domain, epoch: 2 });
  await Promise.all(sessions.map(({ ended }) => ended));
  const events = log.entries.map(({ event }) => event).filter((event) => event !== 'session.cut-off');
  assert.deepEqual(events, ['store.unavailable', 'store.recovered']);
  const cutOffs = log.entries.filter(({ event }) => event === 'session.cut-off');
  assert.deepEqual(new Set(cutOffs.map(({ address }) => address)), new Set(['192.0.2.1']));
  await live.stop();
});

/** Lets everything run that is not waiting for the test. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
