import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';

import { Secret } from '#core/secret.ts';
import { makeMailer, type MailEvent, type Mailer, type OutgoingMail } from '#mail/mailer.ts';
import { openRelay, type MailSettings, type Relay, type RelayTrouble } from '#mail/relay.ts';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { listenOnLoopback, smtpSink, type SmtpSink } from '../support/smtp-sink.ts';

const MAIL: OutgoingMail = {
  to: 'alice@example.net',
  kind: 'code',
  subject: '012345 is your code — ünïcode',
  text: '012345 is your code.\n',
  html: '<p>012345</p>',
  language: 'en',
};
const NOTICE: OutgoingMail = { ...MAIL, kind: 'notice', subject: 'notice' };
const TIMEOUTS = { connectMs: 500, greetingMs: 200, idleMs: 500 };
const LONG = 10_000;

const servers: { close(): unknown }[] = [];
after(() => servers.map((server) => server.close()));

async function mailServer(options: SMTPServerOptions = {}): Promise<SmtpSink> {
  const sink = await smtpSink(options);
  servers.push(sink);
  return sink;
}

/** A server of the test's own making. */
async function rawServer(onSocket: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  servers.push({
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  });
  return listenOnLoopback(server);
}

function settings(port: number, more: Partial<MailSettings> = {}): MailSettings {
  const from = { address: 'postern@example.org', name: 'Example Mail' };
  return { host: '127.0.0.1', port, tls: 'none', from, hostname: 'gate.example.org', ...more };
}

/** A mailer that tries again at once; ended after the test. */
function mailer(relay: Relay, tries = 3): { mailer: Mailer; events: MailEvent[] } {
  const events: MailEvent[] = [];
  const retryMs = Array.from({ length: tries - 1 }, () => 0);
  return {
    mailer: makeMailer({ relay, retryMs: { code: retryMs, notice: retryMs }, report: (event) => events.push(event) }),
    events,
  };
}

/** A relay whose answers the test writes. */
function scriptedRelay(answers: readonly (RelayTrouble | undefined)[]): Relay & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    send: async ({ subject }) => {
      sent.push(subject);
      return answers[sent.length - 1];
    },
    close: () => undefined,
  };
}

const BUSY: RelayTrouble = { kind: 'passing', reason: 'relay-busy', detail: '451 later' };

test('a mail arrives with text, HTML, and the headers that keep machines from answering', async () => {
  const { port, taken } = await mailServer();
  const { mailer: mail, events } = mailer(openRelay(settings(port), TIMEOUTS));
  const ticket = mail.send(MAIL);
  assert.deepEqual(await ticket.outcomeWithin(LONG), { kind: 'sent' });
  const [one] = taken;
  assert.ok(one);
  assert.deepEqual([one.from, one.to], ['postern@example.org', ['alice@example.net']]);
  assert.match(one.content, /^From: Example Mail <postern@example\.org>\r$/m);
  assert.match(one.content, /^Auto-Submitted: auto-generated\r$/m);
  assert.match(one.content, /^Content-Type: text\/plain; charset=utf-8\r$/m);
  assert.match(one.content, /^Content-Type: text\/html; charset=utf-8\r$/m);
  assert.deepEqual(
    events.map(({ event, tries }) => [event, tries]),
    [['sent', 1]],
  );
  assert.ok(!JSON.stringify(events).includes('012345'));
  assert.deepEqual(mail.outcomeOf(ticket.id), { kind: 'sent' });
  assert.equal(mail.outcomeOf('unknown'), undefined);
  await mail.stop(0);
});

test('an address that the relay refuses fails at once, and the page can say so', async () => {
  const { port, taken } = await mailServer({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such user'), { responseCode: 550 })),
  });
  const { mailer: mail, events } = mailer(openRelay(settings(port), TIMEOUTS));
  const outcome = await mail.send(MAIL).outcomeWithin(LONG);
  assert.deepEqual(outcome, { kind: 'failed', reason: 'address-refused' });
  assert.equal(events.length, 1);
  assert.match(events[0]?.detail ?? '', /550/);
  assert.deepEqual(taken, []);
  await mail.stop(0);
});

test('a relay that is busy is tried again', async () => {
  let times = 0;
  const { port, taken } = await mailServer({
    onMailFrom: (_address, _session, done) => {
      times += 1;
      done(times < 3 ? Object.assign(new Error('try later'), { responseCode: 451 }) : undefined);
    },
  });
  const { mailer: mail, events } = mailer(openRelay(settings(port), TIMEOUTS));
  assert.deepEqual(await mail.send(MAIL).outcomeWithin(LONG), { kind: 'sent' });
  assert.deepEqual(
    events.map(({ event, reason }) => [event, reason]),
    [
      ['deferred', 'relay-busy'],
      ['deferred', 'relay-busy'],
      ['sent', undefined],
    ],
  );
  assert.equal(taken.length, 1);
  await mail.stop(0);
});

test('tries are bounded: a relay that nobody answers at ends in failure', async () => {
  const { mailer: mail, events } = mailer(openRelay(settings(1), TIMEOUTS));
  const outcome = await mail.send(NOTICE).outcomeWithin(LONG);
  assert.deepEqual(outcome, { kind: 'failed', reason: 'relay-unreachable' });
  assert.deepEqual(
    events.map(({ event }) => event),
    ['deferred', 'deferred', 'failed'],
  );
  await mail.stop(0);
});

