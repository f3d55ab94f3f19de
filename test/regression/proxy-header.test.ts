/** Faults that others had with PROXY headers. */

import test from 'node:test';
import assert from 'node:assert/strict';
import { ProxyHeaderReader } from '#wire/proxy-header.ts';
import type { ProxyRead } from '#wire/proxy-header.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const ADDRESSES = Buffer.from('c0000201cb00710716b503e1', 'hex');

function header(body: Buffer, length = body.length): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, length >> 8, length & 0xff]), body]);
}

function read(bytes: Buffer): ProxyRead {
  return new ProxyHeaderReader().push(bytes);
}

test('Dovecot 2.3.17: TLVs that promise more than they hold are skipped within the header’s length', () => {
  const tlv = Buffer.from([0x20, 0xff, 0xff, 0x01]);
  const body = Buffer.concat([ADDRESSES, ...Array.from({ length: 1000 }, () => tlv)]);
  const result = read(Buffer.concat([header(body), Buffer.from('a NOOP\r\n')]));
  assert.ok(result.kind === 'header');
  assert.equal(result.rest.toString(), 'a NOOP\r\n');
});

test('Dovecot 2.3.17: a header whose length is less than its addresses need takes nothing from what follows', () => {
  for (let length = 0; length < ADDRESSES.length; length += 1) {
    assert.equal(read(header(ADDRESSES, length)).kind, 'fault', `length ${length}`);
  }
});

test('Dovecot 2.3.17: a truncated header is waited for, an oversized one is refused before it is read', () => {
  assert.equal(read(header(ADDRESSES, 4096)).kind, 'more');
  for (const length of [4097, 65_535]) assert.equal(read(header(ADDRESSES, length)).kind, 'fault');
});
