/**
 * Backend hosts that are gone, refuse, say nothing, break in the middle of a login: the next
 * host is tried within the deadline of one login, a host that cannot be used is left alone until a probe finds it well,
 * and one login that goes wrong closes no host to the others.
 */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test, { after } from 'node:test';
import type { Yaml } from '../support/gateway.ts';
import { freePorts } from '../support/processes.ts';
import { startScriptedImap, type Script } from '../support/scripted-imap.ts';
import { clearAnswer, scriptedBackend, startSmallWorld } from '../support/small-world.ts';

const ACCEPTED = /^in OK/m;
const LATER = /^(in NO|\* BYE) \[UNAVAILABLE\]/m;

/** What the first of two hosts does in each case; the second one is well. Every case is a backend with its own domain. */
const stalling = { now: false };
const FIRST_HOSTS: Readonly<Record<string, Script | 'refuses' | 'silent'>> = {
  refuses: 'refuses',
  silent: 'silent',
  greeting: { echo: true, stallsGreeting: () => stalling.now },
  breaks: { echo: true, judge: (command) => (command.includes('poison') ? 'reset' : 'OK Logged in') },
  stalls: { echo: true, judge: (command) => (command.includes('slow') ? 'stall' : 'OK Logged in') },
};

const running: { stop(): Promise<void> }[] = [];
const backends: Record<string, Yaml> = {};
for (const [name, first] of Object.entries(FIRST_HOSTS)) {
  const [port = 0] = await freePorts(1);
  running.push(await startScriptedImap({ echo: true }, { address: '127.0.0.2', port }));
  if (first === 'silent') running.push(await startSilent(port));
  else if (first !== 'refuses') running.push(await startScriptedImap(first, { address: '127.0.0.1', port }));
  // Hosts with equally many sessions are tried in this order.
  backends[name] = backendAt(['127.0.0.1', '127.0.0.2'], port);
}
const [lonelyPort = 0] = await freePorts(1);
const lonelyPlace = { address: '127.0.0.1', port: lonelyPort };
let lonely = await startScriptedImap({ echo: true }, lonelyPlace);
backends['lonely'] = backendAt(['127.0.0.1'], lonelyPort);
const domains = Object.fromEntries(Object.keys(backends).map((name) => [`${name}.test`, { backend: name }]));
const world = await startSmallWorld({ gateway: { backends, settings: { domains } } });
const { gateway } = world;
after(async () => {
  await world.stop();
  await Promise.all([lonely, ...running].map((server) => server.stop()));
});

function backendAt(hosts: readonly string[], port: number): Yaml {
  const quick = { connectTimeoutSeconds: 1, loginTimeoutSeconds: 4, probeIntervalSeconds: 3600 };
  return { ...scriptedBackend(hosts, port), ...quick };
}

async function startSilent(port: number): Promise<{ stop(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return { stop: async () => void server.close() };
}

function login(backend: string, local = 'bob'): Promise<string> {
  return clearAnswer(gateway, { name: `${local}@${backend}.test`, password: 'ordinary' });
}

function downs(backend: string): readonly unknown[] {
  return gateway
    .log()
    .flatMap((line) => (line.event === 'backend.down' && line['backend'] === backend ? line['host'] : []));
}

for (const [name, backend] of [
  ['refuses connections', 'refuses'],
  ['accepts and says nothing', 'silent'],
] as const) {
  test(`a host that ${name} is passed over, and left alone from then on`, { timeout: 60_000 }, async () => {
    for (let at = 0; at < 5; at += 1) assert.match(await login(backend), ACCEPTED);
    assert.deepEqual(downs(backend), ['127.0.0.1']);
  });
}

test(
  'a host that stalls in its greeting is passed over within one login, and used again when it is well',
  { timeout: 60_000 },
  async () => {
    assert.match(await login('greeting'), ACCEPTED);
    // Until its session is over the other host has fewer.
    await gateway.logged('session.closed', { user: 'bob@greeting.test' });
    stalling.now = true;
    assert.match(await login('greeting'), ACCEPTED);
    await gateway.logged('backend.down', { backend: 'greeting', host: '127.0.0.1', reason: 'no greeting in time' });
    stalling.now = false;
    await gateway.logged('backend.up', { backend: 'greeting', host: '127.0.0.1' });
    assert.match(await login('greeting'), ACCEPTED);
  },
);

test(
  'a host that breaks in the middle of one login is passed over for that one and kept for the others',
  { timeout: 60_000 },
  async () => {
    for (let at = 0; at < 3; at += 1) {
      assert.match(await login('breaks', 'poison'), ACCEPTED);
      assert.match(await login('breaks'), ACCEPTED);
    }
    assert.deepEqual(downs('breaks'), []);
  },
);

test(
  'a host that stalls in the middle of a login costs that client the deadline, and the others nothing',
  { timeout: 60_000 },
  async () => {
    const slow = login('stalls', 'slow');
    for (let at = 0; at < 3; at += 1) assert.match(await login('stalls'), ACCEPTED);
    assert.match(await slow, LATER);
    assert.match(await login('stalls'), ACCEPTED);
    assert.deepEqual(downs('stalls'), []);
  },
);

test('with all hosts gone logins are put off, and a probe lets them in again', { timeout: 60_000 }, async () => {
  assert.match(await login('lonely'), ACCEPTED);
  await lonely.stop();
  assert.match(await login('lonely'), LATER);
  await gateway.logged('backend.down', { backend: 'lonely' });
  assert.match(await login('lonely'), LATER);
  lonely = await startScriptedImap({ echo: true }, lonelyPlace);
  await gateway.logged('backend.up', { backend: 'lonely' });
  assert.match(await login('lonely'), ACCEPTED);
});
