/** What users are told to connect to, by what is listened on and what the operator says. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { mailServers } from '#config/mail-servers.ts';
import { ConfigSchema } from '#config/schema.ts';

function serversOf(listeners: readonly object[], told: object = {}): readonly string[] {
  const config = ConfigSchema.parse({
    hostname: 'mail.example.org',
    listeners,
    backends: { main: { hosts: ['127.0.0.1'], imap: {} } },
    portal: { url: 'https://mail.example.org', mailServers: told },
  });
  return mailServers(config).map(({ protocol, host, port, tls }) => `${protocol} ${host}:${port} ${tls}`);
}

test('the listeners are told, TLS from the first byte where there is a choice', () => {
  const listeners = [
    { protocol: 'imap', tls: 'starttls' },
    { protocol: 'imap' },
    { protocol: 'submission', tls: 'starttls' },
    { protocol: 'pop3', port: 1995 },
    { protocol: 'sieve' },
  ];
  assert.deepEqual(serversOf(listeners), [
    'imap mail.example.org:993 implicit',
    'pop3 mail.example.org:1995 implicit',
    'submission mail.example.org:587 starttls',
    'sieve mail.example.org:4190 starttls',
  ]);
});

test('what is not encrypted is not told, unless TLS is said to be in front of it', () => {
  const listeners = [{ protocol: 'imap', address: '127.0.0.1', port: 1143, tls: 'none' }];
  assert.deepEqual(serversOf(listeners), []);
  assert.deepEqual(serversOf(listeners, { imap: {} }), ['imap mail.example.org:993 implicit']);
});

test('what the operator says goes before the listener', () => {
  const listeners = [{ protocol: 'imap', port: 1993 }];
  assert.deepEqual(serversOf(listeners, { imap: { host: 'imap.example.org' } }), [
    'imap imap.example.org:1993 implicit',
  ]);
  assert.deepEqual(serversOf(listeners, { imap: { port: 993 } }), ['imap mail.example.org:993 implicit']);
  assert.deepEqual(serversOf(listeners, { imap: { tls: 'starttls' } }), ['imap mail.example.org:143 starttls']);
});
