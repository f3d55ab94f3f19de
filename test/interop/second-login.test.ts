/**
 * Nobody who has logged in logs in a second time past the gateway. Every mail server that the tests start is driven
 * through every way of becoming anna, who has enrolled, by bob, who knows her ordinary password; what the server itself
 * wrote says whom it has let in.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import type { Protocol } from '#core/protocols.ts';
import { eventually } from '../support/processes.ts';
import { goEveryWay, goThisWay, using, waysToLogIn, type Door } from '../support/second-login.ts';
import { person, startSecondLoginWorld, type Peer } from '../support/second-login-world.ts';

const world = await startSecondLoginWorld();
after(() => world.stop());

/** As many sessions at one time for each server and kind of TLS, all of which have theirs at one time. */
const ABREAST = 3;
const LONG = { timeout: 120_000 } as const;

interface Seen {
  readonly protocol: Protocol;
  readonly sessions: number;
  /** Whom the server says it has let in. */
  readonly names: readonly string[];
}

const everything = await Promise.all(world.peers.map(async (peer) => ({ peer, seen: await everyWay(peer) })));

for (const { peer, seen } of everything) {
  for (const { protocol, sessions, names } of seen) {
    test(`${peer.name}: ${protocol}: who has logged in stays who it is`, () => {
      const [bob, carl] = [person('bob', peer).name, person('carl', peer).name];
      assert.deepEqual(new Set([bob, ...names]), new Set([bob, carl]));
      if (peer.eachLogin) assert.equal(names.filter((name) => name === bob).length, sessions);
    });
  }
}

function doorOf(protocol: Protocol): Door {
  return { port: world.gateway.port(protocol) };
}

async function everyWay(peer: Peer): Promise<readonly Seen[]> {
  const all: Seen[] = [];
  const bob = world.bobOf(peer);
  for (const protocol of peer.protocols) {
    const before = peer.letIn(protocol).length;
    const sessions = await goEveryWay(doorOf(protocol), protocol, [bob, person('anna', peer)], ABREAST);
    all.push({ protocol, sessions, names: await afterCarl(peer, protocol, before) });
  }
  return all;
}

/** Whom the server has let in since, once it says so of carl, who comes last, by a login as it should be. */
async function afterCarl(peer: Peer, protocol: Protocol, before: number): Promise<readonly string[]> {
  const carl = person('carl', peer);
  await goThisWay(doorOf(protocol), protocol, carl, using(protocol, carl));
  return eventually(`${peer.name} tells of ${carl.name}`, () => {
    const names = peer.letIn(protocol).slice(before);
    return names.includes(carl.name) && names;
  });
}

test("Cyrus' ManageSieve forgets a login on request, so the gateway does not use it", LONG, async () => {
  const cyrus = world.peers.filter(({ name }) => name.startsWith('Cyrus, none'));
  assert.equal(cyrus.length, 1);
  for (const peer of cyrus) {
    const [bob, anna] = [person('bob', peer), person('anna', peer)];
    const before = peer.letIn('sieve').length;
    const way = waysToLogIn('sieve', bob, anna).find(({ name }) => name === 'UNAUTHENTICATE, as it is');
    await goThisWay({ port: world.servers.cyrus.sieve }, 'sieve', bob, way?.steps ?? []);
    assert.deepEqual(peer.letIn('sieve').slice(before), [bob.name, anna.name]);
    await assert.rejects(goThisWay(doorOf('sieve'), 'sieve', world.bobOf(peer), []), /BYE \(TRYLATER\)/);
    await world.gateway.logged('backend.down', { backend: 'cyrus-none', protocol: 'sieve' });
  }
});