test('a relay that accepts and says nothing, or stops in the middle, is unreachable after a deadline', async () => {
  const silent = await rawServer(() => undefined);
  const half = await rawServer((socket) => socket.write('220 half ready\r\n'));
  const cut = await rawServer((socket) => socket.end('220 go'));
  for (const port of [silent, half, cut]) {
    const relay = openRelay(settings(port), TIMEOUTS);
    const trouble = await relay.send(MAIL);
    assert.deepEqual([trouble?.kind, trouble?.reason], ['passing', 'relay-unreachable']);
    relay.close();
  }
});

test('a login that the relay refuses is told apart', async () => {
  const { port } = await mailServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username ?? '' }) : done(new Error('Invalid')),
  });
  const wrong = openRelay(settings(port, { user: 'postern', password: new Secret('wrong') }), TIMEOUTS);
  assert.equal((await wrong.send(MAIL))?.reason, 'relay-refused');
  const right = openRelay(settings(port, { user: 'postern', password: new Secret('right') }), TIMEOUTS);
  assert.equal(await right.send(MAIL), undefined);
  for (const relay of [wrong, right]) relay.close();
});

test('with STARTTLS nothing is sent in clear: not to a stranger’s certificate, not where it is not offered', async () => {
  const directory = await temporaryDirectory('mail');
  const ours = await createAuthority(directory.path, 'ours');
  const others = await createAuthority(directory.path, 'others');
  const { certFile, keyFile } = await ours.issue(LOOPBACK_NAMES);
  const { port, taken } = await mailServer({
    disabledCommands: [],
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
  });
  const plain = await mailServer();
  const authority = (file: string) => ({ tls: 'starttls', ca: readFileSync(file, 'utf8') }) as const;
  const wanted: readonly (readonly [MailSettings, string | undefined])[] = [
    [settings(port, authority(others.caFile)), 'relay-unreachable'],
    [settings(port, { tls: 'starttls' }), 'relay-unreachable'],
    [settings(port, { ...authority(ours.caFile), tlsServerName: 'elsewhere.example' }), 'relay-unreachable'],
    [settings(plain.port, authority(ours.caFile)), 'relay-unreachable'],
    [settings(port, { ...authority(ours.caFile), tlsServerName: 'localhost' }), undefined],
  ];
  for (const [given, reason] of wanted) {
    const relay = openRelay(given, TIMEOUTS);
    assert.equal((await relay.send(MAIL))?.reason, reason);
    relay.close();
  }
  assert.deepEqual(
    taken.map(({ secure }) => secure),
    [true],
  );
  assert.deepEqual(plain.taken, []);
  await directory.remove();
});

test('an address is one address: no comma, angle bracket or line end makes a second reader', async () => {
  const { port, taken } = await mailServer();
  const relay = openRelay(settings(port), TIMEOUTS);
  for (const to of [
    'a@example.net, b@example.net',
    'a@example.net>\r\nRCPT TO:<b@example.net',
    'a@example.net\r\nBcc: b@example.net',
  ]) {
    await relay.send({ ...MAIL, to });
  }
  assert.ok(taken.every(({ to, content }) => !to.includes('b@example.net') && !/^Bcc:/m.test(content)));
  relay.close();
});

test('codes go before notices', async () => {
  const gate = Promise.withResolvers<void>();
  const sent: string[] = [];
  const relay: Relay = {
    send: async ({ subject }) => {
      await gate.promise;
      sent.push(subject);
      return undefined;
    },
    close: () => undefined,
  };
  const { mailer: mail } = mailer(relay);
  const tickets = [1, 2, 3, 4, 5, 6].map((at) => mail.send({ ...NOTICE, subject: `notice ${at}` }));
  const code = mail.send({ ...MAIL, subject: 'code' });
  gate.resolve();
  await Promise.all([...tickets, code].map((ticket) => ticket.outcomeWithin(LONG)));
  assert.ok(sent.indexOf('code') <= 4, sent.join());
  assert.equal(sent.length, 7);
});

test('a mail that waits says what is wrong, and a full queue says no at once', async () => {
  const relay = scriptedRelay([BUSY, BUSY, BUSY]);
  const events: MailEvent[] = [];
  const mail = makeMailer({
    relay,
    retryMs: { code: [60_000], notice: [60_000] },
    maxWaiting: 1,
    report: (event) => events.push(event),
  });
  const first = mail.send(MAIL);
  const second = mail.send(MAIL);
  assert.deepEqual(second.outcome(), { kind: 'failed', reason: 'queue-full' });
  assert.deepEqual(await first.outcomeWithin(50), { kind: 'waiting', trouble: 'relay-busy' });
  assert.deepEqual(mail.outcomeOf(first.id), { kind: 'waiting', trouble: 'relay-busy' });
  await mail.stop(1000);
  assert.deepEqual(first.outcome(), { kind: 'failed', reason: 'relay-busy' });
  assert.equal(relay.sent.length, 2);
});

test('stopping sends what waits, and gives up what the relay keeps waiting', async () => {
  const stuck: Relay = { send: () => new Promise(() => undefined), close: () => undefined };
  const { mailer: mail } = mailer(stuck);
  const ticket = mail.send(MAIL);
  await mail.stop(20);
  assert.deepEqual(ticket.outcome(), { kind: 'failed', reason: 'stopped' });
  assert.deepEqual(mail.send(MAIL).outcome(), { kind: 'failed', reason: 'stopped' });
});
