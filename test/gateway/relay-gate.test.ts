/** A relay with a gate before the backend. What the gate decides is tested in test/protocol/submission-gate.test.ts. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { Relay, type RelayResult } from '#gateway/relay.ts';
import type { GateRefusal } from '#protocol/machine.ts';
import { submissionCommandTracker } from '#protocol/submission/command-tracker.ts';
import { submissionGate } from '#protocol/submission/gate.ts';
import type { Connection, ConnectionEvents } from '#transport/transport.ts';
import { eventually } from '../support/processes.ts';
import { allOf, FOREVER_MS, joined, joining, type Joined } from '../support/relay.ts';

const LAST_WORDS = '421 4.7.0 The session cannot go on (id: a1b2)\r\n';

interface Gated extends Joined {
  readonly refused: readonly GateRefusal[];
}

async function gated(unread?: string): Promise<Gated> {
  const refused: GateRefusal[] = [];
  const commandTracker = submissionCommandTracker('a1b2');
  const gate = submissionGate({ sessionId: 'a1b2', capabilities: ['CHUNKING'] });
  const one = await joined({ gate, commandTracker }, { unread, onRefused: (why) => void refused.push(why) });
  for (const socket of [one.client, one.backend]) socket.on('error', () => {});
  return { ...one, refused };
}

/** All that has come to a socket so far. */
function heard({ client, backend }: Gated): { client: string; backend: string } {
  const texts = { client: '', backend: '' };
  client.on('data', (chunk: Buffer) => (texts.client += chunk.toString('latin1')));
  backend.on('data', (chunk: Buffer) => (texts.backend += chunk.toString('latin1')));
  return texts;
}

test('what a client sent behind its login goes through the gate too', async () => {
  const one = await gated('NOOP\r\nSTARTTLS\r\nNOOP\r\n');
  const texts = heard(one);
  await eventually('both commands are there', () => texts.backend === 'NOOP\r\nNOOP\r\n');
  one.backend.write('250 a\r\n250 b\r\n');
  await eventually('all is answered', () => texts.client.endsWith('250 b\r\n'));
  assert.equal(texts.client, '250 a\r\n503 5.5.1 Not permitted after login\r\n250 b\r\n');
  assert.deepEqual(one.refused, ['starttls']);
  one.client.end();
  one.backend.end();
  await one.finished;
});

test('the gate ends a session: the client hears so, the backend hears nothing more', async () => {
  const one = await gated();
  const [atClient, atBackend] = [allOf(one.client), allOf(one.backend)];
  one.client.on('end', () => one.client.end()).write('STARTTLS\nSTARTTLS\r\n');
  assert.equal((await atClient).toString(), LAST_WORDS);
  assert.equal((await atBackend).toString(), '');
  one.backend.end();
  const { ended, bytesFromClient } = await one.finished;
  assert.deepEqual([ended, bytesFromClient, one.refused], ['gate', 19, ['bare-line-feed']]);
});

test('a 421 of the backend passes, and ends both', async () => {
  const one = await gated();
  const atClient = allOf(one.client);
  one.client.on('end', () => one.client.end());
  one.backend.resume().write('421 timeout\r\n');
  assert.equal((await atClient).toString(), '421 timeout\r\n');
  assert.equal((await one.finished).ended, 'gate');
});

test('content that comes before the 354 waits for it, and what the client does not read does not pile up', async () => {
  const one = await gated();
  const texts = heard(one);
  one.client.write('DATA\r\n');
  await eventually('DATA has passed', () => texts.backend === 'DATA\r\n');
  const content = Buffer.alloc(64 * 1024 * 1024, 'a line of mail\r\n');
  one.client.write(content);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(texts.backend, 'DATA\r\n');
  assert.ok(one.client.writableLength > content.length / 2, 'the gateway has stopped reading');
  one.backend.write('354 go on\r\n');
  await eventually('all of it is there', () => texts.backend.length === 'DATA\r\n'.length + content.length);
  one.client.end('.\r\nQUIT\r\n');
  await eventually('the end is there', () => texts.backend.endsWith('.\r\nQUIT\r\n'));
  one.backend.end('250 ok\r\n221 bye\r\n');
  await one.finished;
  await eventually('all is answered', () => texts.client.endsWith('221 bye\r\n'));
  assert.equal(texts.client, '354 go on\r\n250 ok\r\n221 bye\r\n');
  assert.deepEqual(one.refused, []);
});

test('a client that was held from the beginning is not read either', async () => {
  const one = await gated('DATA\r\n');
  const texts = heard(one);
  const content = Buffer.alloc(64 * 1024 * 1024, 'a line of mail\r\n');
  one.client.write('a line of mail\r\n');
  one.client.write(content);
  await eventually('DATA has passed', () => texts.backend === 'DATA\r\n');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(one.client.writableLength > content.length / 2, 'the gateway reads on');
  assert.deepEqual(one.refused, []);
  one.between.stop('cut-off');
  await one.finished;
});

