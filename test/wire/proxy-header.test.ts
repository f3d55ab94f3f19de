import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeProxyV2, ProxyHeaderReader } from '#wire/proxy-header.ts';
import type { ProxyRead } from '#wire/proxy-header.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function read(bytes: Buffer): ProxyRead {
  return new ProxyHeaderReader().push(bytes);
}

/** Feeds single bytes; what follows the header comes back in one piece as `rest`. */
function readByteByByte(bytes: Buffer): ProxyRead {
  const reader = new ProxyHeaderReader();
  for (let at = 0; at < bytes.length; at += 1) {
    const result = reader.push(bytes.subarray(at, at + 1));
    if (result.kind === 'header') return { ...result, rest: Buffer.concat([result.rest, bytes.subarray(at + 1)]) };
    if (result.kind === 'fault') return result;
  }
  return { kind: 'more' };
}

function show(result: ProxyRead): string {
  if (result.kind !== 'header') return result.kind;
  const { header, rest } = result;
  const tail = rest.length === 0 ? '' : ` + ${rest.toString('latin1')}`;
  if (header.kind === 'local') return `local${tail}`;
  const { source, destination } = header;
  return `${source.address} ${source.port} > ${destination.address} ${destination.port}${tail}`;
}

function both(bytes: Buffer): string {
  const whole = show(read(bytes));
  assert.equal(show(readByteByByte(bytes)), whole, 'byte by byte');
  return whole;
}

function v2(command: number, family: number, body: Buffer, length = body.length): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, length >> 8, length & 0xff]), body]);
}

const V4_BODY = Buffer.from('c0000201cb00710716b503e1', 'hex');

