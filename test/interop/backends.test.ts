/**
 * The gateway's side towards the mail servers: how it logs in there as somebody, what it tells them of the client, how
 * it verifies them, and what a client hears when they cannot be had. One gateway with a backend for each case.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import type { Protocol } from '#core/protocols.ts';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { ping, session, TEMPORARY, tryLogin, type Answer } from '../support/dialogues.ts';
import { startDovecot, type Mailbox } from '../support/dovecot.ts';
import { enrol } from '../support/enrolment.ts';
import { startGateway, type Yaml } from '../support/gateway.ts';
import { assertNothingLeaked, backendOf, MASTER, startServers, stopServers } from '../support/mail-world.ts';
import { accepts, freePorts, temporaryDirectory } from '../support/processes.ts';

const PROTOCOLS = ['imap', 'pop3', 'submission', 'sieve'] as const satisfies readonly Protocol[];
const PASSWORD = 'ordinary password';

/** One domain for each backend; `ann` of every domain is enrolled, `ben` is not. */
const DOMAINS = [
  'master-user',
  'authzid',
  'starttls',
  'clear',
  'proxy-header',
  'wrong-ca',
  'wrong-name',
  'expired',
  'down',
  'wrong-master',
  'fail-over',
] as const;
type Case = (typeof DOMAINS)[number];

const ann = (which: Case): Mailbox => ({ name: `ann@${which}.test`, password: appPasswords.get(which) ?? '' });
const ben = (which: Case): Mailbox => ({ name: `ben@${which}.test`, password: PASSWORD });
const users = DOMAINS.flatMap((which) => [`ann@${which}.test`, `ben@${which}.test`]).map((name) => ({
  name,
  password: PASSWORD,
}));

const directory = await temporaryDirectory('backends');
const servers = await startServers(directory.path, {
  dovecot: { users },
  postfix: { mailboxes: users.map(({ name }) => name), xclientNetworks: '127.0.0.0/8 [::1]/128 203.0.113.0/24' },
});
const { authority, dovecot, postfix } = servers;
assert.ok(postfix !== undefined);
const expired = await startDovecot({
  users,
  master: MASTER,
  certificate: await authority.issue(LOOPBACK_NAMES, 'expired'),
});
const stranger = await createAuthority(directory.path, 'stranger');
const [closedPort = 0] = await freePorts(1);

const gateway = await startGateway({
  certificates: [await authority.issue(LOOPBACK_NAMES)],
  caFile: authority.caFile,
  backends: backends(),
  listeners: [
    { name: 'behindProxy', protocol: 'imap', tls: 'implicit', proxyProtocolFrom: ['127.0.0.0/8'] },
    { name: 'submissionBehindProxy', protocol: 'submission', tls: 'implicit', proxyProtocolFrom: ['127.0.0.0/8'] },
  ],
  settings: { domains: Object.fromEntries(DOMAINS.map((which) => [`${which}.test`, { backend: which }])) },
});
const appPasswords = new Map<Case, string>();
for (const which of DOMAINS) {
  await gateway.cli('domain', 'set', `${which}.test`, 'enabled', '--yes');
  appPasswords.set(which, await enrol(gateway, `ann@${which}.test`));
}
after(async () => {
  await gateway.stop();
  await Promise.all([stopServers(servers), expired.stop()]);
  await directory.remove();
});

