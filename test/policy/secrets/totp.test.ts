import assert from 'node:assert/strict';
import { test } from 'node:test';

import { generateSync } from 'otplib';

import { Secret } from '#core/secret.ts';
import { NO_STEP, matchCode, newTotp } from '#policy/secrets/totp.ts';
import { START_MS, codeAt } from '../../support/policy.ts';

// RFC 6238 appendix B, the ASCII secret "12345678901234567890" in base32.
const RFC_SECRET = new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
const STEP_MS = 30_000;
const START_STEP = START_MS / STEP_MS;

test('codes are those of RFC 6238 appendix B, of which six digits are used', () => {
  const rows = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ] as const;
  for (const [seconds, eightDigits] of rows) {
    const code = new Secret(eightDigits.slice(2));
    const step = Math.floor(seconds / 30);
    assert.deepEqual(matchCode(RFC_SECRET, code, seconds * 1000, NO_STEP), { kind: 'right', step });
  }
});

test('a code is right one step early and late, at both edges, and not beyond', () => {
  const { secret } = newTotp('Postern', 'alice@example.org');
  const code = codeAt(secret, START_MS);
  const right = { kind: 'right', step: START_STEP };
  const rows = [
    [-STEP_MS - 1, { kind: 'wrong' }],
    [-STEP_MS, right],
    [-1, right],
    [0, right],
    [STEP_MS - 1, right],
    [2 * STEP_MS - 1, right],
    [2 * STEP_MS, { kind: 'wrong' }],
  ] as const;
  for (const [drift, expected] of rows) {
    assert.deepEqual(matchCode(secret, code, START_MS + drift, NO_STEP), expected, `${drift} ms`);
  }
});

test('a step that was used refuses its own code and those before it', () => {
  const { secret } = newTotp('Postern', 'alice@example.org');
  const [before, here, after] = [-STEP_MS, 0, STEP_MS].map((drift) => codeAt(secret, START_MS + drift));
  assert.ok(before !== undefined && here !== undefined && after !== undefined);
  assert.deepEqual(matchCode(secret, before, START_MS, START_STEP), { kind: 'used-before' });
  assert.deepEqual(matchCode(secret, here, START_MS, START_STEP), { kind: 'used-before' });
  assert.deepEqual(matchCode(secret, after, START_MS, START_STEP), { kind: 'right', step: START_STEP + 1 });
});

test('a clock that went back refuses what was used and throws nothing', () => {
  const { secret } = newTotp('Postern', 'alice@example.org');
  const code = codeAt(secret, START_MS);
  assert.deepEqual(matchCode(secret, code, START_MS, START_STEP + 100), { kind: 'used-before' });
});

test('codes are read as apps show them, and nothing else is a code', () => {
  const code = codeAt(RFC_SECRET, START_MS).expose();
  const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
  assert.equal(matchCode(RFC_SECRET, new Secret(spaced), START_MS, NO_STEP).kind, 'right');
  for (const typed of ['', '12345', '1234567', `${code}0`, `-${code.slice(1)}`, '0x1234', 'abcdef']) {
    assert.deepEqual(matchCode(RFC_SECRET, new Secret(typed), START_MS, NO_STEP), { kind: 'wrong' }, typed);
  }
});

test('a new secret has 160 bits, differs each time, and its address can be scanned', () => {
  const made = Array.from({ length: 20 }, () => newTotp('Mail of Ünit & Co', 'alice@example.org'));
  assert.equal(new Set(made.map(({ secret }) => secret.expose())).size, 20);
  for (const { secret, uri } of made) {
    assert.match(secret.expose(), /^[A-Z2-7]{32}$/);
    const address = new URL(uri.expose());
    assert.equal(address.protocol, 'otpauth:');
    assert.equal(address.host, 'totp');
    assert.equal(decodeURIComponent(address.pathname), '/Mail of Ünit & Co:alice@example.org');
    assert.equal(address.searchParams.get('secret'), secret.expose());
    assert.equal(address.searchParams.get('issuer'), 'Mail of Ünit & Co');
  }
});

test('a colon in the name of the service does not part the label once more', () => {
  const address = new URL(newTotp('Mail: Example : Org', 'alice@example.org').uri.expose());
  assert.equal(decodeURIComponent(address.pathname), '/Mail Example Org:alice@example.org');
  assert.equal(address.searchParams.get('issuer'), 'Mail Example Org');
});

test('the address leaves an app no choice but SHA-1, 6 digits, 30 seconds', () => {
  const { secret, uri } = newTotp('Postern', 'alice@example.org');
  const asked = new URL(uri.expose()).searchParams;
  assert.ok([null, 'SHA1'].includes(asked.get('algorithm')));
  assert.ok([null, '6'].includes(asked.get('digits')));
  assert.ok([null, '30'].includes(asked.get('period')));
  const epoch = START_MS / 1000;
  const code = generateSync({ secret: secret.expose(), epoch, algorithm: 'sha1', digits: 6, period: 30 });
  assert.equal(matchCode(secret, new Secret(code), START_MS, NO_STEP).kind, 'right');
});
