/** A trace of a running gateway: whose dialogues are told, and what never is. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { Secret } from '#core/secret.ts';
import { startInProcess, type InProcessGateway } from '../support/in-process-gateway.ts';
import { eventually } from '../support/processes.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';

const MASTER = { kind: 'master-user', user: 'postern', password: new Secret('m'), separator: '*' } as const;
const PASSWORD = 'Xq7-horse-battery';
const CONTENT = 'Zz9-of-a-mail';
const LOGIN_STEPS = ['connect', 'LOGIN [name and secret]', 'answer accepted'];

type Asked = Parameters<InProcessGateway['trace']>;

/** Logs in as these users while traces are on; the connections stay until `look` has looked. */
async function traced(
  traces: readonly Asked[],
  users: readonly string[],
  look: (gateway: InProcessGateway, clients: readonly Socket[]) => Promise<void>,
): Promise<void> {
  const backend = await startScriptedImap();
  const imap = { port: backend.port, tls: 'none', impersonation: MASTER, clientAddress: 'none' } as const;
  const gateway = await startInProcess({
    listeners: [{}],
    backend: { services: { imap } },
    decide: ({ account }) =>
      account.local === 'mallory'
        ? { kind: 'deny', reason: 'wrong-credentials' }
        : { kind: 'forward', epochs: { account: 0, domain: 0 } },
  });
  const clients: Socket[] = [];
  try {
    for (const trace of traces) gateway.trace(...trace);
    for (const user of users) {
      const client = connect({ port: gateway.ports[0] ?? 0, host: '127.0.0.1' }).on('error', () => {});
      clients.push(client);
      let heard = '';
      client.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
      client.write(`1 LOGIN ${user} ${PASSWORD}\r\n`);
      await eventually('the login is answered', () => /^1 (?:OK|NO) /m.test(heard));
    }
    await look(gateway, clients);
    assert.doesNotMatch(JSON.stringify(gateway.log.entries), new RegExp(`${PASSWORD}|${CONTENT}`));
  } finally {
    for (const client of clients) {
      client.destroy();
      if (!client.closed) await once(client, 'close');
    }
    await gateway.stop();
    await backend.stop();
  }
}

/** What was traced, by session, in order: the steps, or how much the client had sent. */
function told({ log }: InProcessGateway): readonly (readonly unknown[])[] {
  const lines = log.entries.filter(({ event, level }) => event === 'session.traced' && level === 'info');
  return [...Map.groupBy(lines, ({ session }) => session).values()].map((some) =>
    some.map(({ input, bytesIn }) => input ?? bytesIn),
  );
}

test('an account is traced from the greeting of its session on, and nobody else', async () => {
  await traced([['account', 'alice@example.org']], ['bob@example.org', 'alice@example.org'], async (gateway) => {
    assert.deepEqual(
      told(gateway).map((steps) => steps.slice(0, 3)),
      [LOGIN_STEPS],
    );
  });
});

test('a refused login is traced by its account, with the reply', async () => {
  await traced([['account', 'mallory@example.org']], ['mallory@example.org'], async (gateway) => {
    assert.deepEqual(told(gateway), [['connect', 'LOGIN [name and secret]', 'answer deny wrong-credentials']]);
    const replies = gateway.log.entries.flatMap((line) => (line.event === 'session.traced' ? line['replies'] : []));
    assert.deepEqual(replies, ['OK CAPABILITY', 'NO AUTHENTICATIONFAILED']);
  });
});

test('an address is traced with all its sessions', async () => {
  await traced([['address', '127.0.0.1']], ['bob@example.org', 'alice@example.org'], async (gateway) => {
    assert.deepEqual(
      told(gateway).map((steps) => steps.slice(0, 3)),
      [LOGIN_STEPS, LOGIN_STEPS],
    );
  });
});

test('of an open session that is traced by its id only how much has passed is told', async () => {
  await traced([], ['bob@example.org', 'alice@example.org'], async (gateway, [, client]) => {
    assert.deepEqual(told(gateway), []);
    const id = String(gateway.log.entries.findLast(({ event }) => event === 'login.accepted')?.['session']);
    gateway.trace('session', id);
    await eventually('its size is told', () => told(gateway)[0]?.length === 1);
    client?.write(`2 XCONTENT ${CONTENT}\r\n`);
    const length = `2 XCONTENT ${CONTENT}\r\n`.length;
    await eventually('and once more when more has passed', () => told(gateway)[0]?.length === 2);
    assert.deepEqual(told(gateway), [[0, length]]);
  });
});

test('without a trace nothing is traced', async () => {
  await traced([['account', 'carol@example.org']], ['alice@example.org'], async (gateway) => {
    assert.deepEqual(told(gateway), []);
  });
});
