/** What the protocols are, in one list. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { APP_PASSWORD_SCOPES, byProtocol, PROTOCOL_FACTS, PROTOCOLS } from '#core/protocols.ts';
import { MODULES } from '#protocol/all.ts';

test('ports and DNS names are those that are registered', () => {
  const rows = PROTOCOLS.map((protocol) => {
    const { ports, srv } = PROTOCOL_FACTS[protocol];
    return [ports.implicit, srv.implicit, ports.starttls, srv.starttls];
  });
  assert.deepEqual(rows, [
    [993, '_imaps', 143, '_imap'],
    [995, '_pop3s', 110, '_pop3'],
    [465, '_submissions', 587, '_submission'],
    [4190, undefined, 4190, '_sieve'],
  ]);
});

test('no protocol is idle for less than its standard demands, and no name means two of them', () => {
  const facts = PROTOCOLS.map((protocol) => PROTOCOL_FACTS[protocol]);
  for (const { label, idleSeconds, clientAddress, harmlessClientAddress, scope } of facts) {
    assert.ok(idleSeconds.default >= idleSeconds.standard, label);
    assert.ok(clientAddress.includes(harmlessClientAddress), label);
    assert.ok(APP_PASSWORD_SCOPES.includes(scope), label);
  }
  const names = [...PROTOCOLS, ...facts.flatMap(({ otherNames }) => otherNames)];
  assert.equal(new Set(names).size, names.length);
});

test('each protocol is spoken by the module of its name', () => {
  assert.deepEqual(
    byProtocol((protocol) => MODULES[protocol].protocol),
    byProtocol((protocol) => protocol),
  );
});
