/**
 * A real nginx as the door, which asks the policy service whom to let in, before a real Dovecot and Postfix: the same
 * verdicts and the same words as at the gateway. The service runs alone, without mail listeners.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { parse } from 'yaml';
import { startGateway, type Yaml } from '../support/gateway.ts';
import { MAIL_CLIENTS, type Outcome, type Place, type Protocol } from '../support/mail-clients.ts';
import { ANNA, assertNothingLeaked, BOB, CARL, DORA, EMIL, EVERYBODY, MASTER } from '../support/mail-world.ts';
import { backendOf, gatewayOptions, populate, startServers, stopServers } from '../support/mail-world.ts';
import type { Mailbox } from '../support/dovecot.ts';
import { LOOPBACK_NAMES } from '../support/certificates.ts';
import { startNginx } from '../support/nginx.ts';
import { accepts, freePorts, temporaryDirectory } from '../support/processes.ts';
import { exampleSettings, startPostfix, type Postfix } from '../support/postfix.ts';
import { startRedis } from '../support/redis.ts';
import { goEveryWay, goThisWay, using } from '../support/second-login.ts';
import { enrol } from '../support/enrolment.ts';

const EXAMPLE = join(import.meta.dirname, '../../deploy/nginx/postern.yaml');

// As the example sets Postfix up, and without each of the two settings by which nobody logs in a second time.
const FORGETFUL = 'forgetful.test';
const TRUSTING = 'trusting.test';
const PEOPLE: readonly Mailbox[] = [
  ...EVERYBODY,
  ...[FORGETFUL, TRUSTING].flatMap((domain) => [
    { name: `anna@${domain}`, password: ANNA.password },
    { name: `bob@${domain}`, password: BOB.password },
  ]),
];

const directory = await temporaryDirectory('nginx-world');
const servers = await startServers(directory.path, { dovecot: { users: PEOPLE }, postfix: 'none' });
const example = exampleSettings('nginx/master.cf', servers.dovecot.ports.auth);
const [postfix, forgetful, trusting] = await Promise.all([
  postfixWith(example),
  postfixWith(new Map([...example].filter(([name]) => name !== 'smtpd_tls_security_level'))),
  postfixWith(new Map([...example, ['smtpd_authorized_xclient_hosts', '127.0.0.1']])),
]);
const redis = await startRedis();
const [servicePort = 0, metricsPort = 0] = await freePorts(2);
const main = backendOf(servers);
const submissionTo = ({ ports }: Postfix): Yaml => ({
  ...main,
  submission: { tls: 'none', port: ports.submission, impersonation: { kind: 'xclient' } },
});
const gateway = await startGateway({
  ...(await gatewayOptions(servers)),
  backends: { main: submissionTo(postfix), forgetful: submissionTo(forgetful), trusting: submissionTo(trusting) },
  store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}` },
  settings: {
    service: serviceSettings(),
    domains: { [FORGETFUL]: { backend: 'forgetful' }, [TRUSTING]: { backend: 'trusting' } },
    metrics: { port: metricsPort },
  },
  only: 'service',
});
const { anna, dora } = await populate(gateway);
for (const domain of [FORGETFUL, TRUSTING]) {
  await gateway.cli('domain', 'set', domain, 'enabled', '--yes');
  await enrol(gateway, `anna@${domain}`);
}
const token = await tokenFor('nginx');
const nginx = await startNginx({
  certificate: await servers.authority.issue(LOOPBACK_NAMES),
  caFile: servers.authority.caFile,
  servicePort,
  token,
});
after(async () => {
  await nginx.stop();
  await gateway.stop();
  await redis.stop();
  await Promise.all([postfix.stop(), forgetful.stop(), trusting.stop()]);
  await stopServers(servers);
  await directory.remove();
});

function postfixWith(settings: ReadonlyMap<string, string>): Promise<Postfix> {
  return servers.authority.issue(LOOPBACK_NAMES).then((certificate) =>
    startPostfix({
      certificate,
      mailboxes: PEOPLE.map(({ name }) => name),
      mailDirectory: servers.dovecot.mailDirectory,
      saslPort: servers.dovecot.ports.auth,
      settings,
    }),
  );
}

function serviceSettings(): Yaml {
  const service = exampleWithPorts();
  const others = {
    forgetful: { submission: { address: '::1', port: forgetful.ports.submission } },
    trusting: { submission: { address: '127.0.0.1', port: trusting.ports.submission } },
  };
  return { ...service, nginx: { ...service.nginx, ...others } };
}

function exampleWithPorts(): Yaml & { readonly nginx: Yaml } {
  const ports = new Map([
    ['8143', servicePort],
    ['10143', servers.dovecot.ports.imap],
    ['10110', servers.dovecot.ports.pop3],
    ['10587', postfix.ports.submission],
  ]);
  const text = readFileSync(EXAMPLE, 'utf8').replace(/port: (\d+)/g, (_, port: string) => `port: ${ports.get(port)}`);
  return parse(text).service;
}

async function tokenFor(name: string): Promise<string> {
  const made = await gateway.cli('token', 'create', name, '--role', 'verifier', '--all');
  assert.ok(typeof made === 'object' && made !== null && 'token' in made && typeof made.token === 'string');
  return made.token;
}

async function logIn(protocol: Protocol, tls: Place['tls'], who: Mailbox): Promise<Outcome> {
  const client = MAIL_CLIENTS.find((one) => one.name === 'curl' && one.protocol === protocol);
  assert.ok(client !== undefined);
  return client.login(nginx.place(protocol, tls), who);
}

// nginx makes who was refused wait a second.
const LONG = { timeout: 60_000 } as const;
const PORTAL = /https:\/\/portal\.test\/account/;

for (const protocol of ['imap', 'pop3', 'submission'] as const) {
  test(`${protocol}: an app password lets in, by the master user or XCLIENT`, LONG, async () => {
    for (const [who, tls] of [
      [anna, 'implicit'],
      [dora, 'starttls'],
    ] as const) {
      const outcome = await logIn(protocol, tls, who);
      assert.equal(outcome.accepted, true, outcome.said + nginx.log().slice(-2000));
    }
  });

  test(`${protocol}: who need not enrol uses the ordinary password`, LONG, async () => {
    for (const who of [BOB, EMIL]) {
      const outcome = await logIn(protocol, 'implicit', who);
      assert.equal(outcome.accepted, true, outcome.said + nginx.log().slice(-2000));
    }
  });

  test(
    `${protocol}: the ordinary password of who is enrolled, or must enrol, is refused with a hint`,
    LONG,
    async () => {
      const enrolled = await logIn(protocol, 'implicit', ANNA);
      assert.equal(enrolled.accepted, false);
      assert.match(enrolled.said, /needs an app password/);
      assert.match(enrolled.said, PORTAL);
      const forced = await logIn(protocol, 'starttls', CARL);
      assert.equal(forced.accepted, false);
      assert.match(forced.said, /Two-step authentication must be set up first/);
    },
  );

  test(`${protocol}: a wrong password hears no hint`, LONG, async () => {
    const guesses = [ANNA, BOB, CARL, EMIL].map(({ name }) => ({ name, password: 'wrong "%41" \\' }));
    for (const outcome of await Promise.all(guesses.map((who) => logIn(protocol, 'implicit', who)))) {
      assert.equal(outcome.accepted, false);
      assert.match(outcome.said, /user name or password is not right/);
      assert.doesNotMatch(outcome.said, PORTAL);
    }
  });
}

for (const [what, domain, server, strangers] of [
  ['as the example sets it up nobody logs in a second time', 'enabled.test', postfix, []],
  ['that may speak TLS forgets a login at STARTTLS', FORGETFUL, forgetful, [`anna@${FORGETFUL}`]],
  ['that trusts the address of a client takes its XCLIENT', TRUSTING, trusting, [`anna@${TRUSTING}`]],
] as const) {
  test(`behind nginx, Postfix ${what}`, LONG, async () => {
    const bob = { ...BOB, name: `bob@${domain}` };
    const enrolled = { ...ANNA, name: `anna@${domain}` };
    const door = { port: nginx.place('submission', 'implicit').port, tls: true };
    const before = server.log().length;
    await goEveryWay(door, 'submission', [bob, enrolled], 16);
    await goThisWay(door, 'submission', bob, using('submission', bob));
    const names = [
      ...server
        .log()
        .slice(before)
        .matchAll(/sasl_username=([^,\s]+)/g),
    ].map(([, name]) => name);
    assert.deepEqual(new Set(names), new Set([bob.name, ...strangers]));
  });
}

test('the service runs alone: no mail listener is open', async () => {
  assert.equal(await accepts(gateway.port('imapTls')), false);
  await gateway.logged('login.accepted', { user: DORA.name, listener: 'nginx', actor: 'token:nginx' });
});

test('a last use is on record, so its owner sees it', async () => {
  const listed = await gateway.cli('app-password', 'list', ANNA.name);
  assert.match(JSON.stringify(listed), /"lastUse\w*":\{?"?[^n]/);
});

test('what nginx heard is counted; a service without TLS is not concerned with any certificate', async () => {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  for (const verdict of ['accepted', 'refused'])
    assert.match(text, new RegExp(`^postern_service_verdicts_total\\{asker="nginx",verdict="${verdict}"`, 'm'));
  assert.match(text, /^postern_service_request_seconds_count\{[^}]*route="\/auth\/nginx",status="2xx"/m);
  assert.doesNotMatch(text, /^postern_certificate_expiry/m);
});

test('without the store the answer is a temporary failure, in words, and not a wrong password', LONG, async () => {
  redis.stall();
  try {
    const smtp = await logIn('submission', 'implicit', BOB);
    assert.equal(smtp.accepted, false);
    assert.match(smtp.said, /421 4\.7\.0 The mail server cannot check sign-ins just now/);
    const imap = await logIn('imap', 'implicit', BOB);
    assert.equal(imap.accepted, false);
    assert.match(imap.said, /\[UNAVAILABLE\] The mail server cannot check sign-ins just now/);
  } finally {
    redis.resume();
  }
});

test('a token that was revoked lets nobody in, and that is no wrong password either', LONG, async () => {
  await gateway.cli('token', 'revoke', 'nginx', '--yes');
  const outcome = await logIn('submission', 'implicit', anna);
  assert.equal(outcome.accepted, false);
  assert.match(outcome.said, /451 4\.3\.2 Internal server error/);
});

test('no password and no token stands in the log', () => {
  assertNothingLeaked(gateway, [...EVERYBODY, MASTER, anna, dora, { name: 'nginx', password: token }]);
});
