/**
 * Brings the sample accounts into the state that the demo shows, through the same functions that the command line
 * uses. Does only what is missing: what somebody has changed since stays as it is.
 */

import { existsSync, readFileSync } from 'node:fs';
import { generateSync } from 'otplib';
import { canonicalAccount } from '#core/identity.ts';
import type { Account } from '#core/identity.ts';
import { Secret } from '#core/secret.ts';
import { showAccount } from '#policy/accounts/accounts.ts';
import type { Standing } from '#policy/accounts/accounts.ts';
import { formatAppPassword } from '#policy/secrets/app-password.ts';
import { setDomain, showDomain } from '#policy/domains/domains.ts';
import { beginTotp, confirmTotp } from '#policy/factors/totp-enrolment.ts';
import { FIRST_APP_PASSWORD } from '#policy/factors/factors.ts';
import { parseKeyFile } from '#core/key-file.ts';
import { makeKeyring } from '#policy/secrets/keyring.ts';
import { addAppPassword, revealAppPassword } from '#policy/app-passwords/app-passwords.ts';
import { DEFAULT_MAX_APP_PASSWORDS } from '#policy/changes/account-changes.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { APP_PASSWORD_SCOPES } from '#core/protocols.ts';
import { openStore } from '#store/open.ts';
import { ALICE, DEMO_ACCOUNTS, DEMO_DOMAINS } from './accounts.ts';
import type { DemoAccount } from './accounts.ts';
import { writePrivate } from './files.ts';
import type { DemoFiles } from './files.ts';

/** An account as it stands now. */
export interface SeededAccount extends DemoAccount {
  readonly standing: Standing;
  /** In groups of four; undefined for an account without two-step. */
  readonly appPassword: string | undefined;
  /** To be typed into an authenticator app, for the second step of a sign-in in a browser. */
  readonly authenticatorKey: string | undefined;
}

const ACTOR = 'demo';

/** Opens the store, seeds it, and closes it again before the gateway opens it. */
export async function seed(files: DemoFiles): Promise<readonly SeededAccount[]> {
  const { keys, store: path } = files;
  const store = await openStore({ kind: 'embedded', path });
  const context: PolicyContext = {
    store,
    keyring: makeKeyring(parseKeyFile(readFileSync(keys, 'utf8'))),
    clock: Date.now,
    issuer: 'Postern demo',
    maxAppPasswords: DEFAULT_MAX_APP_PASSWORDS,
  };
  try {
    for (const [domain, mode] of Object.entries(DEMO_DOMAINS)) {
      const { decided } = await showDomain(context, domain);
      if (!decided) await setDomain(context, ACTOR, domain, { mode });
    }
    await enrol(context, accountOf(ALICE), files);
    return await Promise.all(DEMO_ACCOUNTS.map((account) => look(context, account, files)));
  } finally {
    await store.close();
  }
}

async function enrol(context: PolicyContext, account: Account, files: DemoFiles): Promise<void> {
  const { enrolledAt, policy } = await showAccount(context, account);
  if (enrolledAt !== undefined || policy.mode === 'disabled') return;
  // What a phone does: read the secret from the QR code, show the code of this half minute.
  const { secret } = await beginTotp(context, account);
  writePrivate(files.authenticatorKey, `${secret.expose()}\n`);
  const code = generateSync({ secret: secret.expose() });
  await confirmTotp(context, ACTOR, account, new Secret(code));
}

async function look(context: PolicyContext, account: DemoAccount, files: DemoFiles): Promise<SeededAccount> {
  const { standing } = await showAccount(context, accountOf(account));
  const appPassword = standing === 'app-password' ? await appPasswordOf(context, accountOf(account)) : undefined;
  const authenticatorKey = account === ALICE && standing === 'app-password' ? keyIn(files) : undefined;
  return { ...account, standing, appPassword, authenticatorKey };
}

// Absent when somebody has enrolled the sample account by hand.
function keyIn({ authenticatorKey: file }: DemoFiles): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

// The one that enrolment made, shown again; a new one when somebody has revoked it or it cannot be shown.
async function appPasswordOf(context: PolicyContext, account: Account): Promise<string> {
  const { appPasswords } = await showAccount(context, account);
  const first = appPasswords.find(
    ({ name, revealable, expired }) => name === FIRST_APP_PASSWORD && revealable && !expired,
  );
  if (first !== undefined) return formatAppPassword(await revealAppPassword(context, ACTOR, account, first.id));
  const name = `Demo ${new Date(context.clock()).toISOString()}`;
  return formatAppPassword(
    (await addAppPassword(context, ACTOR, account, { name, scopes: APP_PASSWORD_SCOPES })).secret,
  );
}

function accountOf({ address }: DemoAccount): Account {
  const rules = { localPart: 'lowercase', subaddressDelimiter: '+', masterUserSeparator: '*' } as const;
  const identity = canonicalAccount(address, rules);
  if (identity.kind === 'refused') throw new Error(`${address}: ${identity.fault}`);
  return identity.account;
}
