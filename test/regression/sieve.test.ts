/** Faults of other mail proxies that must not appear here. One test each, named after the CVE or the fixing commit. */

import test from 'node:test';
import assert from 'node:assert/strict';
import type { BackendOptions, FrontOptions } from '#protocol/machine.ts';
import { sieve } from '#protocol/sieve/module.ts';
import { backendOptions, frontOptions } from '../support/dialogue-options.ts';
import { backendTranscript, frontTranscript } from '../support/transcript.ts';

const open = (replaced: Partial<FrontOptions> = {}) => sieve.front(frontOptions(replaced));
const clear = () => open({ tls: 'available' });
const backend =
  (replaced: Partial<BackendOptions> = {}) =>
  () =>
    sieve.backend(backendOptions(replaced));

frontTranscript(
  'CVE-2011-0411: a command sent in clear behind STARTTLS is not answered through TLS',
  clear,
  String.raw`
    C| STARTTLS\r\nNOOP "evil"\r\nAUTHENTICATE "PLAIN" {20+}\r\nAGV2aW
    S: OK "Begin TLS negotiation."
    ! start-tls
    * tls
    S: "SASL" "PLAIN LOGIN"
    S: OK "TLS negotiation successful."
    C: NOOP
    S: OK "NOOP completed."
  `,
);

backendTranscript(
  'NO STARTTLS: what a backend, or somebody between, says in clear behind its OK is not read as said through TLS',
  backend({ tls: 'starttls' }),
  String.raw`
    B| "STARTTLS"\r\nOK\r\n
    S: STARTTLS
    B| OK\r\n"SASL" "LOGIN"\r\nOK\r\n
    ! start-tls
    * tls
    B| "SASL" "PLAIN"\r\nOK\r\n
    S: AUTHENTICATE "PLAIN" "AGFsaWNlQGV4YW1wbGUuY29tAHMzY3JldA=="
    B: OK
    ! done accepted OK
  `,
);

frontTranscript(
  'nginx 1.11.9: EXTERNAL and whatever else is not offered is refused',
  open,
  String.raw`
    C: AUTHENTICATE "EXTERNAL" "YWxpY2U="
    S: NO "Unsupported authentication mechanism."
    C: AUTHENTICATE "__proto__"
    S: NO "Unsupported authentication mechanism."
  `,
);

test('CVE-2026-27857: parentheses without end cost no more than their bytes', () => {
  const dialogue = open();
  dialogue.connect();
  const [said, ...more] = dialogue.receive(Buffer.from(`NOOP ${'('.repeat(12_000)}\r\n`));
  assert.equal(said?.do === 'send' ? said.bytes.toString() : '', 'NO "The command could not be read."\r\n');
  assert.deepEqual(more, []);
});

test('CVE-2025-61600: a line or string without end is not kept', () => {
  const dialogue = open();
  dialogue.connect();
  dialogue.receive(Buffer.from('NOOP "'));
  for (let megabytes = 0; megabytes < 4; megabytes += 1) {
    assert.deepEqual(dialogue.receive(Buffer.alloc(1_000_000, 'x')), []);
    assert.ok(dialogue.heldBytes < 20_000, `holds ${dialogue.heldBytes} bytes`);
  }
});

test('CVE-2017-15132: aborted exchanges do not pile up', () => {
  const dialogue = open();
  dialogue.connect();
  const abort = Buffer.from('AUTHENTICATE "PLAIN"\r\n"*"\r\n');
  let replies = 0;
  for (let times = 0; times < 10_000; times += 1) replies += dialogue.receive(abort).length;
  assert.equal(replies, 10 + 10 + 1, 'ten challenges, ten complaints, one close');
});
