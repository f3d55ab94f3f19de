/**
 * When something behind the gateway is out of reach, a client hears "later", never "wrong password", and all is well
 * again as soon as it is back. The gateway itself stays up throughout.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import type { Protocol } from '#core/protocols.ts';
import { ping, session, TEMPORARY, tryLogin, type Answer } from '../support/dialogues.ts';
import { startDovecot } from '../support/dovecot.ts';
import { MAIL_CLIENTS } from '../support/mail-clients.ts';
import { ANNA, BOB, CARL, EVERYBODY, MASTER, startWorld } from '../support/mail-world.ts';
import { LOOPBACK_NAMES } from '../support/certificates.ts';
import { eventually } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';

const PROTOCOLS = ['imap', 'pop3', 'submission', 'sieve'] as const satisfies readonly Protocol[];

const redis = await startRedis();
const world = await startWorld({
  gateway: { store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}`, commandTimeoutMs: 1000 } },
});
let dovecot = world.dovecot;
after(async () => {
  await world.stop();
  await dovecot.stop();
  await redis.stop();
});
const { gateway, anna, dora } = world;

function assertLater(answer: Answer, protocol: Protocol): void {
  assert.equal(answer.ok, false);
  assert.match(answer.said, TEMPORARY[protocol]);
}

async function loginsWork(): Promise<boolean> {
  try {
    const answers = await Promise.all(PROTOCOLS.map((protocol) => tryLogin(gateway, protocol, BOB)));
    return answers.every(({ ok }) => ok);
  } catch {
    return false;
  }
}

test('with the store gone, sessions go on and new logins hear "later"', { timeout: 120_000 }, async () => {
  const imap = await session(gateway, 'imap', BOB);
  const submission = await session(gateway, 'submission', anna);
  await redis.crash();
  for (const protocol of PROTOCOLS) {
    assertLater(await tryLogin(gateway, protocol, BOB), protocol);
    assertLater(await tryLogin(gateway, protocol, ANNA), protocol);
    assertLater(await tryLogin(gateway, protocol, CARL), protocol);
    assertLater(await tryLogin(gateway, protocol, { name: ANNA.name, password: 'wrong' }), protocol);
  }
  await ping(imap, 'imap');
  await ping(submission, 'submission');
  imap.close();
  submission.close();
});

test(
  'an app password that was accepted a moment ago still is, one that was not hears "later"',
  { timeout: 120_000 },
  async () => {
    const recent = await tryLogin(gateway, 'submission', anna);
    assert.ok(recent.ok, recent.said);
    assertLater(await tryLogin(gateway, 'submission', dora), 'submission');
  },
);

test('no mail program takes the outage for a wrong password', { timeout: 120_000 }, async () => {
  for (const { name, protocol, login } of MAIL_CLIENTS) {
    const { accepted, said } = await login(gateway.place(protocol, 'implicit'), BOB);
    assert.equal(accepted, false, name);
    assert.doesNotMatch(said, /AUTHENTICATIONFAILED|\[AUTH\]|\b535\b|not right/, `${name}, ${protocol}`);
  }
});

test('when the store is back, logins work without a restart', { timeout: 120_000 }, async () => {
  await redis.restart();
  await eventually('logins work again', loginsWork, 30_000);
  const { ok, said } = await tryLogin(gateway, 'imap', anna);
  assert.ok(ok, said);
});

test('with the mail server gone, logins hear "later"', { timeout: 120_000 }, async () => {
  await dovecot.stop();
  for (const protocol of PROTOCOLS) {
    // Submission goes to Postfix, which needs Dovecot only to judge an ordinary password.
    assertLater(await tryLogin(gateway, protocol, BOB), protocol);
    if (protocol !== 'submission') assertLater(await tryLogin(gateway, protocol, anna), protocol);
  }
});

test('when the mail server is back, logins work without a restart', { timeout: 120_000 }, async () => {
  const certificate = await world.authority.issue(LOOPBACK_NAMES);
  dovecot = await startDovecot({ certificate, users: EVERYBODY, master: MASTER, ports: dovecot.ports });
  await eventually('logins work again', loginsWork, 30_000);
  const { ok, said } = await tryLogin(gateway, 'pop3', anna);
  assert.ok(ok, said);
});

test('no password stands in the log', () => world.assertNothingLeaked());