test('a backend that takes nothing stops the client, whatever the gate lets through', async () => {
  const one = await gated();
  one.client.write('DATA\r\n');
  await once(one.backend, 'data');
  one.backend.write('354 go on\r\n');
  await once(one.client, 'data');
  one.backend.pause();
  const chunk = Buffer.alloc(1 << 20, 'a line of mail\r\n');
  let taken = -1;
  while (taken !== one.client.bytesWritten - one.client.writableLength) {
    taken = one.client.bytesWritten - one.client.writableLength;
    one.client.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(one.client.writableLength > 0);
  one.client.destroy();
  one.backend.destroy();
  await one.finished;
});

test('a client that has said its last while its content is held still sends it', async () => {
  const one = await gated();
  const [texts, atBackend] = [heard(one), once(one.backend, 'end')];
  one.client.end('DATA\r\nhello\r\n.\r\nQUIT\r\n');
  await eventually('DATA has passed', () => texts.backend === 'DATA\r\n');
  one.backend.write('354 go on\r\n');
  await eventually('all has passed', () => texts.backend === 'DATA\r\nhello\r\n.\r\nQUIT\r\n');
  one.backend.write('250 ok\r\n221 bye\r\n');
  await atBackend;
  one.backend.end();
  await one.finished;
  await eventually('all is answered', () => texts.client.endsWith('221 bye\r\n'));
  assert.equal(texts.client, '354 go on\r\n250 ok\r\n221 bye\r\n');
});

test('a session that we end says so where nothing is due, and is silent where something is held or half said', async () => {
  for (const [sent, silent] of [
    ['', false],
    ['NO', true],
    ['BDAT 10 LAST\r\nabc', true],
  ] as const) {
    const one = await gated();
    one.client.write(sent);
    const atClient = allOf(one.client).catch(() => Buffer.alloc(0));
    await eventually('it has come', () => one.between.quietMs === 0 || sent === '');
    one.between.stop('cut-off');
    assert.equal((await atClient).toString().startsWith('421 '), !silent, sent);
    one.client.end();
    one.backend.end();
    assert.equal((await one.finished).ended satisfies RelayResult['ended'], 'cut-off');
  }
});

/** A connection that notes what is done with it, and of which the test says what happens. */
class NotedConnection implements Connection {
  readonly remote = { address: '127.0.0.1', port: 1 };
  readonly local = { address: '127.0.0.1', port: 2 };
  readonly unsent = 0;
  readonly writable = true;
  readonly closed = false;
  readonly secured: boolean;
  readonly done: string[] = [];
  events: ConnectionEvents | undefined;

  constructor(secured = false) {
    this.secured = secured;
  }

  own(events: ConnectionEvents): void {
    this.events = events;
  }

  pause(): void {
    this.done.push('pause');
  }

  resume(): void {
    this.done.push('resume');
  }

  write(bytes: Buffer): boolean {
    this.done.push(bytes.toString('latin1'));
    return true;
  }

  end(): void {
    this.done.push('end');
  }

  destroy(): void {
    this.done.push('destroy');
  }

  async acceptTls(): Promise<string> {
    return 'none here';
  }

  async connectTls(): Promise<string> {
    return 'none here';
  }
}

function noted(tlsAtBackend = false): { between: Relay; client: NotedConnection; backend: NotedConnection } {
  const [client, backend] = [new NotedConnection(), new NotedConnection(tlsAtBackend)];
  const sides = { client: joining(client), backend: joining(backend) };
  const owner = { onFinished: () => assert.fail('it goes on') };
  const gate = submissionGate({ sessionId: 'a1b2', capabilities: [] });
  const between = new Relay(sides, {
    owner,
    idleMs: FOREVER_MS,
    gate,
    commandTracker: submissionCommandTracker('a1b2'),
  });
  between.start(sides);
  for (const { done } of [client, backend]) done.length = 0;
  return { between, client, backend };
}

test('the end of what a client says reaches the backend behind what is held of it', () => {
  const { client, backend } = noted();
  client.events?.onReceived(Buffer.from('DATA\r\nhello\r\n.\r\n'));
  client.events?.onEnded();
  assert.deepEqual([backend.done, client.done], [['DATA\r\n'], ['pause']]);
  client.events?.onDrained();
  backend.events?.onDrained();
  assert.deepEqual(client.done, ['pause']);
  backend.events?.onReceived(Buffer.from('354 go on\r\n'));
  assert.deepEqual(backend.done, ['DATA\r\n', 'resume', 'hello\r\n.\r\n', 'end']);
});

test('a session that its gate has ended is not ended again', () => {
  const { between, client, backend } = noted();
  client.events?.onReceived(Buffer.from('\n'));
  between.stop('drain');
  assert.deepEqual(client.done, [LAST_WORDS, 'end', 'resume']);
  assert.deepEqual(backend.done, ['destroy']);
  client.events?.onClosed();
});

test('a client that ends in the middle of a line or of content does not keep a backend with TLS', async () => {
  for (const [sent, answer] of [
    ['NOO', ''],
    ['DATA\r\nhalf a li', '354 go on\r\n'],
  ] as const) {
    const { client, backend } = noted(true);
    client.events?.onReceived(Buffer.from(sent));
    client.events?.onEnded();
    if (answer !== '') backend.events?.onReceived(Buffer.from(answer));
    await eventually('the backend hears of the end', () => backend.done.at(-1) === 'end');
    assert.doesNotMatch(backend.done.join(''), /NOO/);
  }
});

test('a backend with TLS that has still to answer is not told of the end before', async () => {
  const { client, backend } = noted(true);
  client.events?.onReceived(Buffer.from('NOOP\r\nNOO'));
  client.events?.onEnded();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual(backend.done, ['NOOP\r\n']);
  backend.events?.onReceived(Buffer.from('250 ok\r\n'));
  await eventually('the backend hears of the end', () => backend.done.at(-1) === 'end');
});
