import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Relay, type RelayResult } from '#gateway/relay.ts';
import type { Connection, ConnectionEvents } from '#transport/transport.ts';
import { imapCommandTracker } from '#protocol/imap/command-tracker.ts';
import { eventually } from '../support/processes.ts';
import { allOf, FOREVER_MS, joined, joining } from '../support/relay.ts';

/** One that has closed before anybody owned it. */
class ClosedConnection implements Connection {
  readonly remote = { address: '127.0.0.1', port: 1 };
  readonly local = { address: '127.0.0.1', port: 2 };
  readonly unsent = 0;
  readonly writable: boolean = false;
  readonly closed: boolean = true;
  readonly secured = false;

  own(events: ConnectionEvents): void {
    events.onEnded();
    events.onClosed();
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}

  write(): boolean {
    return true;
  }

  async acceptTls(): Promise<string> {
    return 'connection closed';
  }

  async connectTls(): Promise<string> {
    return 'connection closed';
  }
}

/** One that takes all that it is given, and notes it. */
class OpenConnection extends ClosedConnection {
  override readonly writable: boolean = true;
  override readonly closed: boolean = false;
  readonly #note: (what: string) => void;

  constructor(note: (what: string) => void) {
    super();
    this.#note = note;
  }

  override own(): void {}

  override write(): boolean {
    this.#note('written');
    return true;
  }
}

test('bytes pass both ways unchanged and are counted', async () => {
  const { client, backend, finished } = await joined();
  const [sent, answered] = [Buffer.alloc(300_000, 'abc\r\n.\0\xff', 'latin1'), Buffer.from('* BYE\r\n')];
  const [atBackend, atClient] = [allOf(backend), allOf(client)];
  client.end(sent);
  assert.deepEqual(await atBackend, sent);
  backend.end(answered);
  assert.deepEqual(await atClient, answered);
  const { bytesFromClient, bytesFromBackend, ended } = await finished;
  assert.deepEqual([bytesFromClient, bytesFromBackend, ended], [sent.length, answered.length, 'client']);
});

test('bytes are passed on before anybody looks at them: whoever waits for them does not wait for that', () => {
  const noted: string[] = [];
  const [client, backend] = [0, 1].map(() => joining(new OpenConnection((what) => void noted.push(what))));
  assert.ok(client && backend);
  const look = (): void => void noted.push('looked at');
  const commandTracker = { fromClient: look, fromBackend: look, busy: false, goodbye: () => undefined };
  const owner = { onFinished: () => assert.fail('it goes on') };
  const greeted = { ...backend, unread: Buffer.from('* OK\r\n') };
  new Relay({ client, backend }, { owner, idleMs: FOREVER_MS, commandTracker }).start({ client, backend: greeted });
  assert.deepEqual(noted, ['written', 'looked at']);
});

test('a client that has said its last still gets its answer', async () => {
  const { client, backend } = await joined();
  const atBackend = allOf(backend);
  const atClient = allOf(client);
  client.end('last words');
  assert.equal((await atBackend).toString(), 'last words');
  backend.write('first half, ');
  backend.end('second half');
  assert.equal((await atClient).toString(), 'first half, second half');
});

