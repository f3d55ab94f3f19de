import test from 'node:test';
import assert from 'node:assert/strict';
import { Secret } from '#core/secret.ts';
import { isFault } from '#core/fault.ts';
import { loginResponses, plainMessage } from '#sasl/client.ts';
import { begin } from '#sasl/exchange.ts';

test('what the client side writes, the server side reads', () => {
  const initialResponse = plainMessage({ authzid: 'ürsel', authcid: 'kurt', password: new Secret('pä ss') });
  const step = begin({ mechanism: 'PLAIN', initialResponse, offered: ['PLAIN'] });
  assert.ok(step.kind === 'credentials' && step.credentials.offered.kind === 'password');
  assert.equal(step.credentials.authzid, 'ürsel');
  assert.equal(step.credentials.authcid, 'kurt');
  assert.equal(step.credentials.offered.password.expose(), 'pä ss');
});

test('LOGIN answers are the name and the password in base64', () => {
  assert.deepEqual(loginResponses('tim', new Secret('x y')), ['dGlt', 'eCB5']);
});

test('a NUL is never sent, because it would shift the fields of PLAIN', () => {
  const refused = (error: unknown): boolean => isFault(error, 'CLIENT_INVALID');
  assert.throws(() => plainMessage({ authcid: 'a\0b', password: new Secret('x') }), refused);
  assert.throws(() => plainMessage({ authcid: 'a', password: new Secret('x\0') }), refused);
  assert.throws(() => plainMessage({ authzid: '\0', authcid: 'a', password: new Secret('x') }), refused);
  assert.throws(() => loginResponses('a\0', new Secret('x')), refused);
  assert.throws(() => loginResponses('a', new Secret('\0')), refused);
});
