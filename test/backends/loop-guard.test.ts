import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadsToUs } from '#backends/loop-guard.ts';

const own = (): readonly string[] => ['127.0.0.1', '::1', '192.0.2.10', '2001:db8::10'];
const leads = (address: string, port: number, listening: string): boolean =>
  leadsToUs({ address, port }, [{ address: listening, port: 993 }], own);

test('a connection to the address and port of a listener has come to it', () => {
  assert.equal(leads('192.0.2.10', 993, '192.0.2.10'), true);
  assert.equal(leads('::ffff:192.0.2.10', 993, '192.0.2.10'), true);
  assert.equal(leads('2001:db8::10', 993, '2001:DB8:0::10'), true);
});

test('a listener on all addresses is met at each address of this machine', () => {
  for (const address of ['127.0.0.1', '127.0.0.9', '192.0.2.10']) {
    assert.equal(leads(address, 993, '::'), true, address);
    assert.equal(leads(address, 993, '0.0.0.0'), true, address);
  }
  assert.equal(leads('2001:db8::10', 993, '::'), true);
  assert.equal(leads('2001:db8::10', 993, '0.0.0.0'), false);
});

test('a mail server beside us, or elsewhere, is not us', () => {
  assert.equal(leads('127.0.0.1', 10_993, '::'), false);
  assert.equal(leads('127.0.0.1', 993, '192.0.2.10'), false);
  assert.equal(leads('198.51.100.1', 993, '::'), false);
  assert.equal(leads('', 993, '::'), false);
  assert.equal(leadsToUs({ address: '127.0.0.1', port: 993 }, [], own), false);
});