test('a client that stops reading stops the backend too, so what we hold is bounded', async () => {
  const { client, backend, finished } = await joined();
  client.pause();
  const chunk = Buffer.alloc(1 << 20);
  let written = 0;
  while (backend.write(chunk) && written < 1 << 28) written += chunk.length;
  // Kernel buffers take some; then the writes stay queued at the backend's end and none reaches us any more.
  let taken = -1;
  while (taken !== backend.bytesWritten - backend.writableLength) {
    taken = backend.bytesWritten - backend.writableLength;
    backend.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(backend.writableLength > 0);
  client.destroy();
  backend.on('error', () => {});
  backend.destroy();
  await finished;
});

test('an idle session ends; one that moves does not', async () => {
  const { client, backend, between, finished } = await joined({ idleMs: 1000 });
  const looking = setInterval(() => between.endIfIdle(), 20);
  const atClient = allOf(client);
  const startedAt = performance.now();
  let rounds = 0;
  while (performance.now() - startedAt < 1500) {
    client.write('x');
    await once(backend, 'data');
    rounds += 1;
  }
  const { ended, bytesFromClient } = await finished;
  clearInterval(looking);
  assert.equal(ended, 'idle');
  assert.equal(bytesFromClient, rounds);
  await atClient.catch(() => {});
});

test('when one side breaks, the other is closed', async () => {
  const { client, backend, finished } = await joined();
  client.on('error', () => {});
  backend.resume();
  const closed = once(backend, 'close');
  client.resetAndDestroy();
  await finished;
  backend.end();
  await closed;
});

test('a cut-off closes both sides at once', async () => {
  const { client, backend, between, finished } = await joined();
  for (const socket of [client, backend]) socket.on('error', () => {}).resume();
  const closed = Promise.all([once(client, 'end'), once(backend, 'end')]);
  between.stop('cut-off');
  assert.equal((await finished).ended, 'cut-off');
  await closed;
});

test('a session that we end at a boundary hears why, behind all that was on its way', async () => {
  for (const why of ['cut-off', 'drain', 'idle'] as const) {
    const { client, backend, between, finished } = await joined({ commandTracker: imapCommandTracker('a1b2') });
    const [atClient, atBackend] = [allOf(client), once(backend, 'end')];
    client.on('end', () => client.end());
    backend.resume().write('* 3 EXISTS\r\n');
    await eventually('the response has passed', () => client.bytesRead > 0);
    between.stop(why);
    assert.match((await atClient).toString(), /^\* 3 EXISTS\r\n\* BYE [^\r\n]+ \(id: a1b2\)\r\n$/);
    await atBackend;
    assert.equal((await finished).ended, why);
  }
});

test('BYE inside a literal: a session that we end in the middle of something hears nothing', async () => {
  const { client, backend, between } = await joined({ commandTracker: imapCommandTracker('a1b2') });
  const heard: string[] = [];
  client.on('data', (chunk: Buffer) => heard.push(chunk.toString())).on('error', () => {});
  const closed = once(client, 'close');
  client.on('end', () => client.end());
  backend.on('error', () => {}).write('* 1 FETCH (BODY[] {10}\r\n12345');
  await eventually('half of the literal has passed', () => heard.join('').endsWith('12345'));
  between.stop('cut-off');
  await closed;
  assert.equal(heard.join(''), '* 1 FETCH (BODY[] {10}\r\n12345');
});

test('a session that we end passes nothing on any more, whatever either side still sends', async () => {
  const { client, backend, between } = await joined({ commandTracker: imapCommandTracker('a1b2') });
  const atBackend = allOf(backend);
  const atClient = allOf(client);
  between.stop('drain');
  client.write('1 DELETE INBOX\r\n');
  backend.on('error', () => {}).write('* 1 EXISTS\r\n');
  assert.match((await atClient).toString(), /^\* BYE [^\r\n]+\r\n$/);
  assert.equal((await atBackend).toString(), '');
});

test('a client that does not take its goodbye is closed without it', async () => {
  const { client, backend, between, finished } = await joined({ commandTracker: imapCommandTracker('a1b2') });
  client.pause().on('error', () => {});
  backend.resume().on('error', () => {});
  between.stop('cut-off');
  assert.equal((await finished).ended, 'cut-off');
});

test('an idle session is told so', async () => {
  const { client, backend, between, finished } = await joined({
    idleMs: 20,
    commandTracker: imapCommandTracker('a1b2'),
  });
  backend.resume();
  await eventually('it is idle', () => between.quietMs >= 20);
  between.endIfIdle();
  assert.match((await allOf(client)).toString(), /^\* BYE The connection was idle/);
  assert.equal((await finished).ended, 'idle');
});

test('what is under way or waits to be sent on is not quiet', async () => {
  const { client, backend, between, finished } = await joined({ commandTracker: imapCommandTracker('a1b2') });
  await eventually('nothing moves', () => between.quietMs > 0);
  client.write('1 SEARCH TEXT slow\r\n');
  await eventually('a command is under way', () => between.quietMs === 0);
  backend.resume().write('* SEARCH\r\n1 OK done\r\n');
  await eventually('it is answered', () => between.quietMs > 0);

  client.pause();
  const chunk = Buffer.from(`* 1 FETCH (FLAGS ())\r\n`.repeat(50_000));
  await eventually('no more can be sent', () => {
    backend.write(chunk);
    return between.quietMs === 0;
  });
  client.on('error', () => {}).destroy();
  backend.on('error', () => {}).destroy();
  await finished;
});

test('two connections that were closed before they are joined end once', () => {
  const closed = (): Connection => new ClosedConnection();
  const ends: RelayResult[] = [];
  const sides = { client: joining(closed()), backend: joining(closed()) };
  const owner = { onFinished: (result: RelayResult) => void ends.push(result) };
  new Relay(sides, { owner, idleMs: FOREVER_MS }).start(sides);
  assert.equal(ends.length, 1);
});
