/** The stored form of what expiring records hold: a codec for each kind. */

import { z } from 'zod';
import type { EphemeralKind, EphemeralValues } from '#policy/ports/ephemeral.ts';
import { codec, Count, oneOf, Time, type Codec } from './records.ts';

const BrowserSession = z.strictObject({
  account: z.string(),
  level: oneOf<'password' | 'full'>({ password: true, full: true }),
  secondFactorAt: Time.optional(),
  factorsMark: z.string(),
  createdAt: Time,
  language: z.string().optional(),
  trustedBrowser: z.string().optional(),
  network: z.string(),
  browser: z.string(),
});

const OneTimeCode = z.strictObject({
  digest: z.string(),
  keyId: z.string(),
  address: z.string(),
  wrongTries: Count,
  sentAt: Time,
});

const TrustedBrowser = z.strictObject({
  account: z.string(),
  browser: z.string(),
  network: z.string(),
  createdAt: Time,
  usedAt: Time,
  factorsMark: z.string(),
});

const SetUpLink = z.strictObject({
  account: z.string(),
  name: z.string(),
  form: z.string(),
  createdAt: Time,
  factorsMark: z.string(),
});

type Codecs = { readonly [K in EphemeralKind]: Codec<EphemeralValues[K]> };

const CODECS: Codecs = {
  'browser-session': codec<EphemeralValues['browser-session']>('browser session', BrowserSession),
  'one-time-code': codec<EphemeralValues['one-time-code']>('one-time code', OneTimeCode),
  'code-sendings': codec<EphemeralValues['code-sendings']>('code sendings', z.strictObject({ sentAt: z.array(Time) })),
  'trusted-browser': codec<EphemeralValues['trusted-browser']>('trusted browser', TrustedBrowser),
  'set-up-link': codec<EphemeralValues['set-up-link']>('set-up link', SetUpLink),
  'passkey-challenge': codec<EphemeralValues['passkey-challenge']>(
    'passkey challenge',
    z.strictObject({ challenge: z.string(), createdAt: Time }),
  ),
  'idempotent-answer': codec<EphemeralValues['idempotent-answer']>(
    'idempotent answer',
    z.strictObject({ fingerprint: z.string(), sealed: z.string().optional() }),
  ),
  'shown-once': codec<EphemeralValues['shown-once']>('page shown once', z.strictObject({ sealed: z.string() })),
};

/** Writes and reads what records of this kind hold. */
export function ephemeralRecords<K extends EphemeralKind>(kind: K): Codec<EphemeralValues[K]> {
  return CODECS[kind];
}
