/**
 * A domain forced from a date, and clocks that jump: every gateway acts by itself when its own clock says so, without a
 * restart and without an announcement, and goes on when the clock is set back. libfaketime gives each process its clock.
 */

import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { enrol } from '../support/enrolment.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { eventually, temporaryDirectory } from '../support/processes.ts';
import { clearAnswer, clearLogin, clearPing, cliOf, startSmallWorld } from '../support/small-world.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const ACCEPTED = /^in OK/m;

const directory = await temporaryDirectory('clock');
const clocks = { one: join(directory.path, 'one'), two: join(directory.path, 'two') };
await setClock('one', '+0');
await setClock('two', '+0');
const path = join(directory.path, 'postern.db');
const store = { kind: 'embedded', path };
const world = await startSmallWorld({ gateway: { workers: 2, name: 'one', store, env: clockOf('one') } });
const one = world.gateway;
const two = await startGateway({
  ...world.options,
  name: 'two',
  workers: 1,
  keysFile: one.keysFile,
  env: clockOf('two'),
});
const cli = await cliOf(one);
after(async () => {
  await Promise.all([two.stop(), world.stop()]);
  await directory.remove();
});

/**
 * Sets the clock of one gateway's processes: so much beside the real one. In one step: they read the file all the time,
 * and end at an empty one.
 */
async function setClock(name: keyof typeof clocks, offset: string): Promise<void> {
  const next = `${clocks[name]}.next`;
  await writeFile(next, `${offset}\n`);
  await rename(next, clocks[name]);
}

// Timers keep to the real time, as they do when a real clock is set.
function clockOf(name: keyof typeof clocks): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: clocks[name],
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

test(
  'a domain forced from a date ends the sessions concerned at each gateway when its clock gets there',
  { timeout: 60_000 },
  async () => {
    await cli('domain', 'set', 'a.test', 'enabled', '--yes');
    const anna = { name: 'anna@a.test', password: await enrol({ ...one, cli }, 'anna@a.test') };
    const bob = { name: 'bob@a.test', password: 'ordinary' };
    await cli('domain', 'set', 'a.test', 'forced', '--from', '1h', '--yes');
    const open = async (gateway: Gateway, who: typeof bob) => {
      const { wire, ok, said } = await clearLogin(gateway, who);
      assert.ok(ok, said);
      return wire;
    };
    const here = await Promise.all([open(one, bob), open(one, bob), open(one, bob)]);
    const [there, kept] = [await open(two, bob), await open(one, anna)];
    await one.logged('login.will-be-cut-off', { user: bob.name });

    await setClock('one', '+2h');
    await eventually('all at gateway one are cut off', () => here.every((wire) => wire.over));
    await clearPing(there);
    await clearPing(kept);
    // By its timer, or by a comparison that was due anyway: both look at the clock.
    await one.logged('session.cut-off', { user: bob.name });
    assert.match(await clearAnswer(one, bob), /^in NO/m);
    assert.match(await clearAnswer(two, bob), ACCEPTED);

    await setClock('two', '+2h');
    await eventually('those at gateway two are cut off', () => there.over);
    assert.match(await clearAnswer(two, bob), /^in NO/m);
    await clearPing(kept);
    kept.close();
  },
);

test('a clock that is set back, or far ahead and back, locks nobody out', { timeout: 60_000 }, async () => {
  const dora = { name: 'dora@b.test', password: 'ordinary' };
  for (const offset of ['+10d', '-2h', '+0']) {
    await setClock('one', offset);
    const { wire, ok, said } = await clearLogin(one, dora);
    assert.ok(ok, `${offset}: ${said}`);
    await clearPing(wire);
    wire.close();
  }
});
