/**
 * A real Dovecot that asks the policy service about every login, with no gateway in the path, and a real Postfix that
 * asks this Dovecot: the examples of deploy/dovecot as they stand.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after } from 'node:test';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { startDovecot, type Mailbox } from '../support/dovecot.ts';
import { luaPassdb, policyServer, posternExample } from '../support/dovecot-asking.ts';
import { startGateway } from '../support/gateway.ts';
import { MAIL_CLIENTS, type Outcome, type Place, type Protocol } from '../support/mail-clients.ts';
import { ANNA, assertNothingLeaked, BOB, CARL, DORA, EMIL, EVERYBODY, populate } from '../support/mail-world.ts';
import { startPostfix } from '../support/postfix.ts';
import { childrenOf, freePorts, temporaryDirectory } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';

const directory = await temporaryDirectory('dovecot-asks');
const authority = await createAuthority(directory.path, 'world');
const certificate = await authority.issue(LOOPBACK_NAMES);
const redis = await startRedis();
const [servicePort = 0, checkPort = 0] = await freePorts(2);
const { backends, service } = await posternExample({ servicePort, checkPort });
const gateway = await startGateway({
  backends,
  certificates: [certificate],
  caFile: authority.caFile,
  protocols: ['imap'],
  store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}` },
  settings: {
    service,
    policy: { limits: { accountFailures: 1000, accountNetworkFailures: 6, networkVerdicts: 100_000 } },
  },
  only: 'service',
});
const { anna, dora } = await populate(gateway);
const token = await tokenFor('dovecot');
const place = { directory: directory.path, servicePort, checkPort, token };
const common = { users: EVERYBODY, certificate, relayPort: 25 };
const dovecot = await startDovecot({ ...common, first: await luaPassdb(place) });
const postfix = await startPostfix({
  certificate,
  mailboxes: EVERYBODY.map(({ name }) => name),
  mailDirectory: dovecot.mailDirectory,
  saslPort: dovecot.ports.auth,
});
const policed = await startDovecot({ ...common, first: await policyServer(place) });
// The gateway was there first, found that Dovecot was not, and asks it nothing before it has looked again.
await gateway.logged('backend.up');
after(async () => {
  await Promise.all([dovecot.stop(), policed.stop(), postfix.stop()]);
  await gateway.stop();
  await redis.stop();
  await directory.remove();
});

async function tokenFor(name: string): Promise<string> {
  const made = await gateway.cli('token', 'create', name, '--role', 'verifier', '--all');
  assert.ok(typeof made === 'object' && made !== null && 'token' in made && typeof made.token === 'string');
  return made.token;
}

const PORTS: Readonly<Record<Protocol, number>> = {
  imap: dovecot.ports.imapTls,
  pop3: dovecot.ports.pop3Tls,
  submission: postfix.ports.submissionTls,
};

function logIn(protocol: Protocol, who: Mailbox, port = PORTS[protocol]): Promise<Outcome> {
  const client = MAIL_CLIENTS.find((one) => one.name === 'curl' && one.protocol === protocol);
  assert.ok(client !== undefined);
  const there: Place = { port, tls: 'implicit', caFile: authority.caFile };
  return client.login(there, who);
}

async function accepted(protocol: Protocol, who: Mailbox, port?: number): Promise<void> {
  const outcome = await logIn(protocol, who, port);
  assert.equal(outcome.accepted, true, outcome.said + dovecot.log().slice(-3000));
}

async function refused(protocol: Protocol, who: Mailbox, port?: number): Promise<string> {
  const outcome = await logIn(protocol, who, port);
  assert.equal(outcome.accepted, false, `${protocol} let in ${who.name}`);
  return outcome.said;
}

const LONG = { timeout: 60_000 } as const;

for (const protocol of ['imap', 'pop3', 'submission'] as const) {
  const server = protocol === 'submission' ? 'Postfix through Dovecot' : 'Dovecot';

  test(`${server} lets in an app password over ${protocol}`, LONG, async () => {
    for (const who of [anna, dora]) await accepted(protocol, who);
  });

  test(`${server} leaves who need not enrol to its own passwords over ${protocol}`, LONG, async () => {
    for (const who of [BOB, EMIL]) {
      await accepted(protocol, who);
      const said = await refused(protocol, { ...who, password: `wrong for ${protocol}` });
      assert.doesNotMatch(said, /app password|portal/);
    }
  });

  test(`${server} refuses the ordinary password of who is enrolled or must enrol over ${protocol}`, LONG, async () => {
    for (const [who, reason] of [
      [ANNA, 'app-password-required'],
      [CARL, 'enrolment-required'],
      [{ name: ANNA.name, password: `wrong for ${protocol}` }, 'wrong-credentials'],
    ] as const) {
      const said = await refused(protocol, who);
      assert.match(said, /AUTHENTICATIONFAILED|\[AUTH\]|535 5\.7\.8/);
      await gateway.logged('login.refused', { user: who.name, protocol, reason, listener: 'verify' });
    }
  });
}

test('what a user would have been told stands in the log of Dovecot', () => {
  assert.match(dovecot.log(), /Postern: .*needs an app password.*https:\/\/portal\.test\/account/);
});

test('the account that an app password opens is its own, however its name is typed', LONG, async () => {
  await accepted('imap', { ...dora, name: DORA.name.toUpperCase() });
  await dovecot.logLine(/Login: user=<dora@forced\.test>/);
});

test('the listener for checking takes the ordinary password, and no other listener does', LONG, async () => {
  const client = MAIL_CLIENTS.find((one) => one.name === 'imaplib');
  assert.ok(client !== undefined);
  const there: Place = { port: checkPort, tls: 'starttls', caFile: authority.caFile };
  const outcome = await client.login(there, ANNA);
  assert.equal(outcome.accepted, true, outcome.said);
  await refused('imap', ANNA);
});

test('an outage is a temporary failure: no way in, and no wrong password', LONG, async () => {
  redis.stall();
  try {
    // What was right a moment ago may go on for a while; nothing else may.
    await accepted('imap', anna);
    for (const who of [{ ...anna, password: 'a wrong one' }, ANNA, BOB]) {
      assert.match(await refused('imap', who), /NO \[UNAVAILABLE\] Temporary authentication failure/);
    }
    assert.match(await refused('pop3', BOB), /-ERR \[SYS\/TEMP\] Temporary authentication failure/);
    const submission = await refused('submission', BOB, dovecot.ports.submissionTls);
    assert.match(submission, /454 4\.7\.0 Temporary authentication failure/);
    // Postfix has one word for all that Dovecot does not let in.
    assert.match(await refused('submission', BOB), /535 5\.7\.8 Error: authentication failed: \(reason unavailable\)/);
  } finally {
    redis.resume();
  }
  assert.doesNotMatch(dovecot.log(), /unknown user .*bob@enabled/);
});

const CHECKED_BY_DOVECOT_ALONE = policed.ports.imapTls;

test('the policy server: a suspended account is refused before its password is looked at', LONG, async () => {
  await accepted('imap', EMIL, CHECKED_BY_DOVECOT_ALONE);
  await gateway.cli('account', 'suspend', EMIL.name, '--yes');
  const said = await refused('imap', EMIL, CHECKED_BY_DOVECOT_ALONE);
  assert.match(said, /user name or password is not right/);
  await gateway.logged('login.refused', { user: EMIL.name, reason: 'suspended', listener: 'dovecot-policy' });
  await gateway.cli('account', 'resume', EMIL.name);
  await accepted('imap', EMIL, CHECKED_BY_DOVECOT_ALONE);
});

test('the policy server: guessing is made slow, and then it ends', LONG, async () => {
  const guess = (password: string) => refused('pop3', { name: DORA.name, password }, policed.ports.pop3Tls);
  assert.doesNotMatch(await guess('guess 1'), /Too many/);
  for (const [hash, status] of [
    ['guess 2', 0],
    ['guess 3', 0],
    ['guess 3', 0], // the same again is one guess
    ['guess 4', 2],
    ['guess 5', 2],
    ['guess 6', 2],
  ] as const) {
    assert.equal((await policy('allow', { pwhash: hash })).status, status, hash);
  }
  // A login that went well is no guess after all, so there is room for one more.
  await policy('report', { pwhash: 'guess 6', success: true, policy_reject: false });
  assert.doesNotMatch(await guess('guess 7'), /Too many/);
  assert.match(await guess('guess 8'), /Too many failed sign-ins/);
  await gateway.logged('login.throttled', { user: DORA.name, listener: 'dovecot-policy' });
});

/** What Dovecot asks and says of Dora. */
async function policy(command: 'allow' | 'report', more: Readonly<Record<string, unknown>>) {
  const who = { login: DORA.name, remote: '127.0.0.1', protocol: 'pop3' };
  const { status, body } = await post(`/auth/policy?command=${command}`, { ...who, ...more });
  assert.equal(status, 200);
  assert.ok(typeof body === 'object' && body !== null && 'status' in body);
  return body;
}

