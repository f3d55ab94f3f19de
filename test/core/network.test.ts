import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';

import fc from 'fast-check';

import {
  UNKNOWN_NETWORK,
  addressFromProxy,
  canonicalAddress,
  formatNetwork,
  networkContains,
  networkOf,
  parseAddress,
  parseNetwork,
} from '#core/network.ts';

function block(text: string) {
  const network = parseNetwork(text);
  assert.ok(network, `${text} is a block`);
  return network;
}

test('an address has one shortest text form', () => {
  const forms = [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1::', '1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as const;
  for (const [typed, shortest] of forms) assert.equal(canonicalAddress(typed), shortest);
});

test('an IPv4-mapped address is the IPv4 address', () => {
  assert.equal(canonicalAddress('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(canonicalAddress('::FFFF:c000:207'), '192.0.2.7');
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7/32');
  assert.ok(networkContains(block('192.0.2.0/24'), '::ffff:192.0.2.7'));
  assert.equal(formatNetwork(block('::ffff:10.0.0.0/104')), '10.0.0.0/8');
});

test('what could be read in two ways is no address', () => {
  const refused = ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '0x7f.0.0.1', '1.2.3.4 ', '1.2.3.4%eth0'];
  refused.push(':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::');
  refused.push('1.2.3.4::', '::1.2.3.4:5', '1:2:3:4:5:6:7:1.2.3.4', '::1.2.3', 'fe80::1%', 'fe80::1%a%b', '::1\0');
  for (const text of refused) assert.equal(parseAddress(text), undefined, text);
});

test('what is not a block is refused, host bits included', () => {
  const refused = ['10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/', '10.0.0.0/8/8', '/8'];
  refused.push('2001:db8::/129', '2001:db8::1/32', '::ffff:10.0.0.0/95', 'fe80::%eth0/64', '10.0.0.0/8 ', 'any');
  for (const text of refused) assert.equal(parseNetwork(text), undefined, text);
});

test('a bare address is the block that holds only it', () => {
  assert.equal(formatNetwork(block('192.0.2.7')), '192.0.2.7/32');
  assert.equal(formatNetwork(block('2001:DB8::1')), '2001:db8::1/128');
});

test('a block holds its first and last address and not their neighbours', () => {
  const rows = [
    ['192.0.2.64/26', ['192.0.2.64', '192.0.2.127'], ['192.0.2.63', '192.0.2.128']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::1', '2001:db8::1']],
    ['::/0', ['::', 'ffff::'], ['192.0.2.1']],
    ['2001:db8::/33', ['2001:db8::', '2001:db8:7fff::1'], ['2001:db8:8000::']],
    ['192.0.2.7/32', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8', 'nonsense', '']],
  ] as const;
  for (const [text, inside, outside] of rows) {
    for (const address of inside) assert.ok(networkContains(block(text), address), `${text} holds ${address}`);
    for (const address of outside) assert.ok(!networkContains(block(text), address), `${text} lacks ${address}`);
  }
});

test('limits count a single IPv4 address and a /56 of IPv6', () => {
  assert.equal(networkOf('192.0.2.7'), '192.0.2.7/32');
  assert.equal(networkOf('2001:db8:0:1ff:aaaa::1'), '2001:db8:0:100::/56');
  assert.equal(networkOf('2001:db8:0:200::1'), '2001:db8:0:200::/56');
  assert.equal(networkOf('@unix'), UNKNOWN_NETWORK);
});

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const address = fc.oneof(ipv4, fc.ipV6());

test('membership agrees with the runtime on random blocks', () => {
  fc.assert(
    fc.property(address, address, fc.nat(128), (base, other, bits) => {
      const whole = block(base);
      const prefix = Math.min(bits, whole.family === 4 ? 32 : 128);
      const hostBits = BigInt((whole.family === 4 ? 32 : 128) - prefix);
      const network = { ...whole, first: (whole.first >> hostBits) << hostBits, prefixBits: prefix };
      const list = new BlockList();
      list.addSubnet(formatNetwork(network).split('/')[0] ?? '', prefix, whole.family === 4 ? 'ipv4' : 'ipv6');
      for (const candidate of [base, other]) {
        const plain = canonicalAddress(candidate) ?? '';
        const known = isIP(plain) === 4 ? list.check(plain) : list.check(plain, 'ipv6');
        if (isIP(plain) === (whole.family === 4 ? 4 : 6)) assert.equal(networkContains(network, candidate), known);
        else assert.equal(networkContains(network, candidate), false);
      }
      assert.deepEqual(parseNetwork(formatNetwork(network)), network);
    }),
    { seed: 20, numRuns: 500 },
  );
});

test('an address is accepted exactly when the runtime accepts it', () => {
  const text = fc.oneof(address, fc.stringMatching(/^[0-9a-f:.]{0,20}$/));
  fc.assert(
    fc.property(text, (candidate) => {
      assert.equal(parseAddress(candidate) !== undefined, isIP(candidate) !== 0, candidate);
    }),
    { seed: 21, numRuns: 2000 },
  );
});

test('a reverse proxy may add a port to an address, and put IPv6 into brackets', () => {
  const rows = [
    ['198.51.100.40', '198.51.100.40'],
    ['198.51.100.40:50000', '198.51.100.40'],
    ['[2001:db8::5]:4444', '2001:db8::5'],
    ['[2001:DB8::5]', '2001:db8::5'],
    ['2001:db8::5', '2001:db8::5'],
    ['[::ffff:192.0.2.1]:1', '192.0.2.1'],
  ] as const;
  for (const [written, address] of rows) assert.equal(addressFromProxy(written), address);
  for (const written of ['', 'unknown', '_hidden', '192.0.2.1:', '192.0.2.1:x', '[192.0.2.1', '300.0.0.1:25']) {
    assert.equal(addressFromProxy(written), undefined, written);
  }
});
