import assert from 'node:assert/strict';
import { test } from 'node:test';

import { APP_PASSWORD_ALPHABET, looksLikeAppPassword } from '#core/app-password-shape.ts';
import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { PROTOCOLS } from '#core/protocols.ts';
import {
  checkAppPassword,
  formatAppPassword,
  makeAppPassword,
  randomText,
  resetAppPassword,
} from '#policy/secrets/app-password.ts';
import { START_MS, testKeyring } from '../../support/policy.ts';

import type { AppPasswordTerms, Presented } from '#policy/secrets/app-password.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';

const ACCOUNT = 'alice@example.org';
const TERMS: AppPasswordTerms = { account: ACCOUNT, name: 'Mail apps', scopes: PROTOCOLS, revealable: true };

function make(terms: Partial<AppPasswordTerms> = {}, keyring: Keyring = testKeyring()) {
  return makeAppPassword(keyring, { ...TERMS, ...terms }, START_MS);
}

function presented(secret: Secret, parts: Partial<Presented> = {}): Presented {
  return { account: ACCOUNT, secret, protocol: 'imap', address: '192.0.2.7', now: START_MS, ...parts };
}

/** Counts the digests made, and refuses none. */
function counting(keyring: Keyring): { readonly keyring: Keyring; readonly made: () => number } {
  let made = 0;
  const digest: Keyring['digest'] = (...asked) => {
    made += 1;
    return keyring.digest(...asked);
  };
  return { keyring: { ...keyring, digest }, made: () => made };
}

test('an app password is 16 characters of the alphabet, shown in four groups', () => {
  for (let round = 0; round < 50; round += 1) {
    const { secret } = make();
    assert.ok(looksLikeAppPassword(secret.expose()));
    assert.match(formatAppPassword(secret), /^[a-z2-9]{4}( [a-z2-9]{4}){3}$/);
  }
});

test('random text favours no character', () => {
  const counts = new Map<string, number>();
  const drawn = 64_000;
  for (const character of randomText(drawn)) counts.set(character, (counts.get(character) ?? 0) + 1);
  assert.equal([...counts.keys()].toSorted().join(''), Array.from(APP_PASSWORD_ALPHABET).toSorted().join(''));
  // 2000 expected of each, standard deviation 44: nine deviations never happen by chance.
  for (const [character, count] of counts) assert.ok(Math.abs(count - 2000) < 400, `${character}: ${count}`);
});

test('a record holds neither the secret nor, where it is shown once, a sealed copy', () => {
  const keyring = testKeyring();
  const always = make({}, keyring);
  assert.ok(!JSON.stringify(always.record).includes(always.secret.expose()));
  const binding = { account: ACCOUNT, recordId: always.record.id };
  assert.equal(keyring.open(always.record.sealed ?? '', binding).expose(), always.secret.expose());
  const once = make({ revealable: false }, keyring);
  assert.equal(once.record.sealed, undefined);
});

test('an app password matches in any case, with spaces or hyphens of any kind', () => {
  const keyring = testKeyring();
  const { record, secret } = make({}, keyring);
  const text = secret.expose();
  const groups = text.match(/.{4}/g) ?? [];
  const typed = [text, text.toUpperCase(), groups.join(' '), groups.join('-'), groups.join('\u2013')];
  typed.push(` ${groups.join('\u00a0')}\n`, Array.from(text).join(' '));
  for (const one of typed) {
    const match = checkAppPassword(keyring, [record], presented(new Secret(one)));
    assert.deepEqual(match, { kind: 'live', id: record.id, generation: 1, expiresAt: undefined }, JSON.stringify(one));
  }
  for (const one of [text.slice(1), `${text}a`, `${text.slice(0, 15)}${text.endsWith('a') ? 'b' : 'a'}`, '', 'x\0']) {
    assert.deepEqual(checkAppPassword(keyring, [record], presented(new Secret(one))), { kind: 'no-match' });
  }
});

