/** The code for Thunderbird on Android, by the words of its format ("Export for Mobile", version 1). */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Secret } from '#core/secret.ts';
import { thunderbirdCode } from '#portal/devices/thunderbird-qr.ts';

test('one account, with password, in nested arrays', () => {
  const text = thunderbirdCode('jane@domain.example', new Secret('abcdefgh23456789'), {
    imap: { protocol: 'imap', host: 'imap.domain.example', port: 993, tls: 'implicit' },
    submission: { protocol: 'submission', host: 'smtp.domain.example', port: 587, tls: 'starttls' },
  });
  assert.deepEqual(JSON.parse(text.expose()), [
    1,
    [1, 1],
    [0, 'imap.domain.example', 993, 3, 1, 'jane@domain.example', '', 'abcdefgh23456789'],
    [
      [
        [0, 'smtp.domain.example', 587, 2, 1, 'jane@domain.example', 'abcdefgh23456789'],
        ['jane@domain.example', 'jane'],
      ],
    ],
  ]);
});
