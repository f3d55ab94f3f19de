/** Who is let in where it is full, and who makes room. */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ConnectionLimits, type ConnectionSlot } from '#connection/connection-limits.ts';

const LIMITS = { maxConnections: 4, maxConnectionsPerNetwork: 2, maxUnauthenticated: 3 };
const nothing = (): void => {};

function entered(limits: ConnectionLimits, address: string, yieldSlot = nothing): ConnectionSlot {
  const slot = limits.enter(address, yieldSlot);
  assert.ok(typeof slot === 'object');
  return slot;
}

test('connections that have logged in are bounded in all and per network, and a slot that is left can be taken again', () => {
  const limits = new ConnectionLimits(LIMITS);
  const first = entered(limits, '192.0.2.1');
  for (const slot of [first, entered(limits, '192.0.2.1')]) slot.keep();
  assert.equal(limits.enter('192.0.2.1', nothing), 'max-connections-per-network');
  for (const address of ['192.0.2.2', '192.0.2.3']) entered(limits, address).keep();
  assert.equal(limits.enter('192.0.2.4', nothing), 'max-connections');
  first.leave();
  first.leave();
  assert.equal(limits.total, 3);
  entered(limits, '192.0.2.1');
});

test('addresses of one IPv6 /56 share their bound', () => {
  const limits = new ConnectionLimits(LIMITS);
  for (const address of ['2001:db8:0:100::1', '2001:db8:0:1ff::2']) entered(limits, address).keep();
  assert.equal(limits.enter('2001:db8:0:180::3', nothing), 'max-connections-per-network');
  entered(limits, '2001:db8:0:200::1');
});

test('a network at its bound makes room with its own oldest silent one', () => {
  const limits = new ConnectionLimits(LIMITS);
  const yielded: string[] = [];
  entered(limits, '192.0.2.1', () => yielded.push('oldest'));
  entered(limits, '192.0.2.1', () => yielded.push('second'));
  entered(limits, '192.0.2.1', () => yielded.push('third'));
  assert.deepEqual([yielded, limits.total], [['oldest'], 2]);
});

test('the network with the most silent ones makes room for others, with its oldest', () => {
  const limits = new ConnectionLimits({ maxConnections: 100, maxConnectionsPerNetwork: 100, maxUnauthenticated: 4 });
  const yielded: string[] = [];
  const enter = (name: string, address: string): ConnectionSlot => entered(limits, address, () => yielded.push(name));
  enter('lonely', '192.0.2.1');
  enter('greedy 1', '192.0.2.9').keep();
  for (const name of ['greedy 2', 'greedy 3', 'greedy 4']) enter(name, '192.0.2.9');
  assert.deepEqual(yielded, []);
  enter('newcomer', '192.0.2.2');
  assert.deepEqual(yielded, ['greedy 2']);
  assert.deepEqual([limits.unauthenticated, limits.total], [4, 5]);
});

test('one that has been answered makes room again, as the youngest of its network', () => {
  const limits = new ConnectionLimits({ ...LIMITS, maxConnectionsPerNetwork: 2 });
  const yielded: string[] = [];
  const first = entered(limits, '192.0.2.1', () => yielded.push('first'));
  entered(limits, '192.0.2.1', () => yielded.push('second'));
  first.keep();
  first.rest();
  entered(limits, '192.0.2.1');
  assert.deepEqual(yielded, ['second']);
});

test('whatever comes and goes, nothing is counted twice and no bound is passed', () => {
  const step = fc.record({ who: fc.nat(3), what: fc.constantFrom('enter', 'keep', 'rest', 'leave'), which: fc.nat(8) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const limits = new ConnectionLimits(LIMITS);
      const open: ConnectionSlot[] = [];
      for (const { who, what, which } of steps) {
        if (what === 'enter') {
          const slot: ConnectionSlot | string = limits.enter(`192.0.2.${who}`, () => {
            const gone = open.findIndex((one) => one.left);
            assert.ok(gone >= 0);
            open.splice(gone, 1);
          });
          if (typeof slot !== 'string') open.push(slot);
        } else if (what === 'leave') open.splice(which, 1)[0]?.leave();
        else open[which]?.[what]();
        assert.equal(limits.total, open.length);
        assert.ok(limits.total <= LIMITS.maxConnections && limits.unauthenticated <= LIMITS.maxUnauthenticated);
      }
      for (const slot of open) slot.leave();
      assert.deepEqual([limits.total, limits.unauthenticated], [0, 0]);
    }),
  );
});
