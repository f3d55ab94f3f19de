import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carried, nameSendable, offeredSendable, passwordSendable } from '#core/credentials.ts';
import { Secret } from '#core/secret.ts';

const UNCARRIED = ['a\0b', 'a\rb', 'a\nb', '\0', '\r\n', 'right\n'];

test('an ordinary password that is empty, or holds NUL, CR or LF, is never asked about', () => {
  for (const text of ['', ...UNCARRIED]) {
    const password = new Secret(text);
    assert.equal(passwordSendable(password), false, JSON.stringify(text));
    assert.equal(offeredSendable({ kind: 'password', password }), false, JSON.stringify(text));
  }
});

test('every other octet of a password may be sent, in whatever encoding', () => {
  for (const octet of Array.from({ length: 256 }, (_, value) => value).filter(
    (value) => ![0, 10, 13].includes(value),
  )) {
    assert.ok(passwordSendable(new Secret(Uint8Array.of(octet))), `octet ${octet}`);
  }
});

test('a name that is empty, or holds NUL, CR or LF, is never asked about', () => {
  for (const name of ['', ...UNCARRIED]) assert.equal(nameSendable(name), false, JSON.stringify(name));
  assert.ok(nameSendable('jürgen@example.org'));
});

test('an empty text can be carried, in a command where that is no login', () => {
  assert.ok(carried(''));
  assert.ok(!UNCARRIED.some((text) => carried(text)));
});

test('a token is judged by the gateway, so what a backend can carry does not matter', () => {
  assert.ok(offeredSendable({ kind: 'token', token: new Secret('') }));
});
