/**
 * Two gateways with two workers each on one Redis: a change made at one of them is true at once at both, and closes
 * the sessions that it ends, and no others, at once.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { enrol, addAppPassword, type AddedAppPassword } from '../support/enrolment.ts';
import { ping, session, tryLogin } from '../support/dialogues.ts';
import type { Mailbox } from '../support/dovecot.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import {
  assertNothingLeaked,
  BOB,
  CARL,
  EMIL,
  EVERYBODY,
  gatewayOptions,
  populate,
  startServers,
  stopServers,
} from '../support/mail-world.ts';
import { eventually, temporaryDirectory } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import type { Wire } from '../support/wire.ts';

/** Milliseconds on a machine that is not busy. A change that was not announced is found within half a minute. */
const CUT_OFF_MS = 5000;

const directory = await temporaryDirectory('cluster');
const redis = await startRedis();
const servers = await startServers(directory.path);
const options = await gatewayOptions(servers);
const shared = { ...options, workers: 2, store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}` } };
const one = await startGateway({ ...shared, name: 'one' });
const two = await startGateway({ ...shared, name: 'two', keysFile: one.keysFile });
const gateways = [one, two] as const;
after(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await Promise.all([stopServers(servers), redis.stop()]);
  await directory.remove();
});

const { anna, dora } = await populate(one);
const secrets: Mailbox[] = [...EVERYBODY, anna, dora];

/** Sessions of one account at both gateways, over every protocol, so that all four workers are likely to hold one. */
async function sessionsOf(who: Mailbox): Promise<readonly Wire[]> {
  const protocols = ['imap', 'imap', 'pop3', 'submission', 'sieve'] as const;
  return Promise.all(gateways.flatMap((gateway) => protocols.map((protocol) => session(gateway, protocol, who))));
}

/** Makes a change and fails unless these sessions, and only these, are closed at once. */
async function assertCutsOff(
  change: () => Promise<unknown>,
  { ended, kept }: { ended: readonly Wire[]; kept: readonly Wire[] },
): Promise<void> {
  await change();
  const done = performance.now();
  await Promise.all(ended.map((wire) => wire.closed()));
  const took = performance.now() - done;
  assert.ok(took < CUT_OFF_MS, `the last session was closed after ${Math.round(took)} ms`);
  assert.deepEqual(
    kept.map((wire) => wire.over),
    kept.map(() => false),
  );
}

function closeAll(wires: readonly Wire[]): void {
  for (const wire of wires) wire.close();
}

async function add(name: string): Promise<AddedAppPassword> {
  const added = await addAppPassword(one, anna.name, name);
  secrets.push({ name: anna.name, password: added.password });
  return added;
}

async function assertAnswers(who: Mailbox, ok: boolean): Promise<void> {
  for (const gateway of gateways) assert.equal((await tryLogin(gateway, 'imap', who)).ok, ok, who.name);
}

test('every worker of both gateways takes connections', { timeout: 120_000 }, async () => {
  for (const gateway of gateways) {
    await Promise.all(Array.from({ length: 40 }, () => tryLogin(gateway, 'imap', anna)));
    const workers = new Set(
      gateway.log().map((line) => (line.event === 'session.opened' ? line['worker'] : undefined)),
    );
    assert.ok(workers.has(0) && workers.has(1), JSON.stringify([...workers]));
  }
});

test(
  'resetting an app password closes what it opened, everywhere, and leaves the rest',
  { timeout: 120_000 },
  async () => {
    const phone = await add('phone');
    const laptop = await add('laptop');
    const ofPhone = await sessionsOf({ name: anna.name, password: phone.password });
    const ofLaptop = await sessionsOf({ name: anna.name, password: laptop.password });
    await assertCutsOff(() => one.cli('app-password', 'reset', anna.name, phone.id, '--yes'), {
      ended: ofPhone,
      kept: ofLaptop,
    });
    await assertAnswers({ name: anna.name, password: phone.password }, false);
    await assertAnswers({ name: anna.name, password: laptop.password }, true);
    closeAll(ofLaptop);
  },
);

test(
  'revoking an app password closes what it opened, everywhere, and leaves the rest',
  { timeout: 120_000 },
  async () => {
    const tablet = await add('tablet');
    const ofTablet = await sessionsOf({ name: anna.name, password: tablet.password });
    const ofOther = await sessionsOf(anna);
    await assertCutsOff(() => two.cli('app-password', 'revoke', anna.name, tablet.id, '--yes'), {
      ended: ofTablet,
      kept: ofOther,
    });
    await assertAnswers({ name: anna.name, password: tablet.password }, false);
    closeAll(ofOther);
  },
);

test('enrolling closes the sessions of the ordinary password', { timeout: 120_000 }, async () => {
  const ofBob = await sessionsOf(BOB);
  const ofAnna = await sessionsOf(anna);
  let password = '';
  await assertCutsOff(async () => (password = await enrol(one, BOB.name)), { ended: ofBob, kept: ofAnna });
  secrets.push({ name: BOB.name, password });
  await assertAnswers(BOB, false);
  await assertAnswers({ name: BOB.name, password }, true);
  closeAll(ofAnna);
});

test(
  'forcing a domain closes its sessions of ordinary passwords and keeps those of app passwords',
  { timeout: 120_000 },
  async () => {
    await one.cli('domain', 'set', 'forced.test', 'enabled', '--yes');
    const ofCarl = await sessionsOf(CARL);
    const ofDora = await sessionsOf(dora);
    const ofEmil = await sessionsOf(EMIL);
    await assertCutsOff(() => two.cli('domain', 'set', 'forced.test', 'forced', '--yes'), {
      ended: ofCarl,
      kept: [...ofDora, ...ofEmil],
    });
    for (const gateway of gateways) {
      const { said } = await tryLogin(gateway, 'imap', CARL);
      assert.match(said, /Two-step authentication must be set up first/);
    }
    closeAll([...ofDora, ...ofEmil]);
  },
);

test('suspending an account closes all its sessions and refuses new ones', { timeout: 120_000 }, async () => {
  const ofDora = await sessionsOf(dora);
  const ofAnna = await sessionsOf(anna);
  await assertCutsOff(() => one.cli('account', 'suspend', dora.name, '--yes'), { ended: ofDora, kept: ofAnna });
  await assertAnswers(dora, false);
  closeAll(ofAnna);
});

test('the list of sessions shows those of both gateways, and one can be cut off', { timeout: 120_000 }, async () => {
  const here = await session(one, 'imap', anna);
  const there = await session(two, 'imap', anna);
  // Those of the tests before leave the list when their gateway has noticed that they are gone.
  const listed = await eventually('only these two are listed', async () => {
    const sessions = await listedSessions(two);
    return sessions.length === 2 ? sessions : undefined;
  });
  assert.deepEqual(listed.map(({ gateway }) => gateway).toSorted(), ['one', 'two']);
  const atTwo = listed.find(({ gateway }) => gateway === 'two');
  await assertCutsOff(() => one.cli('session', 'cut-off', atTwo?.id ?? '', '--yes'), { ended: [there], kept: [here] });
  await ping(here, 'imap');
  here.close();
});

test('no password stands in a log', () => {
  for (const gateway of gateways) assertNothingLeaked(gateway, secrets);
});

interface Listed {
  readonly id: string;
  readonly gateway: string;
}

async function listedSessions(gateway: Gateway): Promise<readonly Listed[]> {
  const listed = await gateway.cli('session', 'list', '--account', anna.name);
  assert.ok(Array.isArray(listed), JSON.stringify(listed));
  return listed.map((item: Listed) => item);
}
