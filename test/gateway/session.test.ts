import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Secret } from '#core/secret.ts';
import { startInProcess, type InProcessGateway, type InProcessOptions } from '../support/in-process-gateway.ts';
import type { LogEntry, MemoryLog } from '#ops/log.ts';
import { eventually } from '../support/processes.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';

const MASTER = { kind: 'master-user', user: 'postern', password: new Secret('m'), separator: '*' } as const;
const IDLE_MS = 100;

/** Logs in and hears all there is to hear until the connection ends; then nothing of it may be left anywhere. */
async function heardInAll(
  options: Partial<InProcessOptions>,
  look: (heard: string, gateway: InProcessGateway) => void,
): Promise<void> {
  const backend = await startScriptedImap();
  const imap = { port: backend.port, tls: 'none', impersonation: MASTER, clientAddress: 'none' } as const;
  const gateway = await startInProcess({ listeners: [{}], backend: { services: { imap } }, ...options });
  try {
    const client = connect({ port: gateway.ports[0] ?? 0, host: '127.0.0.1' });
    let heard = '';
    client.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1'))).on('error', () => {});
    client.write('1 LOGIN alice@example.org secret\r\n');
    await once(client, 'close');
    assert.equal(backend.logins(), 1);
    await eventually('the backend is left', () => backend.open() === 0);
    await eventually('its place is free', () => gateway.gateway.state.connections === 0);
    assert.equal(gateway.gateway.state.backendHosts[0]?.active, 0);
    look(heard, gateway);
  } finally {
    await gateway.stop();
    await backend.stop();
  }
}

function entry({ entries }: MemoryLog, name: string): LogEntry | undefined {
  return entries.find(({ event }) => event === name);
}

test('a session in which nothing moves is ended with a goodbye', async () => {
  const relayIdleMs = { imap: IDLE_MS, pop3: IDLE_MS, submission: IDLE_MS, sieve: IDLE_MS };
  await heardInAll({ limits: { relayIdleMs } }, (heard, { log }) => {
    assert.match(
      heard,
      /\r\n1 OK .*\r\n\* BYE The connection was idle for too long: connect again\. \(id: [0-9a-f]+\)\r\n$/s,
    );
    const [opened, closed] = ['session.opened', 'session.closed'].map((name) => entry(log, name));
    const named = ['session', 'listener', 'protocol'];
    const shared = [...named, 'address'];
    assert.deepEqual(Object.keys(closed ?? {}), [
      'level',
      ...named,
      'user',
      'address',
      'reason',
      'bytesIn',
      'bytesOut',
      'durationMs',
      'event',
    ]);
    for (const name of shared) assert.equal(closed?.[name], opened?.[name]);
    assert.equal(closed?.['reason'], 'idle');
  });
});

test('a session that cannot be listed does not run, since it could not be cut off', async () => {
  const sessionOpened = (): never => {
    throw new Error('no room');
  };
  await heardInAll({ metrics: { sessionOpened } }, (_, { log }) => {
    assert.match(String(log.entries.find(({ event }) => event === 'fault')?.['error']), /no room/);
  });
});

test('at level debug the log tells the steps of a dialogue, and not what the client sent', async () => {
  await heardInAll(
    { limits: { relayIdleMs: { imap: IDLE_MS, pop3: IDLE_MS, submission: IDLE_MS, sieve: IDLE_MS } } },
    (_, { log }) => {
      const steps = log.entries.filter(({ event }) => event === 'dialogue.advanced');
      assert.deepEqual(
        steps.map(({ level, input, state, replies }) => ({ level, input, state, replies })),
        [
          { level: 'debug', input: 'connect', state: 'command', replies: ['OK CAPABILITY'] },
          { level: 'debug', input: 'LOGIN [name and secret]', state: 'deciding', replies: [] },
          { level: 'debug', input: 'answer accepted', state: 'command', replies: [] },
        ],
      );
      assert.equal(new Set(log.entries.flatMap(({ session }) => session ?? [])).size, 1);
    },
  );
});