test("an app password is worth nothing on somebody else's account", () => {
  const keyring = testKeyring();
  const { record, secret } = make({}, keyring);
  const asBob = presented(secret, { account: 'bob@example.org' });
  assert.deepEqual(checkAppPassword(keyring, [record], asBob), { kind: 'no-match' });
});

test('one that is expired, out of scope or in the wrong network says so', () => {
  const keyring = testKeyring();
  const networks = ['192.0.2.0/24', '2001:db8::/32'];
  const { record, secret } = make({ scopes: ['imap'], expiresAt: START_MS + 1000, networks }, keyring);
  const { id, expiresAt } = record;
  const rows = [
    [{}, { kind: 'live', id, generation: 1, expiresAt }],
    [{ address: '2001:db8::1' }, { kind: 'live', id, generation: 1, expiresAt }],
    [{ now: START_MS + 999 }, { kind: 'live', id, generation: 1, expiresAt }],
    [{ now: START_MS + 1000 }, { kind: 'unfit', id, why: 'expired' }],
    [{ protocol: 'submission' }, { kind: 'unfit', id, why: 'out-of-scope' }],
    [{ address: '198.51.100.7' }, { kind: 'unfit', id, why: 'network' }],
    [{ address: 'unknown' }, { kind: 'unfit', id, why: 'network' }],
  ] as const;
  for (const [parts, expected] of rows) {
    assert.deepEqual(checkAppPassword(keyring, [record], presented(secret, parts)), expected);
  }
  const broken = { ...record, networks: ['nonsense'] };
  assert.deepEqual(checkAppPassword(keyring, [broken], presented(secret)), { kind: 'unfit', id, why: 'network' });
});

test('a check makes one digest for each master key in use, whatever the number of app passwords', () => {
  const { keyring, made } = counting(testKeyring('new', 'old'));
  const old = Array.from({ length: 20 }, () => make({}, testKeyring('old')));
  const fresh = Array.from({ length: 30 }, () => make({}, testKeyring('new', 'old')));
  const records = [...old, ...fresh].map(({ record }) => record);
  for (const { record, secret } of [...old, ...fresh]) {
    const before = made();
    const match = checkAppPassword(keyring, records, presented(secret));
    assert.deepEqual(match, { kind: 'live', id: record.id, generation: 1, expiresAt: undefined });
    assert.equal(made() - before, 2);
  }
});

test('an app password whose key is gone makes the answer unknown, not wrong', () => {
  const lost = make({}, testKeyring('lost'));
  const known = make({}, testKeyring('new'));
  const keyring = testKeyring('new');
  const records = [lost.record, known.record];
  assert.equal(checkAppPassword(keyring, records, presented(known.secret)).kind, 'live');
  assert.throws(
    () => checkAppPassword(keyring, records, presented(lost.secret)),
    (error: unknown) => error instanceof Fault && error.code === 'KEY_INVALID' && error.fields['keyId'] === 'lost',
  );
});

test('a reset gives a new secret of the next generation and leaves nothing of the old one', () => {
  const keyring = testKeyring('new', 'old');
  const before = makeAppPassword(testKeyring('old'), { ...TERMS, expiresAt: START_MS + 9 }, START_MS);
  const after = resetAppPassword(keyring, before.record, { account: ACCOUNT, revealable: false });
  const { digest, keyId, sealed, generation, ...kept } = after.record;
  assert.deepEqual({ ...before.record, ...kept }, before.record);
  assert.equal(generation, 2);
  assert.equal(keyId, 'new');
  assert.equal(sealed, undefined);
  assert.notEqual(digest, before.record.digest);
  assert.deepEqual(checkAppPassword(keyring, [after.record], presented(before.secret)), { kind: 'no-match' });
  const { id, expiresAt } = before.record;
  const match = checkAppPassword(keyring, [after.record], presented(after.secret));
  assert.deepEqual(match, { kind: 'live', id, generation, expiresAt });
});
