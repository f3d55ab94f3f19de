import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#core/fault.ts';
import { HEARTBEAT_INTERVAL_MS } from '#gateway/gateway.ts';
import { LiveList } from '#gateway/live/session-list-writer.ts';
import { memoryLog } from '#ops/log.ts';
import { DEFAULT_CAPS } from '#store/caps.ts';
import type { SessionRecord } from '#core/session.ts';

/** A list in memory. `gate` holds writes back; while `down` they fail, and those of `broken` always. */
function world() {
  const state = {
    listed: new Map<string, SessionRecord>(),
    touches: [] as number[],
    gate: Promise.resolve(),
    down: false,
    broken: '',
  };
  const write = async (
    sessions: readonly SessionRecord[],
    change: (session: SessionRecord) => unknown,
  ): Promise<void> => {
    await state.gate;
    if (state.down) throw new Fault('STORE_UNAVAILABLE', 'gone');
    const whole = sessions.filter(({ id }) => id !== state.broken);
    whole.forEach(change);
    if (whole.length < sessions.length) throw new Fault('RECORD_INVALID', 'another type');
  };
  const log = memoryLog();
  const list = new LiveList({
    store: {
      closeSessions: (sessions) => write(sessions, ({ id }) => state.listed.delete(id)),
      touchSessions: (sessions) => {
        state.touches.push(sessions.length);
        return write(sessions, (session) => state.listed.set(session.id, session));
      },
    },
    log,
  });
  return { state, list, log };
}

function record(id: string): SessionRecord {
  return {
    id,
    account: 'alice@example.org',
    domain: 'example.org',
    protocol: 'imap',
    opener: { kind: 'ordinary-password' },
    address: '192.0.2.1',
    gateway: 'test',
    openedAt: 500,
  };
}

test('a session is listed from its login to its end', async () => {
  const { state, list } = world();
  list.open(record('one'));
  list.open(record('two'));
  list.close(record('one'));
  await list.settled();
  assert.deepEqual([...state.listed.keys()], ['two']);
});

test('a session that ends at once is taken off behind its own listing, whatever order the store keeps', async () => {
  const { state, list } = world();
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise; // holds the listing back
  list.open(record('one'));
  state.gate = Promise.resolve();
  list.close(record('one'));
  gate.resolve();
  await list.settled();
  assert.equal(state.listed.size, 0);
});

test('a hundred thousand quick sessions leave nothing on the list and nothing to touch', async () => {
  const { state, list } = world();
  for (let at = 0; at < 100_000; at += 1) {
    list.open(record(`${at}`));
    list.close(record(`${at}`));
  }
  await list.settled();
  await list.touch();
  assert.deepEqual([state.listed.size, state.touches], [0, []]);
});

test('what the store has lost is written again by the next heartbeat', async () => {
  const { state, list } = world();
  for (let at = 0; at < 1200; at += 1) list.open(record(`${at}`));
  await list.settled();
  state.listed.clear();
  state.touches.length = 0;
  await list.touch();
  assert.equal(state.listed.size, 1200);
  assert.deepEqual(state.touches, [500, 500, 200]);
});

test('a session that leaves during a heartbeat is not listed again by it', async () => {
  const { state, list } = world();
  for (let at = 0; at < 700; at += 1) list.open(record(`${at}`));
  await list.settled();
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  const touched = list.touch();
  list.close(record('3'));
  list.close(record('650'));
  gate.resolve();
  await touched;
  await list.settled();
  assert.deepEqual([state.listed.size, state.listed.has('3'), state.listed.has('650')], [698, false, false]);
});

test('a heartbeat gives up at an outage, and the next one works', async () => {
  const { state, list, log } = world();
  for (let at = 0; at < 1200; at += 1) list.open(record(`${at}`));
  await list.settled();
  state.down = true;
  state.touches.length = 0;
  await list.touch();
  assert.deepEqual(state.touches, [500]);
  state.down = false;
  await list.touch();
  assert.deepEqual(state.touches, [500, 500, 500, 200]);
  assert.deepEqual(log.entries, []);
});

test('one session that cannot be written keeps neither the others on the list from their heartbeat nor those that left', async () => {
  const { state, list, log } = world();
  const records = Array.from({ length: 750 }, (_, at) => record(`s${at}`));
  for (const one of records) list.open(one);
  await list.settled();
  state.listed.clear();
  state.broken = 's7';
  list.close(record('s3'));
  state.listed.set('s3', record('s3'));
  await list.touch();
  assert.equal(state.listed.size, 748);
  assert.equal(log.entries.filter(({ event }) => event === 'fault').length, 1);
});

test('a heartbeat of nobody is followed by the next one', async () => {
  const { state, list } = world();
  await list.touch();
  list.open(record('one'));
  await list.touch();
  assert.deepEqual(state.touches, [1]);
});

test('heartbeats do not pile up behind a slow store', async () => {
  const { state, list } = world();
  list.open(record('one'));
  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  const touches = [list.touch(), list.touch(), list.touch()];
  assert.deepEqual(state.touches, [1]);
  gate.resolve();
  await Promise.all(touches);
});

test('a listed session survives two lost heartbeats', () => {
  assert.ok(DEFAULT_CAPS.sessionTtlSeconds * 1000 >= 3 * HEARTBEAT_INTERVAL_MS);
});
