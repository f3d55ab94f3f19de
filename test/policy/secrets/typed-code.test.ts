import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typedCode } from '#policy/secrets/typed-code.ts';

test('a code is read as people type and paste it, in any script', () => {
  const rows = [
    '123456',
    ' 123 456 ',
    '123-456',
    '123\u2013456',
    '123\u00a0456',
    '１２３４５６',
    '١٢٣٤٥٦',
    '۱۲۳۴۵۶',
    '१२३४५६',
    '\u200e123456\u200f',
    '\u2066123456\u2069',
    '𝟙𝟚𝟛𝟜𝟝𝟞',
  ];
  for (const typed of rows) assert.equal(typedCode(typed), '123456', JSON.stringify(typed));
});

test('letters, and digits that are missing, stay what they are', () => {
  assert.equal(typedCode('12a456'), '12a456');
  assert.equal(typedCode(''), '');
  assert.equal(typedCode('½'), '1⁄2');
});
