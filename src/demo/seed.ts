/**
 * Brings the sample accounts into the state that the demo shows, through the same functions that the command line
 * uses. Does only what is missing: what somebody has changed since stays as it is.
 */

import { readFileSync } from 'node:fs';
import { generateSync } from 'otplib';
import { canonicalAccount } from '../core/identity.ts';
import type { Account } from '../core/identity.ts';
import { Secret } from '../core/secret.ts';
import { showAccount } from '../policy/accounts.ts';
import type { Standing } from '../policy/accounts.ts';
import { formatAppPassword } from '../policy/app-passwords.ts';
import { setDomain, showDomain } from '../policy/domains.ts';
import { beginTotp, confirmTotp } from '../policy/enrolment.ts';
import { FIRST_APP_PASSWORD } from '../policy/factors.ts';
import { makeKeyring, parseKeyFile } from '../policy/keyring.ts';
import { addAppPassword, revealAppPassword } from '../policy/managed-app-passwords.ts';
import { DEFAULT_MAX_APP_PASSWORDS } from '../policy/tools.ts';
import type { PolicyTools } from '../policy/tools.ts';
import { PROTOCOLS } from '../core/verdict.ts';
import { openStore } from '../store/open.ts';
import { ALICE, DEMO_ACCOUNTS, DEMO_DOMAINS } from './accounts.ts';
import type { DemoAccount } from './accounts.ts';
import type { DemoFiles } from './files.ts';

/** An account as it stands now. */
export interface SeededAccount extends DemoAccount {
  readonly standing: Standing;
  /** In groups of four; undefined for an account without two-step. */
  readonly appPassword: string | undefined;
}

const ACTOR = 'demo';

/** Opens the store, seeds it, and closes it again before the gateway opens it. */
export async function seed({ keys, store: path }: DemoFiles): Promise<readonly SeededAccount[]> {
  const store = await openStore({ kind: 'embedded', path });
  const tools: PolicyTools = {
    store,
    keyring: makeKeyring(parseKeyFile(readFileSync(keys, 'utf8'))),
    clock: Date.now,
    issuer: 'Postern demo',
    maxAppPasswords: DEFAULT_MAX_APP_PASSWORDS,
  };
  try {
    for (const [domain, mode] of Object.entries(DEMO_DOMAINS)) {
      const { decided } = await showDomain(tools, domain);
      if (!decided) await setDomain(tools, ACTOR, domain, { mode });
    }
    const alice = accountOf(ALICE);
    await enrol(tools, alice);
    return await Promise.all(DEMO_ACCOUNTS.map((account) => look(tools, account)));
  } finally {
    await store.close();
  }
}

async function enrol(tools: PolicyTools, account: Account): Promise<void> {
  const { enrolledAt, policy } = await showAccount(tools, account);
  if (enrolledAt !== undefined || policy.mode === 'disabled') return;
  // What a phone does: read the secret from the QR code, show the code of this half minute.
  const { secret } = await beginTotp(tools, account);
  const code = generateSync({ secret: secret.expose() });
  await confirmTotp(tools, ACTOR, account, new Secret(code));
}

async function look(tools: PolicyTools, account: DemoAccount): Promise<SeededAccount> {
  const { standing } = await showAccount(tools, accountOf(account));
  const appPassword = standing === 'app-password' ? await appPasswordOf(tools, accountOf(account)) : undefined;
  return { ...account, standing, appPassword };
}

// The one that enrolment made, shown again; a new one when somebody has revoked it or it cannot be shown.
async function appPasswordOf(tools: PolicyTools, account: Account): Promise<string> {
  const { appPasswords } = await showAccount(tools, account);
  const first = appPasswords.find(
    ({ name, revealable, expired }) => name === FIRST_APP_PASSWORD && revealable && !expired,
  );
  if (first !== undefined) return formatAppPassword(await revealAppPassword(tools, ACTOR, account, first.id));
  const name = `Demo ${new Date(tools.clock()).toISOString()}`;
  return formatAppPassword((await addAppPassword(tools, ACTOR, account, { name, scopes: PROTOCOLS })).secret);
}

function accountOf({ address }: DemoAccount): Account {
  const rules = { localPart: 'lowercase', subaddressDelimiter: '+', masterUserSeparator: '*' } as const;
  const identity = canonicalAccount(address, rules);
  if (identity.kind === 'refused') throw new Error(`${address}: ${identity.fault}`);
  return identity.account;
}
