/** Random user names, as typed and as decoded: one mailbox, one name, and nothing in it that a backend would obey. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { canonicalAccount, type IdentityRules } from '#core/identity.ts';
import { begin, respond, type SaslStep } from '#sasl/exchange.ts';
import { noise } from './bytes.ts';
import { fuzzTarget, type FuzzTarget } from './target.ts';

const RULES: IdentityRules = {
  defaultDomain: 'example.org',
  localPart: 'lowercase',
  subaddressDelimiter: '+',
  masterUserSeparator: '*',
};

const namePiece = fc.oneof(
  fc.constantFrom(
    'alice',
    'Alice',
    '@',
    '@example.org',
    '%',
    '*',
    '+news',
    '.',
    '/',
    '..',
    '\\',
    '"',
    ' ',
    '{',
    '}',
    '%u',
  ),
  fc.constantFrom(
    'ａｌｉｃｅ',
    'ß',
    'ı',
    'İ',
    'Å',
    'Å',
    'ﬁ',
    '\u200d',
    '\u00ad',
    '＠',
    '．',
    'xn--bcher-kva',
    'bücher.example',
    '．example',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
);

function checkName(typed: string): void {
  for (const rules of [RULES, { ...RULES, localPart: 'as-is' }] as const) {
    const found = canonicalAccount(typed, rules);
    if (found.kind === 'refused') continue;
    const { name, local, domain } = found.account;
    assert.equal(name, `${local}@${domain}`);
    assert.doesNotMatch(name, /[\p{C}\s*"\\/%{}()<>,;:[\]|`$]/u, 'a sign to which some backend gives a meaning');
    assert.equal(name.split('@').length, 2);
    assert.match(domain, /^[a-z0-9-]+(\.[a-z0-9-]+)*$/);
    assert.deepEqual(canonicalAccount(name, rules), found, 'its canonical name means somebody else');
  }
}

const MECHANISMS = ['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'] as const;
const ExchangeSchema = z.strictObject({
  mechanism: z.enum(MECHANISMS),
  initialResponse: z.string().optional(),
  responses: z.array(z.string()),
});
type Exchange = z.output<typeof ExchangeSchema>;

const response = fc.oneof(
  fc.constantFrom(
    '',
    '=',
    '*',
    'AGFsaWNlAHNlY3JldA==',
    'YWxpY2U=',
    'AQ==',
    'AA==',
    'AAA=',
    'dXNlcj1hQAFhdXRoPUJlYXJlciB0AQE=',
  ),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc
    .tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }))
    .map((parts) => Buffer.from(parts.join('\0')).toString('base64')),
  noise,
);

function checkExchange({ mechanism, initialResponse, responses }: Exchange): void {
  const waiting = [...responses];
  let step: SaslStep = begin({ mechanism, initialResponse, offered: MECHANISMS });
  for (let turn = 0; step.kind === 'challenge'; turn += 1) {
    assert.ok(turn < 3, 'an exchange without end');
    const next = waiting.shift();
    if (next === undefined) return;
    step = respond(step.state, next);
  }
  if (step.kind !== 'credentials') return;
  assert.doesNotMatch(step.credentials.authcid, /\0/);
  assert.notEqual(step.credentials.authcid, '');
}

export const NAME_TARGETS: readonly FuzzTarget[] = [
  fuzzTarget('user-name', {
    schema: z.string(),
    inputs: fc.array(namePiece, { maxLength: 6 }).map((pieces) => pieces.join('')),
    check: checkName,
  }),
  fuzzTarget('sasl-exchange', {
    schema: ExchangeSchema,
    inputs: fc.record(
      {
        mechanism: fc.constantFrom(...MECHANISMS),
        initialResponse: response,
        responses: fc.array(response, { maxLength: 4 }),
      },
      { requiredKeys: ['mechanism', 'responses'] },
    ),
    check: checkExchange,
  }),
];