test('version 1 headers give both ends and leave the rest', () => {
  assert.equal(
    both(Buffer.from('PROXY TCP4 192.0.2.1 203.0.113.7 5813 993\r\na NOOP\r\n')),
    '192.0.2.1 5813 > 203.0.113.7 993 + a NOOP\r\n',
  );
  assert.equal(both(Buffer.from('PROXY TCP6 2001:DB8::0:1 ::1 65535 0\r\n')), '2001:db8::1 65535 > ::1 0');
  assert.equal(both(Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n')), '192.0.2.1 1 > 192.0.2.2 2');
});

test('version 1 UNKNOWN is a connection of the proxy’s own, whatever else it says', () => {
  assert.equal(both(Buffer.from('PROXY UNKNOWN\r\nx')), 'local + x');
  assert.equal(both(Buffer.from('PROXY UNKNOWN ffff:f...f:ffff x y z\r\n')), 'local');
});

test('a version 1 header that breaks a rule is refused', () => {
  const lines = [
    'PROXY TCP4 192.0.2.1 203.0.113.7 5813 993\n',
    'PROXY TCP4 192.0.2.1 203.0.113.7 5813 993 \r\n',
    'PROXY TCP4  192.0.2.1 203.0.113.7 5813 993\r\n',
    'PROXY TCP4 192.0.2.1 203.0.113.7 5813\r\n',
    'PROXY TCP4 192.0.2.1 203.0.113.7 65536 1\r\n',
    'PROXY TCP4 192.0.2.1 203.0.113.7 01 1\r\n',
    'PROXY TCP4 192.0.2.1 203.0.113.7 -1 1\r\n',
    'PROXY TCP4 192.0.2.01 203.0.113.7 1 1\r\n',
    'PROXY TCP4 ::1 ::1 1 1\r\n',
    'PROXY TCP6 192.0.2.1 192.0.2.1 1 1\r\n',
    'PROXY TCP6 fe80::1%lo ::1 1 1\r\n',
    'PROXY UDP4 192.0.2.1 192.0.2.1 1 1\r\n',
    'PROXY UNKNOWNX\r\n',
    'PROXY \r\n',
    'proxy TCP4 192.0.2.1 203.0.113.7 5813 993\r\n',
    'GET / HTTP/1.1\r\n',
    '\x16\x03\x01\x02\x00',
    'a1 LOGIN x y\r\n',
  ];
  for (const line of lines) assert.equal(both(Buffer.from(line, 'latin1')), 'fault', JSON.stringify(line));
});

test('a version 1 header is refused as soon as it is too long', () => {
  const longest = `PROXY UNKNOWN ${'f'.repeat(107 - 14 - 2)}\r\n`;
  assert.equal(both(Buffer.from(longest)), 'local');
  assert.equal(both(Buffer.from(longest.replace('\r\n', 'f\r\n'))), 'fault');
  assert.equal(both(Buffer.from(`PROXY UNKNOWN ${'f'.repeat(200)}`)), 'fault');
});

test('a truncated header of either version waits for more', () => {
  const whole = [Buffer.from('PROXY TCP4 192.0.2.1 203.0.113.7 5813 993\r\n'), v2(0x21, 0x11, V4_BODY)];
  for (const bytes of whole) {
    for (let size = 1; size < bytes.length; size += 1) assert.equal(show(read(bytes.subarray(0, size))), 'more');
  }
});

test('version 2 headers give both ends, skip TLVs and leave the rest', () => {
  const v6 = Buffer.from(`20010db8${'00'.repeat(11)}01${'00'.repeat(15)}01000103e1`, 'hex');
  const tlvs = Buffer.concat([Buffer.from([0x04, 0x00, 0x03]), Buffer.from('abc'), Buffer.from([0x20, 0xff, 0xff])]);
  assert.equal(both(v2(0x21, 0x11, V4_BODY)), '192.0.2.1 5813 > 203.0.113.7 993');
  assert.equal(
    both(Buffer.concat([v2(0x21, 0x11, Buffer.concat([V4_BODY, tlvs])), Buffer.from('rest')])),
    '192.0.2.1 5813 > 203.0.113.7 993 + rest',
  );
  assert.equal(both(v2(0x21, 0x21, v6)), '2001:db8::1 1 > ::1 993');
});

test('version 2 LOCAL, unspecified and UNIX senders name nobody', () => {
  assert.equal(both(v2(0x20, 0x00, Buffer.alloc(0))), 'local');
  assert.equal(both(v2(0x20, 0x11, V4_BODY)), 'local');
  assert.equal(both(v2(0x20, 0xff, Buffer.from('x'))), 'local');
  assert.equal(both(v2(0x21, 0x00, Buffer.alloc(0))), 'local');
  assert.equal(both(v2(0x21, 0x31, Buffer.alloc(216))), 'local');
});

test('a version 2 header that breaks a rule is refused', () => {
  assert.equal(both(v2(0x11, 0x11, V4_BODY)), 'fault', 'version 1 in a version 2 header');
  assert.equal(both(v2(0x22, 0x11, V4_BODY)), 'fault', 'unknown command');
  assert.equal(both(v2(0x21, 0x12, V4_BODY)), 'fault', 'UDP');
  assert.equal(both(v2(0x21, 0x41, V4_BODY)), 'fault', 'unknown family');
  assert.equal(both(v2(0x21, 0x11, V4_BODY.subarray(0, 11))), 'fault', 'body shorter than its addresses');
  assert.equal(both(v2(0x21, 0x21, Buffer.alloc(35))), 'fault', 'body shorter than its addresses');
  assert.equal(both(v2(0x21, 0x11, V4_BODY, 4097)), 'fault', 'oversized');
  assert.equal(both(Buffer.from('\r\n\r\n\0\r\nQUIX')), 'fault', 'almost the signature');
});

test('what we encode we read, in either family and mixed', () => {
  const address = fc.constantFrom('192.0.2.1', '255.255.255.255', '::1', '2001:db8::1:0:1', 'fe80::1', '1::');
  const port = fc.integer({ min: 0, max: 65_535 });
  const endpoint = fc.record({ address, port });
  fc.assert(
    fc.property(endpoint, endpoint, (source, destination) => {
      const expected = `${source.address} ${source.port} > ${destination.address} ${destination.port}`;
      assert.equal(both(encodeProxyV2({ source, destination })), expected);
    }),
    { seed: 1, numRuns: 200 },
  );
  assert.equal(both(encodeProxyV2('local')), 'local');
  assert.throws(() => encodeProxyV2({ source: { address: 'x', port: 1 }, destination: { address: '::1', port: 1 } }));
});

test('random bytes end in more, a header or a fault, never in anything else', () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      SIGNATURE,
      Buffer.from('PROXY TCP4 '),
      Buffer.from('1.2.3.4 '),
      Buffer.from('\r\n'),
      Buffer.from([0x21, 0x11, 0, 12]),
    ),
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
      both(Buffer.concat(chunks));
    }),
    { seed: 1, numRuns: 500 },
  );
});
