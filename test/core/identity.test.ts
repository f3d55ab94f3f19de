import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { authzidPermitted, canonicalAccount, canonicalDomain } from '#core/identity.ts';

import type { IdentityRules } from '#core/identity.ts';

const RULES: IdentityRules = {
  defaultDomain: 'example.org',
  localPart: 'lowercase',
  subaddressDelimiter: '+',
  masterUserSeparator: '*',
};

/** The canonical name, or the fault. */
function canonical(authcid: string, rules: Partial<IdentityRules> = {}): string {
  const identity = canonicalAccount(authcid, { ...RULES, ...rules });
  return identity.kind === 'account' ? identity.account.name : identity.fault;
}

test('every way to type one mailbox gives one account', () => {
  const rows = [
    ['alice@example.org', 'alice'],
    ['Alice@Example.ORG', 'alice@example.org'],
    ['alice%example.org', 'alice@example.org'],
    ['ALICE%EXAMPLE.ORG', 'alice@example.org'],
    ['alice+news@example.org', 'alice@example.org'],
    ['alice+', 'alice@example.org'],
    ['ａｌｉｃｅ@example.org', 'alice@example.org'],
    ['ＡＬＩＣＥ＋news@example.org', 'alice@example.org'],
    ['alice@ｅｘａｍｐｌｅ。org', 'alice@example.org'],
    ['jose\u0301@example.org', 'jos\u00e9@example.org'],
    ['JOSE\u0301@example.org', 'jos\u00c9@example.org'],
    ['bob@bücher.example', 'bob@xn--bcher-kva.example'],
    ['bob@BÜCHER.example', 'bob@XN--BCHER-KVA.example'],
    ['bob@bu\u0308cher.example', 'bob@xn--bcher-kva.example'],
    ['o\u2126@example.org', 'o\u03c9@example.org'],
  ] as const;
  for (const [one, other] of rows) {
    assert.match(canonical(one), /@/, one);
    assert.equal(canonical(one), canonical(other), `${one} is ${other}`);
  }
  assert.equal(canonical('jose\u0301@bücher.example'), 'jos\u00e9@xn--bcher-kva.example');
});

test('names of real people are kept', () => {
  for (const local of ["o'brien", 'jean-luc', 'anna_k', 'm.müller', 'иван', '山田', 'שרה', 'محمد', 'a.b.c', 'x=y']) {
    assert.equal(canonical(`${local}@example.org`), `${local}@example.org`.normalize('NFC'));
  }
});

test('local parts that differ stay apart', () => {
  assert.notEqual(canonical('alice.b'), canonical('aliceb'));
  assert.notEqual(canonical('straße'), canonical('strasse'));
  assert.notEqual(canonical('Alice', { localPart: 'as-is' }), canonical('alice', { localPart: 'as-is' }));
  assert.equal(canonical('Alice@Example.org', { localPart: 'as-is' }), 'Alice@example.org');
  assert.equal(canonical('alice+news', { subaddressDelimiter: '' }), 'alice+news@example.org');
  assert.equal(canonical('alice-news', { subaddressDelimiter: '-' }), 'alice@example.org');
  assert.equal(canonical('+news'), '+news@example.org');
});

test('a name that a backend could read in another way is refused', () => {
  const names = ['alice@d@d', 'alice@d/../bob@d', 'alice@d/../bob', '../bob', 'alice/x', 'a\\b', '.alice', 'alice.'];
  names.push('a..b', 'alice@', '@example.org', '+@', '%', 'a%b%c', 'a%b@c.org', '%u', '%{user}', '$(id)', '${x}');
  names.push('"alice"@example.org', 'alice,bob', 'alice;bob', 'a:b', '<alice>', '(alice)', '[alice]', '{alice}', 'a|b');
  names.push(
    '*)(uid=*',
    '`id`',
    'alice＠evil.org',
    'alice／..／bob',
    'ali％ce',
    'ﬁ@example.org',
    'a²',
    '①',
    'a½',
    'ſam',
  );
  for (const name of names) assert.match(canonical(name), /^(malformed|no-domain|separator)$/, JSON.stringify(name));
});

test('spaces and what cannot be seen are refused, wherever they stand', () => {
  const unseen = [' ', '\t', '\0', '\r', '\n', '\r\n', '\u007f', '\u0085', '\u00a0', '\u3000', '\u2028', '\ufeff'];
  unseen.push('\u00ad', '\u200b', '\u200d', '\u202e', '\ufe0f', '\u3164', '\u115f', '\ue000', '\u0378', '\udb40\udc41');
  for (const sign of unseen) {
    for (const name of [`${sign}alice`, `ali${sign}ce`, `alice${sign}`, `alice${sign}@example.org`]) {
      assert.equal(canonical(name), 'malformed', JSON.stringify(name));
    }
    for (const domain of [`${sign}example.org`, `exam${sign}ple.org`, `example.org${sign}`]) {
      assert.equal(canonical(`alice@${domain}`), 'malformed', JSON.stringify(domain));
    }
  }
});

