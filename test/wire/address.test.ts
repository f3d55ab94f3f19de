import test from 'node:test';
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import fc from 'fast-check';
import { addressBytes, addressText, canonicalAddress } from '#wire/address.ts';

test('an address has one shortest text', () => {
  const forms = {
    '192.0.2.1': '192.0.2.1',
    '::1': '::1',
    '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '::ffff:192.0.2.1': '192.0.2.1',
    '::FFFF:c000:0201': '192.0.2.1',
    '0:0:0:0:0:0:0:0': '::',
    '64:ff9b::192.0.2.1': '64:ff9b::c000:201',
  };
  for (const [text, canonical] of Object.entries(forms)) assert.equal(canonicalAddress(text), canonical);
});

test('what is no address is refused', () => {
  const texts = ['', '1', '1.2.3', '1.2.3.4.', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.4 ', '1.2.3.4\n', '0x7f.1'];
  texts.push(':', ':::', '1::2::3', 'fe80::1%eth0', '[::1]', '::1]/x[', '1:2:3:4:5:6:7', '12345::', 'localhost', '::g');
  for (const text of texts) assert.equal(canonicalAddress(text), undefined, JSON.stringify(text));
});

test('text and bytes are each other’s inverse, and Node agrees that it is an address', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (raw) => {
      const text = addressText(Buffer.from(raw));
      assert.ok(text !== undefined && isIP(text) !== 0);
      assert.equal(canonicalAddress(text), text);
      const back = addressBytes(text);
      assert.deepEqual(
        back.length === 4 ? back : [...back],
        back.length === 4 ? Buffer.from(raw).subarray(-4) : [...raw],
      );
    }),
    { seed: 1, numRuns: 500 },
  );
  assert.equal(addressText(Buffer.alloc(5)), undefined);
});
