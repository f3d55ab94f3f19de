import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWorld, START, type CommandWorld } from '../support/command-line.ts';
import type { SessionRecord } from '#core/session.ts';

function session(id: string, account: string, opener: SessionRecord['opener']): SessionRecord {
  const [, domain = ''] = account.split('@');
  const common = { protocol: 'imap', address: '192.0.2.7', gateway: 'gateway-1' } as const;
  return { id, account, domain, opener, openedAt: START - 120_000, ...common };
}

async function world(t: { after: (action: () => void) => void }): Promise<CommandWorld> {
  const made = commandWorld();
  t.after(made.remove);
  await made.withStore(async (store) => {
    await store.touchSessions([session('s1', 'alice@example.org', { kind: 'ordinary-password' })]);
    await store.touchSessions([session('s2', 'alice@example.org', { kind: 'app-password', id: 'p1', generation: 1 })]);
    await store.touchSessions([session('s3', 'bob@example.net', { kind: 'ordinary-password' })]);
  });
  return made;
}

async function ids(at: CommandWorld, ...options: readonly string[]): Promise<readonly string[]> {
  const sessions = Object(await at.json('session', 'list', ...options));
  return sessions.map(({ id }: { id: string }) => id).toSorted();
}

test('sessions are listed with what opened them and since when', async (t) => {
  const at = await world(t);
  const { out } = await at.run(['session', 'list', '--account', 'alice@example.org']);
  assert.match(out, /^s1 +alice@example\.org +imap +192\.0\.2\.7 +ordinary password +gateway-1 .*\(2 minutes ago\)$/m);
  assert.match(out, /^s2 .* app password p1 /m);
});

test('sessions can be listed by account and by domain', async (t) => {
  const at = await world(t);
  assert.deepEqual(await ids(at), ['s1', 's2', 's3']);
  assert.deepEqual(await ids(at, '--account', 'Alice@example.org'), ['s1', 's2']);
  assert.deepEqual(await ids(at, '--domain', 'example.net'), ['s3']);
  const both = await at.run(['session', 'list', '--domain', 'example.net', '--account', 'a@example.org']);
  assert.deepEqual([both.code, both.err], [2, 'postern: give --account or --domain, not both']);
  assert.equal((await at.run(['session', 'list', '--domain', 'example.com'])).out, 'nobody is logged in');
});

test('a session is cut off by its id, after a question', async (t) => {
  const at = await world(t);
  const { out, questions } = await at.run(['session', 'cut-off', 's1', 's3'], { answers: ['y'] });
  assert.deepEqual(questions, ['Close 2 sessions of alice@example.org, bob@example.net? [y/N] ']);
  assert.equal(out, '2 sessions told to close.');
});

test('all sessions of an account are cut off, which its record remembers', async (t) => {
  const at = await world(t);
  assert.deepEqual(await at.json('session', 'cut-off', '--account', 'alice@example.org', '--yes'), {
    closing: ['s1', 's2'],
  });
  const account = { name: 'alice@example.org', local: 'alice', domain: 'example.org' };
  const { record } = await at.withStore((store) => store.lookupAccount(account));
  assert.equal(record?.cutOffAt, START);
});

test('a session that is not there, or that nobody named, is refused', async (t) => {
  const at = await world(t);
  const gone = await at.run(['session', 'cut-off', 's9', '--yes']);
  assert.deepEqual([gone.code, gone.err], [3, 'postern: there is no session "s9": see `postern session list`']);
  assert.equal((await at.run(['session', 'cut-off'])).code, 2);
  assert.equal((await at.run(['session', 'cut-off', 's1', '--account', 'alice@example.org'])).code, 2);
});
