/**
 * What an operator does to a running gateway, and what TLS and the PROXY protocol look like from outside: certificates
 * by name and replaced while running, draining, old TLS and other protocols refused, load balancers believed only
 * from where they are.
 */

import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import test, { after } from 'node:test';
import { LOOPBACK_NAMES, type Leaf } from '../support/certificates.ts';
import { connected, ping, session, tryLogin } from '../support/dialogues.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { BOB, gatewayOptions, startWorld } from '../support/mail-world.ts';
import { accepts, childrenOf, eventually, run, runOk } from '../support/processes.ts';
import { Wire } from '../support/wire.ts';

const world = await startWorld({ postfix: 'none' });
const { authority, anna, directory } = world;
const { caFile } = authority;
// A copy that the SIGHUP test may overwrite.
const first: Leaf = { certFile: `${directory}/first.pem`, keyFile: `${directory}/first.key` };
await install(await authority.issue(LOOPBACK_NAMES), first);
const more = [await authority.issue(['mail.one.test', 'imap.one.test']), await authority.issue(['*.two.test'])];

const options = await gatewayOptions(world);
const gateway = await startGateway({
  ...options,
  certificates: [first, ...more],
  listeners: [
    { name: 'fromBalancer', protocol: 'imap', tls: 'implicit', proxyProtocolFrom: ['127.0.0.50/32'] },
    { name: 'ipv6', protocol: 'imap', tls: 'implicit', address: '::1' },
    { name: 'everyAddress', protocol: 'imap', tls: 'implicit', address: '::' },
    { name: 'fromBalancerStarttls', protocol: 'imap', tls: 'starttls', proxyProtocolFrom: ['127.0.0.50/32'] },
  ],
});
after(async () => {
  await gateway.stop();
  await world.stop();
});

async function install(from: Leaf, to: Leaf): Promise<void> {
  await copyFile(from.certFile, to.certFile);
  await copyFile(from.keyFile, to.keyFile);
}

/** What openssl's own client says of a handshake with the IMAP port. */
async function openssl(...args: readonly string[]): Promise<string> {
  const at = ['s_client', '-connect', `127.0.0.1:${gateway.port('imapTls')}`, '-CAfile', caFile, '-showcerts'];
  const { stdout, stderr } = await run('openssl', [...at, ...args]);
  return stdout + stderr;
}

function subject(said: string): string | undefined {
  return /^subject=CN = (.*)$/m.exec(said)?.[1];
}

async function serial(): Promise<string> {
  return runOk('openssl', ['x509', '-noout', '-serial'], await openssl());
}

test('IPv6 and IPv4 clients are served, and each is known by its own address', { timeout: 120_000 }, async () => {
  for (const [listener, host] of [
    ['ipv6', '::1'],
    ['everyAddress', '::1'],
    ['everyAddress', '127.0.0.1'],
  ] as const) {
    const wire = await Wire.open(gateway.port(listener), { caFile, host });
    await wire.until(/^\* OK.*\r\n/);
    wire.send('1 NOOP\r\n');
    await gateway.logged('session.opened', { listener, address: host });
    wire.close();
  }
});

test('the certificate is chosen by the name that the client asks for', { timeout: 120_000 }, async () => {
  assert.equal(subject(await openssl('-servername', 'mail.one.test')), 'mail.one.test');
  assert.equal(subject(await openssl('-servername', 'IMAP.One.Test')), 'mail.one.test');
  assert.equal(subject(await openssl('-servername', 'any.two.test')), '*.two.test');
  assert.equal(subject(await openssl('-servername', 'deeper.any.two.test')), 'localhost');
  assert.equal(subject(await openssl('-servername', 'unknown.test')), 'localhost');
  assert.equal(subject(await openssl('-noservername')), 'localhost');
});

test('STARTTLS chooses the certificate in the same way', { timeout: 120_000 }, async () => {
  const at = ['s_client', '-connect', `127.0.0.1:${gateway.port('submission')}`, '-starttls', 'smtp'];
  const { stdout } = await run('openssl', [...at, '-servername', 'mail.one.test']);
  assert.equal(subject(stdout), 'mail.one.test');
});

test('TLS 1.1 is refused, 1.2 and 1.3 are not', { timeout: 120_000 }, async () => {
  // openssl itself must be talked into 1.1.
  assert.match(await openssl('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), /alert protocol version/);
  assert.match(await openssl('-tls1_2'), /Verify return code: 0 \(ok\)/);
  assert.match(await openssl('-tls1_3'), /Verify return code: 0 \(ok\)/);
});

test('a client that wants to speak another protocol is refused by ALPN', { timeout: 120_000 }, async () => {
  assert.match(await openssl('-alpn', 'http/1.1'), /alert no application protocol/);
  assert.match(await openssl('-alpn', 'pop3'), /alert no application protocol/);
  assert.match(await openssl('-alpn', 'http/1.1,imap'), /ALPN protocol: imap/);
  assert.match(await openssl(), /No ALPN negotiated/);
});

const V2 = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
  Buffer.from([0x21, 0x11, 0x00, 0x0c]),
  Buffer.from([203, 0, 113, 5, 203, 0, 113, 1]),
  Buffer.from([0x12, 0x34, 0x03, 0xe1]),
]);

