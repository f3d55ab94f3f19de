/**
 * Whose login it is, end to end: every spelling of a name is one account, no spelling reaches another one, and an app
 * password is good only for what it was made for. The log of the real Dovecot tells what got through.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { session, ping, tryLogin } from '../support/dialogues.ts';
import type { Mailbox } from '../support/dovecot.ts';
import { addAppPassword } from '../support/enrolment.ts';
import { ANNA, BOB, MASTER, startWorld } from '../support/mail-world.ts';
import { Wire } from '../support/wire.ts';

const world = await startWorld({ postfix: 'none' });
after(() => world.stop());
const { gateway, anna, dovecot } = world;
const { caFile } = world.authority;

/** Logs in over every protocol. */
async function acceptedBy(who: Mailbox, from?: string): Promise<readonly string[]> {
  const accepted: string[] = [];
  for (const protocol of ['imap', 'pop3', 'submission', 'sieve'] as const) {
    if ((await tryLogin(gateway, protocol, who, { from })).ok) accepted.push(protocol);
  }
  return accepted;
}

async function added(name: string, ...options: readonly string[]): Promise<Mailbox> {
  const { password } = await addAppPassword(gateway, ANNA.name, name, ...options);
  const mailbox = { name: ANNA.name, password };
  world.keepSecret(mailbox);
  return mailbox;
}

test('an app password may be typed in capitals, with spaces or hyphens', { timeout: 120_000 }, async () => {
  const groups = anna.password.match(/.{4}/g) ?? [];
  for (const password of [groups.join(' '), groups.join('-').toUpperCase(), ` ${anna.password} `]) {
    assert.deepEqual(await acceptedBy({ name: anna.name, password }), ['imap', 'pop3', 'submission', 'sieve']);
  }
});

test('every spelling of a name is the same mailbox', { timeout: 120_000 }, async () => {
  for (const name of ['Anna@Enabled.TEST', 'anna+news@enabled.test', 'anna%enabled.test']) {
    const wire = await session(gateway, 'imap', { name, password: anna.password });
    await ping(wire, 'imap');
    wire.close();
  }
  const users = [...dovecot.log().matchAll(/Login: user=<([^>]*)>/g)].map(([, user]) => user);
  assert.deepEqual([...new Set(users)], [ANNA.name]);
});

test('names that a backend could read otherwise never reach it', { timeout: 120_000 }, async () => {
  const before = dovecot.log();
  for (const name of [
    `${ANNA.name}*${MASTER.name}`,
    'anna@enabled.test@enabled.test',
    'anna@enabled.test/../bob@enabled.test',
    '../anna@enabled.test',
    '%{user}@enabled.test',
    'anna"@enabled.test',
    'anna',
    '@enabled.test',
  ]) {
    for (const password of [ANNA.password, anna.password, MASTER.password]) {
      assert.deepEqual(await acceptedBy({ name, password }), [], name);
    }
  }
  const since = dovecot.log().slice(before.length);
  assert.doesNotMatch(since, /Login: user=|Password mismatch|unknown user|auth failed/);
});

test('an authzid is refused unless it is the account itself', { timeout: 120_000 }, async () => {
  const plain = (authzid: string): string =>
    Buffer.from(`${authzid}\0${anna.name}\0${anna.password}`).toString('base64');
  const answers: string[] = [];
  for (const authzid of [ANNA.name, 'ANNA@enabled.test', BOB.name, MASTER.name, `${BOB.name}*${MASTER.name}`]) {
    const wire = await Wire.open(gateway.port('imapTls'), { caFile });
    await wire.until(/^\* OK.*\r\n/);
    const said = await wire.say(`1 AUTHENTICATE PLAIN ${plain(authzid)}`, /^1 .*\r\n/m);
    answers.push(/^1 (OK|NO \[\w+\])/m.exec(said)?.[1] ?? said);
    wire.close();
  }
  const no = 'NO [AUTHENTICATIONFAILED]';
  assert.deepEqual(answers, ['OK', 'OK', no, no, no]);
});

test('an app password is good for its protocols only', { timeout: 120_000 }, async () => {
  const reader = await added('reader', '--scope', 'imap,pop3');
  assert.deepEqual(await acceptedBy(reader), ['imap', 'pop3']);
  const { said } = await tryLogin(gateway, 'submission', reader);
  assert.match(said, /^535 5\.7\.8 This app password is not for this kind of mail program/);
});

test('an app password is good from its networks only', { timeout: 120_000 }, async () => {
  const scanner = await added('scanner', '--network', '127.0.0.64/26');
  assert.deepEqual(await acceptedBy(scanner, '127.0.0.65'), ['imap', 'pop3', 'submission', 'sieve']);
  assert.deepEqual(await acceptedBy(scanner, '127.0.0.1'), []);
});

test('a new domain policy holds for the next login', { timeout: 120_000 }, async () => {
  assert.deepEqual(await acceptedBy(ANNA), []);
  await gateway.cli('domain', 'set', 'enabled.test', 'disabled', '--yes');
  assert.deepEqual(await acceptedBy(ANNA), ['imap', 'pop3', 'submission', 'sieve']);
  assert.deepEqual(await acceptedBy(anna), []);
  await gateway.cli('domain', 'set', 'enabled.test', 'enabled', '--yes');
  assert.deepEqual(await acceptedBy(ANNA), []);
  assert.deepEqual(await acceptedBy(anna), ['imap', 'pop3', 'submission', 'sieve']);
});

test('no password stands in the log', () => world.assertNothingLeaked());
