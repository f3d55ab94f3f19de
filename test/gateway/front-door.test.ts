import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Secret } from '#core/secret.ts';
import { encodeProxyV2 } from '#wire/proxy-header.ts';
import { startInProcess, type InProcessOptions, type InProcessGateway } from '../support/in-process-gateway.ts';
import { eventually, freePorts } from '../support/processes.ts';
import { startScriptedImap, type Script, type ScriptedImap } from '../support/scripted-imap.ts';
import type { BackendService } from '#backends/settings.ts';

type Options = Partial<InProcessOptions> & { readonly script?: Script; readonly service?: Partial<BackendService> };
type World = InProcessGateway & { readonly backend: ScriptedImap; readonly port: number };

/** Runs a test between a client and a scripted backend, and takes both down whatever happens. */
async function between(options: Options, body: (world: World) => Promise<void>): Promise<void> {
  const backend = await startScriptedImap(options.script);
  const imap: BackendService = {
    port: backend.port,
    tls: 'none',
    impersonation: MASTER,
    clientAddress: 'none',
    ...options.service,
  };
  const gateway = await startInProcess({ listeners: [{}], backend: { services: { imap } }, ...options });
  try {
    await body({ ...gateway, backend, port: gateway.ports[0] ?? 0 });
  } finally {
    await gateway.stop();
    await backend.stop();
  }
}

/** A client that keeps all it hears. */
class Client {
  readonly socket: Socket | TLSSocket;
  heard = '';
  closed = false;

  constructor(socket: Socket | TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => (this.heard += chunk.toString('latin1')));
    socket.on('error', () => {}).on('close', () => (this.closed = true));
  }

  static to(port: number): Client {
    return new Client(connect({ port, host: '127.0.0.1' }));
  }

  say(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  async hears(pattern: RegExp): Promise<string> {
    await eventually(`${pattern} in ${JSON.stringify(this.heard)}`, async () => pattern.test(this.heard));
    return this.heard;
  }

  async isClosed(): Promise<void> {
    await eventually('the connection is closed', async () => this.closed);
  }

  async speaksTls(world: Pick<World, 'caFile'>, options: object = {}): Promise<TLSSocket> {
    const ca = await readFile(world.caFile);
    this.socket.removeAllListeners('data');
    const socket = connectTls({ socket: this.socket, servername: 'localhost', ca, ...options });
    await once(socket, 'secureConnect');
    return socket;
  }
}

const MASTER = { kind: 'master-user', user: 'postern', password: new Secret('m'), separator: '*' } as const;
const LOGIN = 'a LOGIN alice@example.org secret\r\n';

test('what a client sends behind its login arrives once and in order', async () => {
  await between({ script: { echo: true } }, async ({ port, backend }) => {
    const client = Client.to(port).say(`${LOGIN}b SELECT INBOX\r\nc NOOP\r\nd FETCH 1 BODY[]\r\n`);
    await client.hears(/d FETCH 1 BODY\[\]\r\n$/);
    assert.equal(backend.afterLogin(), 'b SELECT INBOX\r\nc NOOP\r\nd FETCH 1 BODY[]\r\n');
    client.socket.destroy();
  });
});

test('CVE-2011-0411, CVE-2014-3556: what is sent in clear behind STARTTLS is never answered', async () => {
  const options = { listeners: [{ tls: 'starttls', plaintextLogin: false } as const] };
  await between(options, async (world) => {
    const client = Client.to(world.port);
    await client.hears(/ready\r\n$/);
    client.say(`a STARTTLS\r\nb LOGIN alice@example.org secret\r\nc NOOP\r\n`);
    const inClear = await client.hears(/a OK.*\r\n/);
    assert.doesNotMatch(inClear, /^[bc] /m);
    const secure = new Client(await client.speaksTls(world));
    secure.say('d NOOP\r\n');
    await secure.hears(/d OK.*\r\n$/);
    assert.doesNotMatch(secure.heard, /^[bc] /m);
    assert.equal(world.attempts.length, 0);
    secure.socket.destroy();
  });
});