test('a load balancer is believed, in both versions of the PROXY protocol', { timeout: 120_000 }, async () => {
  for (const [before, address] of [
    ['PROXY TCP4 203.0.113.4 203.0.113.1 4660 993\r\n', '203.0.113.4'],
    [V2, '203.0.113.5'],
  ] as const) {
    const wire = await Wire.open(gateway.port('fromBalancer'), { caFile, from: '127.0.0.50', before });
    await wire.until(/^\* OK.*\r\n/);
    wire.send('1 NOOP\r\n');
    await gateway.logged('session.opened', { listener: 'fromBalancer', address, port: 4660 });
    wire.close();
    const inClear = await Wire.open(gateway.port('fromBalancerStarttls'), { from: '127.0.0.50', before });
    await inClear.until(/^\* OK.*\r\n/);
    inClear.send('1 NOOP\r\n');
    await gateway.logged('session.opened', { listener: 'fromBalancerStarttls', address });
    inClear.close();
  }
});

test('nobody else is: a PROXY header from elsewhere is no TLS and no IMAP', { timeout: 120_000 }, async () => {
  const before = 'PROXY TCP4 203.0.113.66 203.0.113.1 4660 993\r\n';
  await assert.rejects(Wire.open(gateway.port('fromBalancer'), { caFile, before }));
  const inClear = await Wire.open(gateway.port('fromBalancerStarttls'), { before });
  await inClear.until(/^\* OK.*\r\n[^\r\n]*BAD .*\r\n/);
  inClear.close();
  const seen = gateway.log().filter((line) => line['address'] === '203.0.113.66');
  assert.deepEqual(seen, []);
});

test('a load balancer that sends no header is turned away', { timeout: 120_000 }, async () => {
  const wire = await Wire.open(gateway.port('fromBalancerStarttls'), { from: '127.0.0.50' });
  wire.send('1 CAPABILITY\r\n');
  assert.equal(await wire.closed(), '');
  await gateway.logged('proxy-header.refused', { proxy: '127.0.0.50' });
});

test('SIGHUP brings a new certificate, and sessions do not notice', { timeout: 120_000 }, async () => {
  const open = await session(gateway, 'imap', BOB);
  const before = await serial();
  await install(await authority.issue(LOOPBACK_NAMES), first);
  gateway.signal('SIGHUP');
  await gateway.logged('gateway.reloaded');
  assert.notEqual(await serial(), before);
  await ping(open, 'imap');
  open.close();
});

test('a faulty configuration is refused by SIGHUP, and the gateway goes on', { timeout: 120_000 }, async () => {
  const good = await readFile(gateway.configFile, 'utf8');
  const now = await serial();
  await writeFile(gateway.configFile, `${good}\nlisteners: nonsense\n`);
  gateway.signal('SIGHUP');
  await gateway.logged('gateway.reload-refused');
  await writeFile(gateway.configFile, good);
  await writeFile(first.keyFile, 'no key');
  gateway.signal('SIGHUP');
  await eventually('the faulty key is refused', () =>
    gateway.log().filter(({ event }) => event === 'gateway.reload-refused').length >= 2 ? true : undefined,
  );
  assert.equal(await serial(), now);
  assert.ok((await tryLogin(gateway, 'imap', BOB)).ok);
});

test('a worker that dies is replaced', { timeout: 120_000 }, async () => {
  const one = world.gateway;
  const [worker = 0] = childrenOf(one.pid);
  process.kill(worker, 'SIGKILL');
  await one.logged('worker.ended');
  await eventually(
    'a new worker serves',
    async () => !childrenOf(one.pid).includes(worker) && accepts(one.port('imapTls')),
  );
  assert.ok((await tryLogin(one, 'imap', anna)).ok);
});

test(
  'SIGTERM closes idle sessions, lets a transfer finish, accepts nobody new, and ends with 0',
  { timeout: 120_000 },
  async () => {
    const one = await startGateway({ ...options, settings: { limits: { drainSeconds: 30 } } });
    const idle = await session(one, 'imap', BOB);
    const beforeLogin = await connected(one, 'imap');
    const busy = await session(one, 'imap', BOB);
    const size = 8 * 1024 * 1024;
    busy.send(`1 APPEND INBOX {${size}+}\r\n`);
    busy.send(Buffer.alloc(size / 2, 'first half'));
    one.signal('SIGTERM');
    await one.logged('gateway.draining');
    assert.match(await beforeLogin.wire.closed(), /^\* BYE /m);
    // The upload never pauses for long, so it is no idle session; each piece is answered by nothing.
    let sent = size / 2;
    const sending = setInterval(() => {
      const piece = Math.min(64 * 1024, size - sent);
      busy.send(Buffer.alloc(piece, 'second half'));
      sent += piece;
      if (sent === size) {
        clearInterval(sending);
        busy.send('\r\n2 LOGOUT\r\n');
      }
    }, 10);
    assert.match(await idle.closed(), /^\* BYE The mail server is restarting/);
    assert.match(await busy.closed(), /^1 OK .*\r\n(?:.*\r\n)*2 OK /m);
    assert.equal(await one.ended(), 0);
    assert.equal(await accepts(one.port('imapTls')), false);
    await one.stop();
  },
);

test('SIGTERM waits no longer than it is told', { timeout: 120_000 }, async () => {
  const one = await startGateway({ ...options, settings: { limits: { drainSeconds: 1 } } });
  const wire = await session(one, 'imap', BOB);
  const noise = setInterval(() => wire.send('x NOOP\r\n'), 50);
  one.signal('SIGTERM');
  await wire.closed();
  clearInterval(noise);
  assert.equal(await one.ended(), 0);
  await one.stop();
});

test('no password stands in the log', () => {
  for (const one of [gateway, world.gateway] satisfies readonly Gateway[]) world.assertNothingLeaked(one);
});