async function post(path: string, body: unknown, bearer = token): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`http://127.0.0.1:${servicePort}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

test('what is no question, or comes without a token, is an error and no verdict', LONG, async () => {
  const question = { user: anna.name, password: anna.password, protocol: 'imap', address: '192.0.2.7' };
  assert.deepEqual((await post('/auth/verify', question)).body, { result: 'accepted', account: anna.name });
  assert.equal((await post('/auth/verify', question, 'postern_wrong')).status, 401);
  for (const wrong of [{ protocol: 'gopher' }, { address: 'somewhere' }, { password: 7 }]) {
    assert.equal((await post('/auth/verify', { ...question, ...wrong })).status, 400, JSON.stringify(wrong));
  }
  assert.equal((await post('/auth/policy?command=destroy', { login: 'x', pwhash: 'y' })).status, 400);
  assert.equal((await post('/auth/policy?command=allow', { login: 'x' })).status, 400);
});

test('the token stands in no process list, and no secret in a log', () => {
  const lists = childrenOf(process.pid).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  assert.ok(lists.length >= 4);
  for (const list of lists) assert.ok(!list.includes(token));
  assertNothingLeaked(gateway, [...EVERYBODY, anna, dora, { name: 'dovecot', password: token }]);
  assert.ok(!dovecot.log().includes(token));
  for (const { password } of [anna, ANNA]) assert.ok(!dovecot.log().includes(password));
});

test('without the service nobody gets in, and nobody is told that the password is wrong', LONG, async () => {
  await gateway.stop();
  for (const who of [anna, ANNA, BOB]) {
    assert.match(await refused('imap', who), /NO \[UNAVAILABLE\] Temporary authentication failure/);
  }
  await accepted('imap', CARL, CHECKED_BY_DOVECOT_ALONE);
});
