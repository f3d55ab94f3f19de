/** The stored form of records: what goes in comes out, and nothing else does. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '#core/fault.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import {
  auditRecords,
  domainRecords,
  lastUseNetwork,
  deliverChange,
  remembering,
  sessionRecords,
  type Codec,
} from '#store/records.ts';
import { accountOf, auditOf, DOMAIN, sessionOf } from './contract.ts';
import type { Change } from '#core/session.ts';

const ALICE = accountOf('alice');

test('a record is stored as JSON with its version', () => {
  const text = domainRecords.encode(DOMAIN, 'example.org');
  assert.deepEqual(JSON.parse(text), { v: 1, record: DOMAIN });
  assert.deepEqual(domainRecords.decode(text, 'example.org'), DOMAIN);
});

test('every kind of opener and audit detail survives', () => {
  for (const opener of [
    { kind: 'ordinary-password' },
    { kind: 'app-password', id: 'p', generation: 3 },
    { kind: 'token', id: 't' },
  ] as const) {
    const session = { ...sessionOf('s', ALICE), opener };
    assert.deepEqual(sessionRecords.decode(sessionRecords.encode(session, 's'), 's'), session);
  }
  const entry: AuditEntry = { ...auditOf(ALICE, 1), account: undefined, detail: { 'a b': 'c', n: 0.5 } };
  const { account: _absent, ...stored } = entry;
  assert.deepEqual(auditRecords.decode(auditRecords.encode(entry, 'x'), 'x'), stored);
});

test('a fault about a record names it and the field, but no value', () => {
  const text = JSON.stringify({ v: 1, record: { ...sessionOf('s', ALICE), address: 42, gateway: 'the-value' } });
  assert.throws(
    () => sessionRecords.decode(text, 'the id'),
    (error) =>
      isFault(error, 'RECORD_INVALID') &&
      /session record of "the id".*: address: /.test(error.message) &&
      !error.message.includes('the-value'),
  );
});

test('changes are read from their message, anything else is not a change', () => {
  const changes: readonly Change[] = [
    { kind: 'account', account: ALICE.name, epoch: 7 },
    { kind: 'domain', domain: 'example.org', epoch: 1 },
    { kind: 'session', id: 's' },
  ];
  const heard: unknown[] = [];
  const watcher = { onChange: (change: Change) => heard.push(change), onGap: () => heard.push('gap') };
  for (const change of changes) assert.ok(deliverChange(JSON.stringify(change), watcher));
  for (const text of ['', 'null', '{}', '{"kind":"account"}', '{"kind":"session","id":"s","more":1}', '[1']) {
    assert.equal(deliverChange(text, watcher), false);
  }
  assert.deepEqual(heard, changes);
});

test('a last use shows no single IPv4 address', () => {
  const table = [
    ['192.0.2.7/32', '192.0.2.0/24'],
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['2001:db8:0:100::/56', '2001:db8:0:100::/56'],
    ['unknown', 'unknown'],
  ] as const;
  for (const [network, shown] of table) assert.equal(lastUseNetwork(network), shown);
});

test('a codec that remembers reads each text once, forgets the oldest, and refuses what cannot be read', () => {
  let reads = 0;
  const codec: Codec<{ text: string }> = {
    encode: ({ text }) => text,
    decode(text) {
      if (text === 'bad') throw new Fault('RECORD_INVALID', 'bad');
      reads += 1;
      return { text };
    },
  };
  const remembered = remembering(codec, 2);
  const read = (text: string): string => remembered.decode(text, 'alice').text;
  assert.deepEqual(['a', 'a', 'b', 'a'].map(read), ['a', 'a', 'b', 'a']);
  assert.equal(reads, 2);
  read('c'); // in the place of the oldest, which is a
  read('b');
  assert.equal(reads, 3);
  read('a');
  assert.equal(reads, 4);
  for (const _ of [1, 2]) assert.throws(() => read('bad'), { code: 'RECORD_INVALID' });
});
