import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APP_PASSWORD_ALPHABET, appPasswordCharacters, looksLikeAppPassword } from '#core/app-password-shape.ts';

test('the alphabet has 32 characters, none twice, none that looks like another', () => {
  assert.equal(new Set(APP_PASSWORD_ALPHABET).size, 32);
  assert.match(APP_PASSWORD_ALPHABET, /^[a-km-np-z2-9]+$/);
});

test('groups, case and what surrounds a pasted app password make no difference', () => {
  const spellings = [
    'abcdefghjkmn2345',
    'abcd efgh jkmn 2345',
    'ABCD-EFGH-JKMN-2345',
    ' abcd\u00a0efgh\u2013jkmn\t2345\n',
  ];
  for (const typed of spellings) assert.equal(appPasswordCharacters(typed), 'abcdefghjkmn2345');
});

test('other lengths and other characters are not app passwords', () => {
  const others = [
    '',
    'abcdefghjkmn234',
    'abcdefghjkmn23456',
    'abcdefghjkmno345',
    'abcdefghjkmn.345',
    'abcdefghjkmn2345'.repeat(9),
  ];
  for (const typed of others) assert.equal(looksLikeAppPassword(typed), false, typed);
});
