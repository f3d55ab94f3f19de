import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { parseKeyFile } from '#core/key-file.ts';
import { makeKeyring, newKeyLine } from '#policy/secrets/keyring.ts';
import { testKeyring } from '../../support/policy.ts';

const GOOD = Buffer.alloc(32, 7).toString('base64');
const BINDING = { account: 'alice@example.org', recordId: 'p1' };

function keyFault(message: RegExp, line?: number) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'KEY_INVALID');
    assert.match(error.message, message);
    assert.equal(error.fields['line'], line);
    return true;
  };
}

test('a key file is read line by line, the first key is the current one', () => {
  const text = `# made in May\r\n\r\n  new-1 ${GOOD}  # current\nold_0\t${GOOD}\n`;
  const keys = parseKeyFile(text);
  assert.deepEqual(
    keys.map(({ id }) => id),
    ['new-1', 'old_0'],
  );
  assert.ok(keys.every(({ bytes }) => bytes.equals(Buffer.alloc(32, 7))));
  assert.equal(makeKeyring(keys).currentId, 'new-1');
});

test('a wrong key file is refused with the number of its line and nothing of the line itself', () => {
  const rows = [
    ['', /holds no key/, undefined],
    ['# only a comment\n', /holds no key/, undefined],
    [`a ${GOOD}\nb\n`, /line 2 .*is not of the form/, 2],
    [`a ${GOOD} more`, /line 1 .*is not of the form/, 1],
    [`a.b ${GOOD}`, /line 1 .*key id/, 1],
    [`${'a'.repeat(33)} ${GOOD}`, /line 1 .*key id/, 1],
    [`a ${Buffer.alloc(31).toString('base64')}`, /line 1 .*not 32 bytes/, 1],
    [`a ${Buffer.alloc(33).toString('base64')}`, /line 1 .*not 32 bytes/, 1],
    [`a ${GOOD.replace('=', '')}`, /line 1 .*not 32 bytes/, 1],
    [`a ${GOOD.replace('B', '!')}`, /line 1 .*not 32 bytes/, 1],
    [`\na ${GOOD}\n\na ${GOOD}`, /line 4 .*repeats the key id "a"/, 4],
  ] as const;
  for (const [text, message, line] of rows) {
    assert.throws(() => parseKeyFile(text), keyFault(message, line));
    assert.throws(
      () => parseKeyFile(text),
      (error: Error) => !error.message.includes('BwcHBw'),
    );
  }
});

test('a new key line is read back and is never the same twice', () => {
  const lines = Array.from({ length: 20 }, () => newKeyLine());
  assert.equal(new Set(lines).size, 20);
  assert.equal(parseKeyFile(lines.join('\n')).length, 20);
});

test('a digest depends on purpose, key, each field and where one field ends', () => {
  const keyring = testKeyring('new', 'old');
  const digests = [
    keyring.digest('app-password', ['alice', 'x']),
    keyring.digest('recovery-code', ['alice', 'x']),
    keyring.digest('secret-mark', ['alice', 'x']),
    keyring.digest('last-known', ['alice', 'x']),
    keyring.digest('app-password', ['alice', 'x'], 'old'),
    keyring.digest('app-password', ['alic', 'ex']),
    keyring.digest('app-password', ['alice', 'x', '']),
    keyring.digest('app-password', ['alice","x']),
    keyring.digest('app-password', ['alice', '\ud800']),
    keyring.digest('app-password', ['alice', '\ud801']),
    keyring.digest('app-password', ['alice', '\ufffd']),
  ];
  assert.equal(new Set(digests).size, digests.length);
  for (const digest of digests) assert.match(digest, /^[\w-]{43}$/);
  assert.equal(keyring.digest('app-password', ['alice', 'x'], 'new'), digests[0]);
  assert.equal(testKeyring('new').digest('app-password', ['alice', 'x']), digests[0]);
});

test('a key that is not on the keyring is a fault that names its id', () => {
  const keyring = testKeyring('new');
  assert.ok(keyring.has('new'));
  assert.ok(!keyring.has('old'));
  assert.throws(
    () => keyring.digest('app-password', ['x'], 'old'),
    (error: unknown) => error instanceof Fault && error.code === 'KEY_INVALID' && error.fields['keyId'] === 'old',
  );
});

test('a sealed secret is opened for its own record only', () => {
  const keyring = testKeyring();
  const sealed = keyring.seal(new Secret('geheim ü'), BINDING);
  assert.equal(keyring.open(sealed, BINDING).expose(), 'geheim ü');
  assert.doesNotMatch(sealed, /geheim/);
  assert.notEqual(keyring.seal(new Secret('geheim ü'), BINDING), sealed);
  for (const other of [
    { ...BINDING, account: 'bob@example.org' },
    { ...BINDING, recordId: 'p2' },
    { account: 'alice@example.or', recordId: 'gp1' },
  ]) {
    assert.throws(() => keyring.open(sealed, other), keyFault(/does not belong to this record/));
  }
});

test('a sealed secret of which any bit was changed, or that was cut, is refused', () => {
  const keyring = testKeyring();
  const sealed = keyring.seal(new Secret('geheim'), BINDING);
  const [id = '', body = ''] = sealed.split('.');
  const bytes = Buffer.from(body, 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => keyring.open(`${id}.${changed.toString('base64url')}`, BINDING), keyFault(/was changed/));
  }
  for (const length of [0, 1, 12, 27, bytes.length - 1]) {
    const cut = bytes.subarray(0, length).toString('base64url');
    assert.throws(() => keyring.open(`${id}.${cut}`, BINDING), keyFault(/too short|was changed/));
  }
  assert.throws(() => keyring.open('', BINDING), keyFault(/not in the key file/));
});

test('what an older key sealed is opened after a rotation, and not when the key is gone', () => {
  const sealed = testKeyring('old').seal(new Secret('geheim'), BINDING);
  assert.equal(testKeyring('new', 'old').open(sealed, BINDING).expose(), 'geheim');
  assert.match(testKeyring('new', 'old').seal(new Secret('x'), BINDING), /^new\./);
  assert.throws(() => testKeyring('new').open(sealed, BINDING), keyFault(/not in the key file/));
});
