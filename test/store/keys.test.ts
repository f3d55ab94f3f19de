/** The key plan: no name can leave its place in a key. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '#core/fault.ts';
import { DEFAULT_KEY_PREFIX, escapeKeyPart, keyPlan } from '#store/keys.ts';

const RUNS = { seed: 27_924, numRuns: 200 } as const;

test('an ordinary name is its own escaped form', () => {
  for (const name of ['alice@example.org', 'o.neil+news@example.org', 'a_b-c@xn--bcher-kva.example', '192.0.2.7']) {
    assert.equal(escapeKeyPart(name), name);
  }
});

test('everything else is escaped byte by byte', () => {
  const table = [
    ['', '%'],
    ['%', '%25'],
    ['A', '%41'],
    ['{a}', '%7Ba%7D'],
    ['a:b', 'a%3Ab'],
    ['a b', 'a%20b'],
    ['\r\n\0', '%0D%0A%00'],
    ['ä', '%C3%A4'],
    ['192.0.2.7/32', '192.0.2.7%2F32'],
  ] as const;
  for (const [name, escaped] of table) assert.equal(escapeKeyPart(name), escaped);
});

test('whatever the name, its escaped form is short and harmless', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (name) => {
      assert.match(escapeKeyPart(name), /^(%|=[0-9a-f]{64}|([a-z0-9@._+-]|%[0-9A-F]{2})+)$/);
      assert.ok(escapeKeyPart(name).length <= 1024);
    }),
    RUNS,
  );
});

test('two names never share an escaped form', () => {
  const wellFormed = fc.string({ unit: 'binary', maxLength: 600 });
  fc.assert(
    fc.property(wellFormed, wellFormed, (one, other) => {
      assert.equal(escapeKeyPart(one) === escapeKeyPart(other), one === other);
    }),
    RUNS,
  );
  assert.notEqual(escapeKeyPart('a'.repeat(2000)), escapeKeyPart('a'.repeat(2001)));
});

test('every key has the prefix, its kind and at most one owner', () => {
  const keys = keyPlan(DEFAULT_KEY_PREFIX);
  assert.equal(keys.account('alice@example.org'), 'postern:1:account:{alice@example.org}');
  assert.equal(
    keys.wrongFrom('alice@example.org', '2001:db8::/56'),
    'postern:1:wrong-from:{alice@example.org}:2001%3Adb8%3A%3A%2F56',
  );
  assert.equal(keys.domain('}{:x'), 'postern:1:domain:{%7D%7B%3Ax}');
  assert.equal(keys.domains, 'postern:1:domains');
});

test('a prefix that could change the shape of keys is refused', () => {
  for (const prefix of ['', '{', 'a}', 'a b', 'ä', 'a'.repeat(65)]) {
    assert.throws(
      () => keyPlan(prefix),
      (error) => isFault(error, 'CONFIG_INVALID'),
    );
  }
});
