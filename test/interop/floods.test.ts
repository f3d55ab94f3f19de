/**
 * Floods before login: the gateway's memory and descriptors stay bounded, every attacker is closed at the deadline, and
 * a good client logs in meanwhile. And what many logins leave behind: nothing.
 */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tryLogin } from '../support/dialogues.ts';
import { ATTACKS, holdingsOf, inParallel } from '../support/floods.ts';
import { childrenOf, eventually, run, start, temporaryDirectory, type Running } from '../support/processes.ts';
import { clearAnswer, clearLogin, startSmallWorld } from '../support/small-world.ts';

const BOB = { name: 'bob@a.test', password: 'ordinary' };
const ATTACKERS = 30;
/** A hundred attackers may hold a few buffers each; a leak would take what they send, which is gigabytes. */
const MAX_GROWTH_MB = 120;

const limits = { preauthSeconds: 4, preauthIdleSeconds: 2, tlsHandshakeSeconds: 2, maxConnectionsPerNetwork: 10_000 };
const policy = { limits: { accountFailures: 1000, accountNetworkFailures: 1000, networkVerdicts: 100_000 } };
const world = await startSmallWorld({
  gateway: { settings: { limits, policy, log: { level: 'error' } }, quiet: true },
});
const { gateway } = world;
const [worker = 0] = childrenOf(gateway.pid);
const directory = await temporaryDirectory('floods');
after(async () => {
  await world.stop();
  await directory.remove();
});
await inParallel(200, 10, () => clearAnswer(gateway, BOB)); // warm

const ATTACKER = fileURLToPath(new URL('../support/flood-client.ts', import.meta.url));

function attackOn(listener: string, attack: string): Running {
  return start(process.execPath, [ATTACKER, attack, `${gateway.port(listener)}`, `${ATTACKERS}`]);
}

async function assertBorne(...begin: readonly (() => Running)[]): Promise<void> {
  const before = holdingsOf(worker);
  const attackers = begin.map((one) => one());
  try {
    await Promise.all(attackers.map((one) => one.line(/^open$/)));
    for (let at = 0; at < 5; at += 1) assert.match(await clearAnswer(gateway, BOB), /^in OK/m);
    const { residentMb } = holdingsOf(worker);
    assert.ok(residentMb - before.residentMb < MAX_GROWTH_MB, `grew from ${before.residentMb} to ${residentMb} MB`);
    await Promise.all(attackers.map((one) => one.line(/^closed$/, 30_000)));
  } finally {
    await Promise.all(attackers.map((one) => one.stop()));
  }
  await eventually('no descriptor is left', () => holdingsOf(worker).descriptors <= before.descriptors);
}

// These hear goodbye, and have some seconds to hear it.
const ANSWERED = ['garbage', 'endless literals', 'huge literals', 'long tags'];
const CUT_SHORT = Object.keys(ATTACKS).filter((attack) => !ANSWERED.includes(attack));

for (const attacks of [ANSWERED, CUT_SHORT]) {
  test(`floods of ${attacks.join(', ')} are borne`, { timeout: 60_000 }, () =>
    assertBorne(...attacks.map((attack) => () => attackOn('imapClear', attack))),
  );
}

test('slow senders, half-open handshakes and countless server names are borne', { timeout: 60_000 }, async () => {
  await assertBorne(
    () => attackOn('imapClear', 'slow senders'),
    () => attackOn('imapTls', 'half-open handshakes'),
    () => attackOn('imapTls', 'server names'),
  );
  const { ok, said } = await tryLogin(gateway, 'imap', BOB);
  assert.ok(ok, said);
});

test('renegotiation and early data get nowhere, and the others do not notice', { timeout: 60_000 }, async () => {
  const at = ['s_client', '-connect', `127.0.0.1:${gateway.port('imapTls')}`];
  const renegotiated = await run('openssl', [...at, '-tls1_2'], { input: 'R\nR\nR\nR\nR\nR\n', deadlineMs: 10_000 });
  assert.match(renegotiated.stdout, /\* OK|RENEGOTIATING/);
  const [session, early] = [join(directory.path, 'session'), join(directory.path, 'early')];
  await writeFile(early, 'a LOGIN bob@a.test early\r\n');
  await run('openssl', [...at, '-tls1_3', '-sess_out', session], { input: 'a LOGOUT\r\n', deadlineMs: 10_000 });
  const resumed = await run('openssl', [...at, '-tls1_3', '-sess_in', session, '-early_data', early], {
    deadlineMs: 10_000,
  });
  assert.doesNotMatch(resumed.stdout, /Early data was accepted/);
  assert.match(await clearAnswer(gateway, BOB), /^in OK/m);
});

test('two thousand logins and five hundred aborted ones leave nothing behind', { timeout: 60_000 }, async () => {
  const before = holdingsOf(worker);
  await inParallel(2000, 20, () => clearAnswer(gateway, BOB));
  await inParallel(500, 20, async (index) => {
    const { wire } = await clearLogin(gateway, index % 2 === 0 ? BOB : { ...BOB, name: 'nobody at all' });
    wire.send('a AUTHENTICATE PLAIN\r\n');
    wire.close();
  });
  await eventually('no descriptor is left', () => holdingsOf(worker).descriptors <= before.descriptors);
  const grown = holdingsOf(worker).residentMb - before.residentMb;
  assert.ok(grown < 60, `grew by ${grown} MB`);
});
