/**
 * Admins without a mailbox: a password that its owner chose, checked with bcrypt away from the event loop, and an
 * authenticator app, so that nobody manages domains with a password alone.
 */

import { Fault } from '#core/fault.ts';
import { auditAdmin, canonicalDomains, localAdminAccount } from './admins.ts';
import { NO_STEP, matchCode, newTotp } from '#policy/secrets/totp.ts';

import type { Secret } from '#core/secret.ts';
import type { AdminRecord, LocalAdmin } from '#policy/ports/admins.ts';
import type { AdminGrant } from './admins.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { CodeMatch, NewTotp } from '#policy/secrets/totp.ts';
import type { PasswordHasher } from '#policy/ports/password-hasher.ts';

const NAME = /^[a-z][a-z0-9._-]{0,31}$/;
const MIN_PASSWORD_LENGTH = 12;
/** bcrypt looks at no more: a longer password would be cut without a word. */
const MAX_PASSWORD_BYTES = 72;

/**
 * Creates a local admin, or gives an existing one a new password and authenticator; returns what the app is to be set up
 * with. USAGE when the name or the password does not fit.
 */
export async function createLocalAdmin(
  context: PolicyContext & { readonly hasher: PasswordHasher },
  actor: string,
  grant: AdminGrant,
  password: Secret,
): Promise<NewTotp> {
  const { name, role } = grant;
  const domains = canonicalDomains(grant.domains);
  if (!NAME.test(name)) {
    throw new Fault('USAGE', 'a local admin has a name of 1 to 32 lowercase letters, digits, ".", "_" or "-"');
  }
  requirePassword(password);
  const now = context.clock();
  const totp = newTotp(context.issuer, name);
  const local: LocalAdmin = {
    passwordHash: await context.hasher.hash(password.expose()),
    totp: { sealedSecret: context.keyring.seal(totp.secret, bindingOf(name)), confirmedAt: now, lastStep: NO_STEP },
  };
  const record: AdminRecord = { name, role, domains, grantedAt: now, grantedBy: actor, local };
  await context.store.updateAdmins(({ admins }) => ({
    record: { admins: [...admins.filter((admin) => admin.name !== name), record] },
    result: undefined,
  }));
  await context.store.ephemeral.endAll(localAdminAccount(name).name, ['browser-session']);
  await auditAdmin(context, actor, 'admin.granted', record);
  return totp;
}

/** Judges a local admin's password, in the same time for a name that there is not. Count the attempts before. */
export async function checkLocalPassword(
  context: Pick<PolicyContext, 'store'> & { readonly hasher: PasswordHasher },
  name: string,
  password: Secret,
): Promise<'right' | 'wrong'> {
  const found = (await lookupLocalAdmin(context, name))?.local;
  const text = password.expose();
  const fits = Buffer.byteLength(text) <= MAX_PASSWORD_BYTES;
  const right = await context.hasher.verify(fits ? text : '', found?.passwordHash ?? NOBODYS_HASH);
  return right && fits && found !== undefined ? 'right' : 'wrong';
}

/** The local admin with this name, by what is stored; undefined when there is none. */
export async function lookupLocalAdmin(
  { store }: Pick<PolicyContext, 'store'>,
  name: string,
): Promise<AdminRecord | undefined> {
  const { record } = await store.lookupAdmins();
  return record?.admins.find((admin) => admin.name === name && admin.local !== undefined);
}

/** A digest of a local admin's password and authenticator: what was allowed under another was allowed to another. */
export function localMark(keyring: Keyring, { name, local }: AdminRecord): string {
  const parts = [local?.passwordHash ?? '', local?.totp.sealedSecret ?? ''];
  return keyring.digest('browser-session', ['local admin', name, ...parts]);
}

/** Checks a code of a local admin's authenticator and uses it up, as consumeTotpCode does. */
export async function consumeLocalCode(context: PolicyContext, name: string, code: Secret): Promise<CodeMatch> {
  const now = context.clock();
  return context.store.updateAdmins<CodeMatch>(({ admins }) => {
    const admin = admins.find((one) => one.name === name);
    if (admin?.local === undefined) return { record: undefined, result: { kind: 'wrong' } };
    const { totp } = admin.local;
    const match = matchCode(context.keyring.open(totp.sealedSecret, bindingOf(name)), code, now, totp.lastStep);
    if (match.kind !== 'right') return { record: undefined, result: match };
    const used: AdminRecord = { ...admin, local: { ...admin.local, totp: { ...totp, lastStep: match.step } } };
    return { record: { admins: admins.map((one) => (one === admin ? used : one)) }, result: match };
  });
}

// bcrypt of random bytes that were thrown away, at the same cost as all others: nobody's password.
const NOBODYS_HASH = '$2b$12$yKouTkyNjtSZH/Fq0daunuuZHmb510Vce3oehSygWLeszH0tmfKoC';

function requirePassword(password: Secret): void {
  const text = password.expose();
  if (text.length < MIN_PASSWORD_LENGTH || Buffer.byteLength(text) > MAX_PASSWORD_BYTES) {
    throw new Fault('USAGE', `a password has ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_BYTES} characters`);
  }
}

function bindingOf(name: string): { readonly account: string; readonly recordId: string } {
  return { account: localAdminAccount(name).name, recordId: 'totp' };
}
