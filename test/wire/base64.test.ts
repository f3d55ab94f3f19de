import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from '#wire/base64.ts';
import { decodeUtf8, lineFromUtf8, utf8FromLine } from '#wire/utf8.ts';

test('the vectors of RFC 4648 §10 decode and encode', () => {
  const vectors = {
    '': '',
    f: 'Zg==',
    fo: 'Zm8=',
    foo: 'Zm9v',
    foob: 'Zm9vYg==',
    fooba: 'Zm9vYmE=',
    foobar: 'Zm9vYmFy',
  };
  for (const [plain, encoded] of Object.entries(vectors)) {
    assert.equal(decodeBase64(encoded)?.toString(), plain);
    assert.equal(encodeBase64(plain), encoded);
  }
});

test('anything but the one canonical spelling is malformed', () => {
  const malformed = [
    'Z',
    'Zg',
    'Zg=',
    'Zh==',
    'Zm9=',
    'Zg==Zg==',
    '=',
    '====',
    'Zm9v\n',
    ' Zm9v',
    'Zm-_',
    'Zm9v=',
    '*',
    'é===',
    'Zg==\0',
  ];
  for (const text of malformed) assert.equal(decodeBase64(text), undefined, JSON.stringify(text));
});

test('every byte string survives a round trip', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), Buffer.from(bytes));
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('UTF-8 is decoded whole or not at all', () => {
  assert.equal(utf8FromLine('gr\xc3\xbcn'), 'grün');
  assert.equal(lineFromUtf8('grün'), 'gr\xc3\xbcn');
  assert.equal(decodeUtf8(Buffer.from('\ufeffbom')), '\ufeffbom');
  for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
    assert.equal(decodeUtf8(Buffer.from(bytes)), undefined, bytes.join());
  }
});
