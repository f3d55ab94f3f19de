/** TLS that a submission server offers where the service says `none`: begun with whatever certificate, never insisted on. */

import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import test, { after } from 'node:test';
import type { SMTPServerSession } from 'smtp-server';
import { Secret } from '#core/secret.ts';
import { Backends } from '#backends/backends.ts';
import { unreadGatewayMetrics } from '#ops/gateway-metrics.ts';
import { memoryLog, type MemoryLog } from '#ops/log.ts';
import { submission } from '#protocol/submission/module.ts';
import { testAttempt } from '../support/policy.ts';
import { listenOnLoopback, smtpSink } from '../support/smtp-sink.ts';

const stops: (() => void)[] = [];
after(() => stops.forEach((stop) => stop()));

function backendsAt(port: number, log: MemoryLog): Backends {
  const impersonation = { kind: 'master-user', user: 'm', password: new Secret('x'), separator: '*' } as const;
  const service = { port, tls: 'none', clientAddress: 'none', impersonation } as const;
  const main = {
    name: 'main',
    hosts: ['127.0.0.1'],
    balance: 'least-connections',
    userTemplate: '%u',
    connectTimeoutMs: 5000,
    loginTimeoutMs: 10_000,
    probeIntervalMs: 60_000,
    services: { submission: service },
  } as const;
  return new Backends({
    hostname: 'gateway.test',
    backends: [main],
    domainBackends: {},
    defaultBackend: 'main',
    listeners: [],
    modules: { imap: submission, pop3: submission, submission, sieve: submission },
    metrics: unreadGatewayMetrics(),
    log,
  });
}

/** Logs in once, and leaves. */
async function loggedIn(backends: Backends): Promise<string> {
  const { account } = testAttempt({ protocol: 'submission' });
  const login = { as: 'user', name: 'a', password: new Secret('b') } as const;
  const result = await backends.logIn({ account, protocol: 'submission' }, login, AbortSignal.timeout(10_000));
  if (result.kind === 'accepted') result.session.channel.destroy();
  return result.kind;
}

/** A server that offers STARTTLS and answers it as it is told; what it heard. */
async function offering(onStarttls: (socket: Socket) => void): Promise<{ port: number; heard: readonly string[] }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {}).write('220 ready\r\n');
    socket.on('data', (bytes: Buffer) => {
      const verb = bytes.toString('latin1').slice(0, 4);
      if (!/^[A-Z]{4}$/.test(verb)) return;
      heard.push(verb);
      if (verb === 'EHLO') socket.write('250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n');
      if (verb === 'STAR') onStarttls(socket);
      if (verb === 'AUTH') socket.write('235 ok\r\n');
    });
  });
  stops.push(() => server.close());
  return { port: await listenOnLoopback(server), heard };
}

test('it is begun, with a certificate that nobody vouches for', async () => {
  const sessions: SMTPServerSession[] = [];
  const sink = await smtpSink({
    disabledCommands: [],
    allowInsecureAuth: true,
    onAuth: ({ username }, session, done) => {
      sessions.push(session);
      done(null, { user: username });
    },
  });
  stops.push(() => sink.close());
  const log = memoryLog();
  assert.equal(await loggedIn(backendsAt(sink.port, log)), 'accepted');
  assert.deepEqual([sessions.map(({ secure }) => secure), log.entries], [[true], []]);
});

test('a server that refuses it is spoken to without', async () => {
  const { port, heard } = await offering((socket) => socket.write('454 4.7.0 not now\r\n'));
  assert.equal(await loggedIn(backendsAt(port, memoryLog())), 'accepted');
  assert.deepEqual(heard, ['EHLO', 'STAR', 'AUTH']);
});

test('a server where it fails is spoken to without, from then on at once, and the operator hears of it', async () => {
  for (const failing of [
    (socket: Socket) => socket.write('220 go\r\nno TLS at all\r\n'),
    (socket: Socket) => socket.end('220 go\r\n'),
  ]) {
    const { port, heard } = await offering((socket) => {
      socket.write('220 go\r\n', () => setTimeout(() => failing(socket), 50));
    });
    const log = memoryLog();
    const backends = backendsAt(port, log);
    assert.equal(await loggedIn(backends), 'accepted');
    assert.equal(await loggedIn(backends), 'accepted');
    assert.deepEqual(heard, ['EHLO', 'STAR', 'EHLO', 'AUTH', 'EHLO', 'AUTH']);
    const told = log.entries.map(({ event, level, host }) => [event, level, host]);
    assert.deepEqual(told, [['backend.tls-failed', 'error', '127.0.0.1']]);
  }
});
