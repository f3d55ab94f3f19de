import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hosts, retryAfterMs } from '#backends/hosts.ts';

const names = (hosts: readonly { readonly host: string }[]): readonly string[] => hosts.map(({ host }) => host);

test('the host with the fewest sessions is tried first', () => {
  const hosts = new Hosts(['a', 'b', 'c'], 'least-connections');
  for (const [index, host] of hosts.all.entries()) host.active = [5, 1, 3][index] ?? 0;
  assert.deepEqual(names(hosts.candidates('alice@example.org')), ['b', 'c', 'a']);
});

test('by account, everybody keeps their host when another one goes away', () => {
  const hosts = new Hosts(['a', 'b', 'c'], 'account');
  const accounts = Array.from({ length: 200 }, (_, index) => `user${index}@example.org`);
  const before = accounts.map((account) => hosts.candidates(account)[0]?.host);
  assert.equal(new Set(before).size, 3);
  const gone = hosts.all.find(({ host }) => host === 'b');
  assert.ok(gone);
  hosts.markDown(gone, 'refused');
  for (const [index, account] of accounts.entries()) {
    const now = hosts.candidates(account)[0]?.host;
    if (before[index] === 'b') assert.notEqual(now, 'b');
    else assert.equal(now, before[index]);
  }
});

test('a host that is down is no candidate until it is up again', () => {
  const hosts = new Hosts(['a', 'b'], 'least-connections');
  const [first] = hosts.all;
  assert.ok(first);
  assert.equal(hosts.markDown(first, 'refused'), true);
  assert.equal(hosts.markDown(first, 'refused'), false);
  assert.deepEqual(names(hosts.candidates('x')), ['b']);
  assert.equal(hosts.markUp(first), true);
  assert.equal(hosts.markUp(first), false);
  assert.equal(hosts.candidates('x').length, 2);
});

test('only what every host that is up announces counts as a capability', () => {
  const hosts = new Hosts(['a', 'b'], 'least-connections');
  assert.equal(hosts.capabilities, undefined);
  const [first, second] = hosts.all;
  assert.ok(first && second);
  first.capabilities = ['IDLE', 'MOVE', 'ID'];
  assert.deepEqual(hosts.capabilities, ['IDLE', 'MOVE', 'ID']);
  second.capabilities = ['ID', 'IDLE'];
  assert.deepEqual(hosts.capabilities, ['IDLE', 'ID']);
  hosts.markDown(second, 'refused');
  assert.deepEqual(hosts.capabilities, ['IDLE', 'MOVE', 'ID']);
  hosts.markDown(first, 'refused');
  assert.equal(hosts.capabilities, undefined);
});

test('a host that keeps failing is asked less and less often, at most every half minute', () => {
  assert.deepEqual([1, 2, 3, 5, 6, 100].map(retryAfterMs), [1000, 2000, 4000, 16_000, 30_000, 30_000]);
});