test('a password in clear is refused where TLS is asked for, and its owner can be warned', async () => {
  const options = { listeners: [{ tls: 'starttls', plaintextLogin: false } as const] };
  await between(options, async ({ port, attempts, log }) => {
    const client = Client.to(port).say(LOGIN);
    await client.hears(/a NO \[PRIVACYREQUIRED\]/);
    assert.equal(attempts.length, 0);
    const exposed = log.entries.find(({ event }) => event === 'login.exposed');
    assert.equal(exposed?.['user'], 'alice@example.org');
    assert.equal(exposed?.['address'], '127.0.0.1');
    client.socket.destroy();
  });
});

test('a password typed where the name belongs is not in the log, and its refusal can be told from others', async () => {
  for (const plaintextLogin of [true, false]) {
    await between({ listeners: [{ tls: 'starttls', plaintextLogin, defaultDomain: '' }] }, async ({ port, log }) => {
      const client = Client.to(port).say('a LOGIN MySecretPassword1 x\r\nb LOGIN MySecretPassword1 y\r\n');
      await client.hears(/^b NO/m);
      assert.doesNotMatch(JSON.stringify(log.entries).toLowerCase(), /mysecret/);
      const event = plaintextLogin ? 'login.refused' : 'login.exposed';
      const users = log.entries.filter((entry) => entry.event === event).map(({ user }) => user);
      assert.equal(users.length, 2);
      assert.match(String(users[0]), /^\[no address: [0-9a-f]{8}\]$/);
      assert.equal(users[0], users[1]);
      client.socket.destroy();
    });
  }
});

test('a PROXY header from a trusted balancer names the client; the login is judged by its address', async () => {
  for (const header of [
    Buffer.from('PROXY TCP4 203.0.113.9 192.0.2.1 4711 143\r\n'),
    encodeProxyV2({
      source: { address: '203.0.113.9', port: 4711 },
      destination: { address: '192.0.2.1', port: 143 },
    }),
  ]) {
    await between({ listeners: [{ proxyProtocolFrom: ['127.0.0.0/8'] }] }, async ({ port, attempts }) => {
      const client = Client.to(port).say(Buffer.concat([header, Buffer.from(LOGIN)]));
      await client.hears(/a OK/);
      assert.deepEqual(attempts[0]?.client, { address: '203.0.113.9', port: 4711, tls: false });
      client.socket.destroy();
    });
  }
});

