/** A real saslauthd that asks Postern, a real Cyrus and Exim that ask it, and the form by which others can ask. */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { addAppPassword } from '../support/enrolment.ts';
import { LOOPBACK_NAMES } from '../support/certificates.ts';
import { startCyrus, type AskingServer } from '../support/cyrus.ts';
import type { Mailbox } from '../support/dovecot.ts';
import { startExim } from '../support/exim.ts';
import { startGateway } from '../support/gateway.ts';
import { MAIL_CLIENTS } from '../support/mail-clients.ts';
import { ANNA, assertNothingLeaked, BOB, CARL, EMIL, EVERYBODY } from '../support/mail-world.ts';
import { gatewayOptions, populate, startServers, stopServers } from '../support/mail-world.ts';
import { freePorts, temporaryDirectory } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { askByForm, startSaslauthd } from '../support/saslauthd.ts';

const directory = await temporaryDirectory('sasl-world');
const servers = await startServers(directory.path, { postfix: 'none' });
const redis = await startRedis();
const [servicePort = 0] = await freePorts(1);
const gateway = await startGateway({
  ...(await gatewayOptions(servers)),
  protocols: [],
  listeners: [{ name: 'saslauthd', protocol: 'imap', tls: 'none', plaintextLogin: true }],
  store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}` },
  settings: {
    service: { listen: [{ port: servicePort }] },
    policy: { limits: { accountFailures: 1000, accountNetworkFailures: 5, networkVerdicts: 100_000 } },
  },
});
const { anna, dora } = await populate(gateway);
const token = await tokenFor('saslauthd');
const saslauthd = await startSaslauthd(gateway.port('saslauthd'));
const asking = { saslauthd: saslauthd.directory, certificate: await servers.authority.issue(LOOPBACK_NAMES) };
const [cyrus, exim] = await Promise.all([startCyrus(asking), startExim(asking)]);
after(async () => {
  await Promise.all([cyrus.stop(), exim.stop()]);
  await saslauthd.stop();
  await gateway.stop();
  await redis.stop();
  await stopServers(servers);
  await directory.remove();
});

async function tokenFor(name: string): Promise<string> {
  const made = await gateway.cli('token', 'create', name, '--role', 'verifier', '--all');
  assert.ok(typeof made === 'object' && made !== null && 'token' in made && typeof made.token === 'string');
  return made.token;
}

const LONG = { timeout: 60_000 } as const;

test('saslauthd lets in app passwords, and the ordinary passwords of who need not enrol', LONG, async () => {
  for (const who of [anna, dora, BOB, EMIL]) assert.match(await saslauthd.ask(who), /^0: OK /, who.name);
});

test('the realm completes a bare name', LONG, async () => {
  const [name = '', domain = ''] = EMIL.name.split('@');
  assert.match(await saslauthd.ask({ ...EMIL, name }, domain), /^0: OK /);
  assert.match(await saslauthd.ask({ ...EMIL, name }), /^0: NO /);
});

test('saslauthd refuses the ordinary password of who is enrolled, or must enrol', LONG, async () => {
  for (const [who, reason] of [
    [ANNA, 'app-password-required'],
    [CARL, 'enrolment-required'],
    [{ name: BOB.name, password: 'a wrong one' }, 'wrong-credentials'],
  ] as const) {
    assert.match(await saslauthd.ask(who), /^0: NO /);
    await gateway.logged('login.refused', { user: who.name, reason });
  }
});

async function logIn(server: AskingServer, protocol: 'imap' | 'submission', who: Mailbox): Promise<boolean> {
  const client = MAIL_CLIENTS.find((one) => one.name === 'curl' && one.protocol === protocol);
  assert.ok(client !== undefined);
  const place = { port: server.port, tls: 'starttls', caFile: servers.authority.caFile } as const;
  const { accepted, said } = await client.login(place, who);
  if (!accepted) assert.match(said, /NO|535/, said + server.output());
  return accepted;
}

for (const [name, server, protocol] of [
  ['Cyrus', cyrus, 'imap'],
  ['Exim', exim, 'submission'],
] as const) {
  test(`${name} lets in with an app password, or with the ordinary one of who need not enrol`, LONG, async () => {
    for (const who of [anna, dora, BOB, EMIL]) assert.equal(await logIn(server, protocol, who), true, who.name);
  });

  test(`${name} refuses a wrong password, and the ordinary one of who has enrolled or must`, LONG, async () => {
    for (const who of [ANNA, CARL, { name: BOB.name, password: 'another wrong one' }])
      assert.equal(await logIn(server, protocol, who), false, who.name);
  });
}

test('by the form: the same verdicts, and the words of a refusal in the status line', LONG, async () => {
  const ask = (who: { name: string; password: string }) => askByForm(servicePort, token, who);
  for (const who of [anna, dora, BOB]) assert.equal(await ask(who), 'HTTP/1.1 200 OK');
  assert.match(await ask(ANNA), /^HTTP\/1\.1 403 .*needs an app password.*portal\.test/);
  assert.match(await ask(CARL), /^HTTP\/1\.1 403 .*must be set up first/);
  assert.match(await ask({ name: BOB.name, password: 'wrong &token=%41é' }), /^HTTP\/1\.1 403 .*is not right/);
  await gateway.logged('login.refused', { user: ANNA.name, listener: 'saslauthd', protocol: 'submission' });
});

test('by the form: an app password that is not for its protocol is refused', LONG, async () => {
  const { password } = await addAppPassword(gateway, ANNA.name, 'Reader', '--scope', 'imap');
  assert.match(await saslauthd.ask({ name: ANNA.name, password }), /^0: OK /);
  assert.match(await askByForm(servicePort, token, { name: ANNA.name, password }), /^HTTP\/1\.1 403 /);
  await gateway.logged('login.refused', { user: ANNA.name, reason: 'out-of-scope' });
});

test('by the form: guesses at one account are counted for it, and shut out nobody else', LONG, async () => {
  const guesses = [1, 2, 3, 4, 5, 6].map((number) => ({ name: EMIL.name, password: `guess ${number}` }));
  for (const guess of guesses) assert.match(await askByForm(servicePort, token, guess), /^HTTP\/1\.1 403 /);
  await gateway.logged('login.throttled', { user: EMIL.name, listener: 'saslauthd' });
  for (const who of [dora, BOB]) assert.equal(await askByForm(servicePort, token, who), 'HTTP/1.1 200 OK');
});

test('by the form: without the right token there is no answer', LONG, async () => {
  assert.match(await askByForm(servicePort, '', anna), /^HTTP\/1\.1 401 /);
  assert.match(await askByForm(servicePort, token.replace(/.$/, '0'), anna), /^HTTP\/1\.1 401 /);
});

test('an outage lets nobody in who was not in lately, and is no wrong password', LONG, async () => {
  redis.stall();
  try {
    assert.match(await saslauthd.ask(BOB), /^0: NO /);
    assert.match(await askByForm(servicePort, token, BOB), /^HTTP\/1\.1 503 /);
    await gateway.logged('login.unavailable', { user: BOB.name, listener: 'saslauthd' });
  } finally {
    redis.resume();
  }
});

test('no password and no token stands in the log', () => {
  assertNothingLeaked(gateway, [...EVERYBODY, anna, dora, { name: 'saslauthd', password: token }]);
});