function backends(): Readonly<Record<Case, Yaml>> {
  const main = backendOf(servers);
  const { ports } = dovecot;
  const everywhere = (tls: string, port: (protocol: Protocol) => number): Yaml =>
    Object.fromEntries(PROTOCOLS.map((protocol) => [protocol, { port: port(protocol), tls }]));
  const wrongMaster = { kind: 'master-user', user: MASTER.name, password: 'not the master password' };
  return {
    'master-user': main,
    authzid: {
      ...main,
      ...everywhere('implicit', (protocol) => ports[`${protocol}Tls`]),
      impersonation: { kind: 'authzid', user: MASTER.name, password: MASTER.password },
    },
    starttls: {
      ...main,
      ...everywhere('starttls', (protocol) => ports[protocol]),
      submission: { port: postfix?.ports.submission, tls: 'starttls', impersonation: { kind: 'xclient' } },
    },
    clear: { ...main, ...everywhere('none', (protocol) => ports[protocol]) },
    'proxy-header': {
      ...main,
      ...Object.fromEntries(
        PROTOCOLS.map((protocol) => [
          protocol,
          { port: ports[`${protocol}Proxy`], tls: 'starttls', clientAddress: 'proxy' },
        ]),
      ),
    },
    'wrong-ca': { ...main, ca_file: stranger.caFile },
    'wrong-name': { ...main, tlsServerName: 'other.test' },
    expired: { ...main, ...everywhere('implicit', (protocol) => expired.ports[`${protocol}Tls`]) },
    down: { ...main, ...everywhere('implicit', () => closedPort) },
    'wrong-master': {
      ...main,
      ...everywhere('implicit', (protocol) => ports[`${protocol}Tls`]),
      impersonation: wrongMaster,
    },
    // Nobody listens on the first address.
    'fail-over': { ...main, hosts: ['127.0.0.9', '127.0.0.1'], tlsServerName: 'localhost' },
  };
}

function assertTemporary(answer: Answer, protocol: Protocol): void {
  assert.equal(answer.ok, false);
  assert.match(answer.said, TEMPORARY[protocol]);
  assert.doesNotMatch(answer.said, /password is not right|AUTHENTICATIONFAILED|\[AUTH\]|\b535\b/);
}

for (const which of ['master-user', 'authzid', 'starttls', 'clear', 'proxy-header', 'fail-over'] as const) {
  for (const protocol of PROTOCOLS) {
    test(
      `${protocol}, backend "${which}": app password and ordinary password get a session`,
      { timeout: 120_000 },
      async () => {
        for (const who of [ann(which), ben(which)]) {
          const wire = await session(gateway, protocol, who);
          await ping(wire, protocol);
          wire.close();
        }
      },
    );
  }
}

test('Dovecot sees the user, and who acted for it', async () => {
  await dovecot.logLine(/imap-login: .*Login: user=<ann@master-user.test>, auth=<gateway>/);
  await dovecot.logLine(/pop3-login: .*Login: user=<ann@authzid.test>, auth=<gateway>/);
  await dovecot.logLine(/submission-login: .*Login: user=<ann@authzid.test>, auth=<gateway>/);
  await dovecot.logLine(/managesieve-login: .*Login: user=<ann@authzid.test>, auth=<gateway>/);
  await dovecot.logLine(/imap-login: .*Login: user=<ben@authzid.test>, auth=<ben@authzid.test>/);
});

test('IMAP ID, XCLIENT and a PROXY header tell Dovecot the address of the client', { timeout: 120_000 }, async () => {
  const from = '127.0.0.77';
  for (const [which, protocol] of [
    ['master-user', 'imap'],
    ['master-user', 'pop3'],
    ['master-user', 'sieve'],
    ['proxy-header', 'imap'],
    ['proxy-header', 'pop3'],
    ['proxy-header', 'submission'],
    ['proxy-header', 'sieve'],
  ] as const) {
    const wire = await session(gateway, protocol, ann(which), { from });
    const login = protocol === 'sieve' ? 'managesieve-login' : `${protocol}-login`;
    await dovecot.logLine(new RegExp(`${login}: .*Login: user=<ann@${which}\\.test>.* rip=127\\.0\\.0\\.77,`));
    wire.close();
  }
});

