/** What tests of policy have in common: a keyring, a clock that is set by hand, accounts and attempts. */

import { Secret } from '#core/secret.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { beginTotp, confirmTotp } from '#policy/factors/totp-enrolment.ts';
import { makeKeyring } from '#policy/secrets/keyring.ts';
import { beginRecoveryAddress, confirmRecoveryAddress } from '#policy/factors/recovery-address.ts';
import { generateSync } from 'otplib';
import { makeMemoryStore } from './memory-store.ts';

import type { Account, IdentityRules } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Attempt, Offered } from '#core/verdict.ts';
import type { DomainChange } from '#policy/domains/domains.ts';
import type { MadeCode } from '#policy/factors/emailed-code.ts';
import type { FactorAdded } from '#policy/factors/factors.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { AccountNotice } from '#policy/changes/notices.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

/** A Monday in 2026, at the start of a 30-second step. */
export const START_MS = 1_780_272_000_000;

export interface Clock {
  now: number;
}

export function testKeyring(...ids: readonly string[]): Keyring {
  const named = ids.length === 0 ? ['test'] : ids;
  return makeKeyring(named.map((id) => ({ id, bytes: Buffer.alloc(32, id) })));
}

export function testTools(clock: Clock = { now: START_MS }, keyring: Keyring = testKeyring()): PolicyContext {
  const now = (): number => clock.now;
  return { store: makeMemoryStore({ clock: now }), keyring, clock: now, issuer: 'Postern', maxAppPasswords: 50 };
}

export function testAccount(local = 'alice', domain = 'example.org'): Account {
  return { name: `${local}@${domain}`, local, domain };
}

export function password(text: string): Offered {
  return { kind: 'password', password: new Secret(text) };
}

export interface AttemptParts {
  readonly account?: Account;
  readonly protocol?: Protocol;
  readonly offered?: Offered;
  readonly address?: string;
}

export function testAttempt(parts: AttemptParts = {}): Attempt {
  const { account = testAccount(), protocol = 'imap', offered = password('hunter2'), address = '192.0.2.7' } = parts;
  const client = { address, port: 50_000, tls: true };
  return { protocol, account, offered, client, listener: 'imaps', sessionId: 'session-1' };
}

/** The code that an authenticator with this secret shows at this time. */
export function codeAt(secret: Secret, now: number): Secret {
  return new Secret(generateSync({ secret: secret.expose(), epoch: Math.floor(now / 1000) }));
}

/** Sets the domain's choice and enrols the account as a user would; returns what is shown to the user. */
export async function enrolled(
  context: PolicyContext,
  account: Account,
  change: DomainChange = { mode: 'enabled' },
): Promise<{ readonly totp: Secret; readonly appPassword: Secret; readonly recoveryCodes: readonly Secret[] }> {
  await setDomain(context, 'test', account.domain, change);
  const { secret } = await beginTotp(context, account);
  const confirmation = await confirmTotp(context, account.name, account, codeAt(secret, context.clock()));
  if (confirmation.kind !== 'enrolled') throw new Error(`not enrolled but ${confirmation.kind}`);
  const { appPassword, recoveryCodes } = confirmation;
  return { totp: secret, appPassword, recoveryCodes };
}

/** The rules by which recovery addresses are compared with the mailbox. */
export const ADDRESS_RULES: IdentityRules = {
  localPart: 'lowercase',
  subaddressDelimiter: '',
  masterUserSeparator: '',
};

/** The code that would have been mailed. */
export function sentCode(made: MadeCode): Secret {
  if (made.kind !== 'made') throw new Error(`no code but ${made.kind}`);
  return made.code;
}

/** Enrols the account with a recovery address that gets codes. */
export async function enrolledByEmail(context: PolicyContext, account: Account, address: string): Promise<FactorAdded> {
  const { record } = await context.store.lookupDomain(account.domain);
  if (record === undefined) await setDomain(context, 'test', account.domain, { mode: 'enabled' });
  const binding = { session: 'enrolling', account, as: 'factor' } as const;
  const code = sentCode(await beginRecoveryAddress(context, binding, address, ADDRESS_RULES));
  const outcome = await confirmRecoveryAddress(context, account.name, binding, code);
  if ('triesLeft' in outcome || outcome.kind === 'over' || outcome.kind === 'set') throw new Error(outcome.kind);
  return outcome;
}

/** The same tools, keeping what the owners of accounts are told. */
export function withNotices(context: PolicyContext): {
  readonly context: PolicyContext;
  readonly notices: readonly AccountNotice[];
} {
  const notices: AccountNotice[] = [];
  return { context: { ...context, notify: (notice) => notices.push(notice) }, notices };
}