test('a PROXY header cut into single bytes is read as well, and TLS may follow at once', async () => {
  await between({ listeners: [{ proxyProtocolFrom: ['127.0.0.1/32'], tls: 'implicit' }] }, async (world) => {
    const client = Client.to(world.port);
    for (const byte of Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 4711 993\r\n')) client.say(Buffer.of(byte));
    const secure = new Client(await client.speaksTls(world));
    secure.say(LOGIN);
    await secure.hears(/a OK/);
    assert.deepEqual(world.attempts[0]?.client, { address: '2001:db8::7', port: 4711, tls: true });
    secure.socket.destroy();
  });
});

test('a PROXY header from anybody else is just a bad command', async () => {
  await between({ listeners: [{ proxyProtocolFrom: ['10.0.0.0/8'] }] }, async ({ port, attempts }) => {
    const client = Client.to(port).say('PROXY TCP4 203.0.113.9 192.0.2.1 4711 143\r\n').say(LOGIN);
    await client.hears(/PROXY BAD.*\r\n[^]*a OK/);
    assert.equal(attempts[0]?.client.address, '127.0.0.1');
    client.socket.destroy();
  });
});

test('a trusted balancer that sends no header, or a broken one, is disconnected', async () => {
  await between({ listeners: [{ proxyProtocolFrom: ['127.0.0.0/8'] }] }, async ({ port, log }) => {
    for (const header of [LOGIN, 'PROXY TCP4 203.0.113.999 1.1.1.1 1 1\r\n', `PROXY TCP4 ${'1'.repeat(200)}`]) {
      const client = Client.to(port).say(header);
      await client.isClosed();
      assert.equal(client.heard, '');
    }
    assert.equal(log.entries.filter(({ event }) => event === 'proxy-header.refused').length, 3);
  });
});

test('Dovecot 2.3.17: a PROXY v2 header that lies about its length cannot be read past its end', async () => {
  await between({ listeners: [{ proxyProtocolFrom: ['127.0.0.0/8'] }] }, async ({ port, attempts }) => {
    const header = encodeProxyV2({
      source: { address: '203.0.113.9', port: 1 },
      destination: { address: '192.0.2.1', port: 2 },
    });
    const lying = Buffer.from(header);
    lying.writeUInt16BE(4, 14); // says four bytes of addresses; TCP over IPv4 needs twelve
    const client = Client.to(port).say(Buffer.concat([lying, Buffer.from(LOGIN)]));
    await client.isClosed();
    assert.equal(attempts.length, 0);
  });
});

test('ALPACA: a client that offers another protocol in ALPN is refused; one that offers ours or none is served', async () => {
  await between({ listeners: [{ tls: 'implicit' }] }, async (world) => {
    await assert.rejects(Client.to(world.port).speaksTls(world, { ALPNProtocols: ['http/1.1'] }));
    for (const options of [{ ALPNProtocols: ['imap'] }, {}]) {
      const secure = new Client(await Client.to(world.port).speaksTls(world, options));
      await secure.hears(/ready\r\n/);
      secure.socket.destroy();
    }
  });
});

test('each server name gets its certificate, unknown names the first one', async () => {
  const certificates = [['localhost', '127.0.0.1'], ['mail.example.org'], ['*.example.net']];
  await between({ listeners: [{ tls: 'implicit' }], certificates }, async (world) => {
    const nameFor = async (servername: string): Promise<string | undefined> => {
      const socket = await Client.to(world.port).speaksTls(world, { servername, checkServerIdentity: () => undefined });
      const name = socket.getPeerCertificate().subjectaltname;
      socket.destroy();
      return name;
    };
    assert.equal(await nameFor('mail.example.org'), 'DNS:mail.example.org');
    assert.equal(await nameFor('MAIL.example.org'), 'DNS:mail.example.org');
    assert.equal(await nameFor('imap.example.net'), 'DNS:*.example.net');
    assert.match((await nameFor('a.b.example.net')) ?? '', /localhost/);
    assert.match((await nameFor('elsewhere.test')) ?? '', /localhost/);
  });
});

test('a new certificate is used from the next handshake on; a broken one changes nothing', async () => {
  const certificates = [['localhost'], ['renewed.test']];
  await between({ listeners: [{ tls: 'implicit' }], certificates }, async (world) => {
    const [first, second] = world.certificateFiles;
    assert.ok(first && second);
    const names = async (): Promise<string | undefined> => {
      const socket = await Client.to(world.port).speaksTls(world, { checkServerIdentity: () => undefined });
      const name = socket.getPeerCertificate().subjectaltname;
      socket.destroy();
      return name;
    };
    assert.equal(await names(), 'DNS:localhost');
    await copyFile(second.certFile, first.certFile);
    assert.throws(() => world.gateway.reloadCertificates(), /cannot be used/); // the key does not fit yet
    assert.equal(await names(), 'DNS:localhost');
    await copyFile(second.keyFile, first.keyFile);
    world.gateway.reloadCertificates();
    assert.equal(await names(), 'DNS:renewed.test');
  });
});

test('a client that says nothing is told so and closed at the deadline', async () => {
  await between({ limits: { preauthIdleMs: 50 } }, async ({ port }) => {
    const client = Client.to(port);
    await client.hears(/\* BYE/);
    client.socket.end();
    await client.isClosed();
  });
});

test('a client that drips bytes is closed when its time to log in is over', async () => {
  await between({ limits: { preauthMs: 150 } }, async ({ port }) => {
    const client = Client.to(port);
    const drip = setInterval(() => client.say('x'), 10);
    await client.hears(/\* BYE/);
    clearInterval(drip);
    client.socket.destroy();
  });
});

test('a TLS handshake or a PROXY header that does not come is not waited for', async () => {
  const listeners = [{ tls: 'implicit' } as const, { proxyProtocolFrom: ['127.0.0.0/8'] }];
  await between({ listeners, limits: { tlsHandshakeMs: 50, proxyHeaderMs: 50 } }, async ({ ports }) => {
    for (const port of ports) await Client.to(port).isClosed();
  });
});

test('the client that has waited longest without logging in makes room for a new one', async () => {
  await between({ limits: { maxUnauthenticated: 2 } }, async ({ port }) => {
    const oldest = Client.to(port);
    await oldest.hears(/ready/);
    const second = Client.to(port);
    await second.hears(/ready/);
    const third = Client.to(port).say(LOGIN);
    await third.hears(/a OK/);
    await oldest.isClosed();
    assert.equal(second.closed, false);
    for (const client of [second, third]) client.socket.destroy();
  });
});

test('a network that holds its share of sessions gets no more', async () => {
  await between({ limits: { maxConnectionsPerNetwork: 2 } }, async ({ port, log }) => {
    const clients = [Client.to(port).say(LOGIN), Client.to(port).say(LOGIN)];
    for (const client of clients) await client.hears(/a OK/);
    const refused = Client.to(port);
    await refused.isClosed();
    assert.equal(refused.heard, '');
    assert.equal(log.entries.at(-1)?.['reason'], 'max-connections-per-network');
    for (const client of clients) client.socket.destroy();
  });
});

test('a guesser is disconnected after six refusals on one connection', async () => {
  const decide = (): { kind: 'deny'; reason: 'wrong-credentials' } => ({ kind: 'deny', reason: 'wrong-credentials' });
  await between({ decide }, async ({ port, attempts }) => {
    const client = Client.to(port).say(LOGIN.repeat(20));
    await client.hears(/(a NO[^]*){6}/);
    client.socket.end();
    await client.isClosed();
    assert.equal(attempts.length, 6);
  });
});

test('a backend that is known to be down is said at the greeting', async () => {
  const services = {
    imap: { port: 1, tls: 'none', impersonation: { kind: 'xclient' }, clientAddress: 'none' },
  } as const;
  await between({ backend: { services } }, async ({ port }) => {
    const client = Client.to(port);
    assert.match(await client.hears(/\r\n$/), /^\* BYE \[UNAVAILABLE\]/);
    client.socket.destroy();
  });
});

test('a backend that is this gateway itself is not used: no login goes round in circles', async () => {
  const [port = 0] = await freePorts(1);
  const imap = { port, tls: 'none', impersonation: MASTER, clientAddress: 'none' } as const;
  const options = { listeners: [{ port }], backend: { services: { imap } } };
  await between(options, async ({ gateway, attempts }) => {
    // The first probe came before anybody listened.
    await eventually('a probe has met us', () => {
      const why = gateway.state.backendHosts[0]?.why;
      return why !== undefined && /round in circles/.test(why);
    });
    const client = Client.to(port).say(LOGIN);
    await client.hears(/\* BYE \[UNAVAILABLE\]/);
    assert.equal(attempts.length, 0);
    client.socket.destroy();
  });
});

test('a backend that goes away during a login is an outage, not a wrong password', async () => {
  await between({}, async ({ port, backend }) => {
    const client = Client.to(port);
    await client.hears(/ready/);
    await backend.stop();
    client.say(LOGIN);
    assert.match(await client.hears(/BYE.*\r\n/), /\* BYE \[UNAVAILABLE\]/);
    assert.doesNotMatch(client.heard, /^a /m);
    client.socket.destroy();
  });
});

test('NO STARTTLS: a backend whose answers were slipped in before TLS is not believed', async () => {
  const script = {
    capabilities: 'IMAP4rev1 STARTTLS',
    startTls: '%t OK go\r\n* CAPABILITY IMAP4rev1\r\n%t OK Logged in\r\n',
  };
  await between({ script, service: { tls: 'starttls' } }, async ({ port, backend }) => {
    const client = Client.to(port).say(LOGIN);
    assert.match(await client.hears(/\r\n/), /^\* BYE \[UNAVAILABLE\]/);
    assert.ok(backend.heard.every((text) => !text.includes('secret')));
    client.socket.destroy();
  });
});

test('NO STARTTLS: a backend that greets with PREAUTH where TLS is required is not used', async () => {
  const script = { greeting: '* PREAUTH welcome\r\n' };
  await between({ script, service: { tls: 'starttls' } }, async ({ port, backend }) => {
    const client = Client.to(port).say(LOGIN);
    assert.match(await client.hears(/\r\n/), /^\* BYE \[UNAVAILABLE\]/);
    assert.ok(backend.heard.every((text) => !text.includes('secret')));
    client.socket.destroy();
  });
});

test('RFC 8437: a backend that lets a client log in again past the gateway is not used', async () => {
  await between({ script: { capabilities: 'IMAP4rev1 UNAUTHENTICATE' } }, async ({ port }) => {
    assert.match(await Client.to(port).hears(/\r\n/), /^\* BYE \[UNAVAILABLE\]/);
  });
  const login = 'OK [CAPABILITY IMAP4rev1 IDLE UNAUTHENTICATE] Logged in';
  await between({ script: { login } }, async ({ port, backend }) => {
    const client = Client.to(port).say(`${LOGIN}b UNAUTHENTICATE\r\n`);
    await client.hears(/\* BYE \[UNAVAILABLE\]/);
    assert.ok(backend.heard.every((text) => !text.includes('UNAUTHENTICATE')));
  });
});

test('names and passwords that a backend could read otherwise never reach it', async () => {
  const names = ['alice@d@d', 'alice@d/../bob@d', 'alice*master@example.org', '', 'alice@', '@example.org', 'alice'];
  await between({}, async ({ port, backend, attempts }) => {
    for (const name of names) {
      const client = Client.to(port).say(`a LOGIN "${name}" secret\r\n`);
      await client.hears(/a (NO|BAD)/);
      client.socket.destroy();
    }
    const message = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
    for (const plain of [
      '\0alice@example.org\0se\0cret',
      '\0alice@example.org\0',
      'bob@example.org\0alice@example.org\0x',
    ]) {
      const client = Client.to(port).say(`a AUTHENTICATE PLAIN ${message(plain)}\r\n`);
      await client.hears(/a (NO|BAD)/);
      client.socket.destroy();
    }
    assert.equal(attempts.length, 0);
    assert.ok(backend.heard.every((text) => !text.includes('LOGIN')));
  });
});

test('every spelling of an account reaches the backend as one name', async () => {
  await between({}, async ({ port, attempts, backend }) => {
    for (const name of ['Alice@Example.ORG', 'alice+news@example.org', 'alice%example.org']) {
      const client = Client.to(port).say(`a LOGIN "${name}" secret\r\n`);
      await client.hears(/a OK/);
      client.socket.destroy();
    }
    assert.deepEqual(new Set(attempts.map(({ account }) => account.name)), new Set(['alice@example.org']));
    assert.equal(backend.heard.filter((text) => text.includes('alice@example.org')).length, 3);
  });
});

test('draining says goodbye before login, closes quiet sessions at once and ends', async () => {
  await between({ limits: { drainMs: 5000 } }, async ({ port, gateway }) => {
    const waiting = Client.to(port);
    await waiting.hears(/ready/);
    const quiet = Client.to(port).say(LOGIN);
    await quiet.hears(/a OK/);
    await gateway.stop();
    await waiting.hears(/\* BYE/);
    await quiet.isClosed();
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'));
  });
});

test('a client that sends on and on without logging in is closed without further ado', async () => {
  await between({}, async ({ port, attempts }) => {
    const client = Client.to(port);
    await client.hears(/ready/);
    client.say('a NOOP\r\n'.repeat(40_000));
    await client.isClosed();
    assert.equal(attempts.length, 0);
  });
});

test('a client that hears goodbye and goes on sending is closed a moment later all the same', async () => {
  await between({ limits: { preauthIdleMs: 50 } }, async ({ port }) => {
    const client = new Client(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    await client.hears(/\* BYE/);
    const drip = setInterval(() => client.say('x'), 100);
    await client.isClosed();
    clearInterval(drip);
  });
});

test('a client that leaves in the middle of its TLS handshake does not keep its place until the deadline', async () => {
  await between({ listeners: [{ tls: 'implicit' }], limits: { tlsHandshakeMs: 1_000_000 } }, async (world) => {
    const client = Client.to(world.port);
    await once(client.socket, 'connect');
    client.socket.end();
    await eventually('its place is free', async () => world.gateway.state.connections === 0);
  });
});