test('lone surrogates are refused on both sides of the @', () => {
  for (const name of ['ali\ud800ce', '\udfff', 'alice@exam\ud800ple.org', 'alice@\udc00']) {
    assert.equal(canonical(name), 'malformed', JSON.stringify(name));
  }
});

test("the backend's master-user separator is refused in every form", () => {
  assert.equal(canonical('alice*master', { masterUserSeparator: '*' }), 'malformed');
  for (const separator of ['#', '!', '&', '=']) {
    const wide = String.fromCodePoint((separator.codePointAt(0) ?? 0) + 0xfee0);
    const rules = { masterUserSeparator: separator };
    assert.equal(canonical(`alice${separator}master`, rules), 'separator');
    assert.equal(canonical(`alice${wide}master`, rules), 'separator');
    assert.equal(canonical(`alice+x${separator}master@example.org`, rules), 'separator');
    assert.equal(
      canonical(`alice${separator}master`, { masterUserSeparator: '' }),
      `alice${separator}master@example.org`,
    );
  }
});

test('a bare name needs a default domain', () => {
  assert.equal(canonical('alice', { defaultDomain: undefined }), 'no-domain');
  assert.equal(canonical('alice', { defaultDomain: 'BÜCHER.example' }), 'alice@xn--bcher-kva.example');
  assert.equal(canonical('alice@'), 'no-domain');
  assert.equal(canonical(''), 'empty');
});

test('lengths are those of RFC 5321', () => {
  assert.equal(canonical('a'.repeat(64)), `${'a'.repeat(64)}@example.org`);
  assert.equal(canonical('a'.repeat(65)), 'malformed');
  assert.equal(canonical('é'.repeat(33)), 'malformed');
  const label = 'a'.repeat(63);
  assert.equal(canonicalDomain(`${label}.org`), `${label}.org`);
  assert.equal(canonicalDomain(`${label}a.org`), undefined);
  assert.equal(canonicalDomain([label, label, label, label].join('.')), [label, label, label, label].join('.'));
  assert.equal(canonicalDomain([label, label, label, label, 'a'].join('.')), undefined);
  assert.equal(canonical(`alice@${'a.'.repeat(500_000)}org`), 'too-long');
});

test('a domain is a host name and nothing else', () => {
  const refused = [
    '',
    '.',
    'a..b',
    '.org',
    'example.org.',
    '-a.org',
    'a-.org',
    'a_b.org',
    'exa%6dple.org',
    'a/b',
    'a\\b',
  ];
  refused.push('a?b', 'a#b', 'a:80', 'a@b', '[::1]', '127.0.0.1', '2130706433', '0x7f.1', '１.２.３.４', 'example.123');
  refused.push(
    'xn--a',
    'xn--',
    'xn--0.org',
    'xn--bcher-kva.xn--a',
    'xn--bücher.org',
    'a\u200db.org',
    'exam\u00adple.org',
  );
  for (const domain of refused) assert.equal(canonicalDomain(domain), undefined, JSON.stringify(domain));
  assert.equal(canonicalDomain('XN--FA-HIA.de'), 'xn--fa-hia.de');
  assert.equal(canonicalDomain('localhost'), 'localhost');
});

test('an authzid is permitted when it is the same account, or absent', () => {
  const identity = canonicalAccount('alice@example.org', RULES);
  assert.ok(identity.kind === 'account');
  for (const authzid of [undefined, '', 'alice', 'ALICE@example.org', 'alice+x@example.org', 'alice%example.org']) {
    assert.ok(authzidPermitted(authzid, identity.account, RULES), authzid ?? 'absent');
  }
  for (const authzid of ['bob', 'alice@example.net', 'alice@d@d', ' ', 'u:alice', 'alice\0']) {
    assert.ok(!authzidPermitted(authzid, identity.account, RULES), authzid);
  }
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })).map((parts) => parts.join('@')),
  fc.emailAddress(),
);

test('a canonical name is its own canonical name and holds one @', () => {
  const localParts = fc.constantFrom('lowercase' as const, 'as-is' as const);
  fc.assert(
    fc.property(anyText, localParts, fc.constantFrom('', '+'), (text, localPart, subaddressDelimiter) => {
      const name = canonical(text, { localPart, subaddressDelimiter });
      if (!name.includes('@')) return;
      assert.equal(canonical(name, { localPart, subaddressDelimiter }), name);
      assert.equal(name.split('@').length, 2);
      assert.equal(name, name.normalize('NFKC'));
      assert.doesNotMatch(name, /[\p{C}\p{Z}/\\%*"]/u);
    }),
    { seed: 30, numRuns: 500 },
  );
});