test('the address in a PROXY header from the load balancer reaches the backend', { timeout: 120_000 }, async () => {
  const before = 'PROXY TCP6 2001:db8::7 2001:db8::1 4711 993\r\n';
  const port = gateway.port('behindProxy');
  const wire = await session(
    { ...gateway, place: () => ({ port, tls: 'implicit', caFile: authority.caFile }) },
    'imap',
    ann('master-user'),
    { before },
  );
  await dovecot.logLine(/imap-login: .*Login: user=<ann@master-user\.test>.* rip=2001:db8::7,/);
  wire.close();
});

for (const [who, address, seen] of [
  ['from outside', '198.51.100.7', '198.51.100.7'],
  ['on this machine', '127.0.0.78', 'unknown'],
  ['in a network that Postfix trusts with XCLIENT', '203.0.113.7', 'unknown'],
] as const) {
  test(
    `XCLIENT tells Postfix the user, and a client ${who} cannot use it to become another`,
    { timeout: 120_000 },
    async () => {
      const [ours, victim] = [ann('master-user'), ben('master-user')];
      const before = `PROXY TCP4 ${address} 192.0.2.1 4711 465\r\n`;
      const port = gateway.port('submissionBehindProxy');
      const behindProxy = { ...gateway, place: () => ({ port, tls: 'implicit' as const, caFile: authority.caFile }) };
      const wire = await session(behindProxy, 'submission', ours, { before });
      await wire.say('EHLO client.test', /^250 .*\r\n/m);
      await wire.say(`XCLIENT LOGIN=${victim.name}`, /^503 5\.5\.1 .*\r\n/m);
      await wire.say(`MAIL FROM:<${ours.name}>`, /^250 .*\r\n/m);
      await wire.say(`RCPT TO:<${ours.name}>`, /^250 .*\r\n/m);
      await wire.say('DATA', /^354 .*\r\n/m);
      await wire.say('Subject: whose\r\n\r\nhello\r\n.', /^250 .*\r\n/m);
      await postfix.logLine(
        new RegExp(`client=\\S*\\[${seen}\\], sasl_method=XCLIENT, sasl_username=ann@master-user\\.test`),
      );
      wire.close();
    },
  );
}

for (const which of ['wrong-ca', 'wrong-name', 'expired'] as const) {
  test(
    `a backend with a certificate that does not verify (${which}) gets no password`,
    { timeout: 120_000 },
    async () => {
      for (const protocol of PROTOCOLS) {
        assertTemporary(await tryLogin(gateway, protocol, ann(which)), protocol);
        assertTemporary(await tryLogin(gateway, protocol, ben(which)), protocol);
      }
      const logs = dovecot.log() + expired.log() + postfix.log();
      assert.doesNotMatch(logs, new RegExp(`@${which}\\.test`));
      await gateway.logged('backend.down', { backend: which });
    },
  );
}

test('a backend that is down is a temporary failure', { timeout: 120_000 }, async () => {
  assert.equal(await accepts(closedPort), false);
  for (const protocol of PROTOCOLS) {
    assertTemporary(await tryLogin(gateway, protocol, ann('down')), protocol);
    assertTemporary(await tryLogin(gateway, protocol, ben('down')), protocol);
  }
});

test(
  'a backend that refuses the impersonation is a temporary failure, and the operator is told',
  { timeout: 120_000 },
  async () => {
    for (const protocol of PROTOCOLS) {
      assertTemporary(await tryLogin(gateway, protocol, ann('wrong-master')), protocol);
    }
    const line = await gateway.logged('backend.refused-impersonation', { backend: 'wrong-master' });
    assert.equal(line['level'], 'error');
    const { ok } = await tryLogin(gateway, 'imap', ben('wrong-master'));
    assert.ok(ok, 'a forwarded password needs no impersonation');
  },
);

test('no password stands in the log', () => {
  const secrets = DOMAINS.flatMap((which) => [ann(which), ben(which)]);
  assertNothingLeaked(gateway, [...secrets, MASTER, { name: MASTER.name, password: 'not the master password' }]);
});
