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
import { liveMbOf, probed } from '../support/live-memory.ts';
import { childrenOf, eventually, run, start, temporaryDirectory, type Running } from '../support/processes.ts';
import { clearAnswer, clearLogin, startSmallWorld } from '../support/small-world.ts';

const BOB = { name: 'bob@a.test', password: 'ordinary' };
const ATTACKERS = 20;
/** Attackers may hold a few buffers each; what is kept of all that they send would be hundreds of MB a second. */
const MAX_GROWTH_MB = 250;
/** A session that is kept takes 8 to 10 KB of objects, so that 2500 of them take more than 20 MB. */
const MAX_LEFT_MB = 8;

// Long enough for a good client to log in through all of it on a busy machine.
const limits = { preauthSeconds: 5, preauthIdleSeconds: 5, tlsHandshakeSeconds: 2, maxConnectionsPerNetwork: 10_000 };
const policy = { limits: { accountFailures: 1000, accountNetworkFailures: 1000, networkVerdicts: 100_000 } };
const directory = await temporaryDirectory('floods');
const world = await startSmallWorld({
  gateway: { settings: { limits, policy, log: { level: 'error' } }, quiet: true, env: probed(directory.path) },
});
const { gateway } = world;
const [worker = 0] = childrenOf(gateway.pid);
after(async () => {
  await world.stop();
  await directory.remove();
});
await inParallel(200, 10, () => clearAnswer(gateway, BOB)); // warm

const ATTACKER = fileURLToPath(new URL('../support/flood-client.ts', import.meta.url));

async function holdings() {
  return { descriptors: holdingsOf(worker).descriptors, liveMb: await liveMbOf(worker, directory.path) };
}

function attackOn(listener: string, attack: string): Running {
  return start(process.execPath, [ATTACKER, attack, `${gateway.port(listener)}`, `${ATTACKERS}`]);
}

async function assertBorne(...begin: readonly (() => Running)[]): Promise<void> {
  const before = await holdings();
  const attackers = begin.map((one) => one());
  try {
    await Promise.all(attackers.map((one) => one.line(/^open$/)));
    for (let at = 0; at < 5; at += 1) assert.match(await clearAnswer(gateway, BOB), /^in OK/m);
    const { liveMb } = await holdings();
    assert.ok(liveMb - before.liveMb < MAX_GROWTH_MB, `grew from ${before.liveMb} to ${liveMb} MB`);
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

test('two thousand logins and five hundred aborted ones leave nothing behind', { timeout: 120_000 }, async () => {
  const before = await holdings();
  await inParallel(2000, 20, () => clearAnswer(gateway, BOB));
  await inParallel(500, 20, async (index) => {
    const { wire } = await clearLogin(gateway, index % 2 === 0 ? BOB : { ...BOB, name: 'nobody at all' });
    wire.send('a AUTHENTICATE PLAIN\r\n');
    wire.close();
  });
  await eventually('nothing is left', async () => {
    const now = await holdings();
    return now.descriptors <= before.descriptors && now.liveMb - before.liveMb < MAX_LEFT_MB;
  });
});
