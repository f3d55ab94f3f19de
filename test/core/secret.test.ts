import assert from 'node:assert/strict';
import { format, inspect } from 'node:util';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';

const TEXT = 'hunter2 with spaces';

test('a secret gives its text only when asked to expose it', () => {
  assert.equal(new Secret(TEXT).expose(), TEXT);
});

test('a secret shows itself in no text, JSON, error or inspection', () => {
  const secret = new Secret(TEXT);
  const nested = { login: { password: secret, list: [secret], map: new Map([['password', secret]]) } };
  const shown = [
    String(secret),
    ['refused', secret].join(' '),
    JSON.stringify(secret),
    JSON.stringify(nested),
    inspect(secret),
    inspect(nested, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, nested, nested),
    new Error('refused ' + String(secret)).message,
    inspect(new Error('refused', { cause: secret })),
    Object.entries(secret).join(),
    Object.getOwnPropertyNames(secret).join(),
  ];
  for (const text of shown) assert.doesNotMatch(text, /hunter2/);
});

test('a copy of a secret does not carry the text along', () => {
  const copy = Object.assign({}, new Secret(TEXT));
  assert.doesNotMatch(inspect(copy) + JSON.stringify(copy), /hunter2/);
});
