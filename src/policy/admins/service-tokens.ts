/**
 * Bearer tokens of the policy service: made, listed, revoked, and recognised. A token is `postern_`, an id and 160
 * random bits; only a keyed digest of those is kept. What each role may do is one table.
 */

import { Fault } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { canonicalDomains } from './admins.ts';
import { randomText, sameText } from '#policy/secrets/app-password.ts';

import type { AdminTask } from './admins.ts';
import type { AuditAction } from '#policy/ports/audit.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { TokenRecord, TokenRole } from '#policy/ports/tokens.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

/** What is done with a token. */
export type TokenTask = AdminTask | 'enrol' | 'manage-app-passwords' | 'reveal' | 'verify';

/** What a token may do where. */
export type TokenGrant = Pick<TokenRecord, 'name' | 'roles' | 'domains'>;

export interface TokenRequest extends TokenGrant {
  /** Milliseconds since 1970, ahead of now. */
  readonly expiresAt?: number | undefined;
}

const TASKS: Readonly<Record<TokenRole, ReadonlySet<TokenTask>>> = {
  admin: new Set<TokenTask>([
    'look',
    'reset-factors',
    'cut-off',
    'unlock',
    'suspend',
    'set-policy',
    'send-notice',
    'enrol',
    'manage-app-passwords',
  ]),
  'help-desk': new Set<TokenTask>(['look', 'reset-factors', 'cut-off', 'unlock']),
  'read-only': new Set<TokenTask>(['look']),
  verifier: new Set<TokenTask>(['verify']),
  reveal: new Set<TokenTask>(['reveal']),
};

const ID_LENGTH = 10;
const SECRET_LENGTH = 32;
const TOKEN = /^postern_([a-z0-9]{10})_([a-z0-9]{32})$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
/** Each costs room in a record that is read often. */
const MAX_TOKENS = 500;

/** True when the token may do this at all, in some domain. */
export function mayEver(grant: Pick<TokenGrant, 'roles'>, task: TokenTask): boolean {
  return grant.roles.some((role) => TASKS[role].has(task));
}

/** True when the token may do this in this domain. */
export function tokenMay(grant: TokenGrant, task: TokenTask, domain: string): boolean {
  return (grant.domains === 'all' || grant.domains.includes(domain)) && mayEver(grant, task);
}

/**
 * Makes a token; what it returns is the only time that it can be seen. USAGE when the request cannot be meant;
 * NOT_ALLOWED when there are as many as there may be.
 */
export async function createToken(
  context: PolicyContext,
  actor: string,
  request: TokenRequest,
): Promise<{ readonly token: Secret; readonly record: TokenRecord }> {
  const now = context.clock();
  const { name, roles, expiresAt } = checked(request, now);
  const domains = canonicalDomains(request.domains);
  const [id, secret] = [randomText(ID_LENGTH), randomText(SECRET_LENGTH)];
  const keyId = context.keyring.currentId;
  const digest = digestOf(context.keyring, { id, secret, keyId });
  const record = { id, name, roles, domains, digest, keyId, createdAt: now, createdBy: actor, expiresAt };
  const outcome = await context.store.updateTokens<Fault | undefined>(({ tokens }) => {
    const refusal = refusalOf(tokens, name);
    if (refusal !== undefined) return { record: undefined, result: refusal };
    return { record: { tokens: [...tokens, record] }, result: undefined };
  });
  if (outcome !== undefined) throw outcome;
  await auditToken(context, actor, 'token.created', record);
  return { token: new Secret(`postern_${id}_${secret}`), record };
}

/** All tokens, also those that have expired, in the order in which they were made. */
export async function listTokens(context: Pick<PolicyContext, 'store'>): Promise<readonly TokenRecord[]> {
  return (await context.store.lookupTokens()).record?.tokens ?? [];
}

/** Ends a token. False when there is none of this name or id. */
export async function revokeToken(context: PolicyContext, actor: string, ref: string): Promise<boolean> {
  const gone = await context.store.updateTokens<TokenRecord | undefined>(({ tokens }) => {
    const found = tokens.find(({ name }) => name === ref) ?? tokens.find(({ id }) => id === ref);
    if (found === undefined) return { record: undefined, result: undefined };
    return { record: { tokens: tokens.filter((token) => token !== found) }, result: found };
  });
  if (gone === undefined) return false;
  await auditToken(context, actor, 'token.revoked', gone);
  return true;
}

/** The live token that this text is; undefined when it is none. Compares in constant time. */
export function recogniseToken(
  keyring: Keyring,
  tokens: readonly TokenRecord[],
  presented: Secret,
  now: number,
): TokenRecord | undefined {
  const [, id = '', secret = ''] = TOKEN.exec(presented.expose()) ?? [];
  const record = tokens.find((token) => token.id === id);
  if (record === undefined || !keyring.has(record.keyId)) return undefined;
  if (!sameText(digestOf(keyring, { id, secret, keyId: record.keyId }), record.digest)) return undefined;
  return record.expiresAt !== undefined && record.expiresAt <= now ? undefined : record;
}

function digestOf(keyring: Keyring, token: { id: string; secret: string; keyId: string }): string {
  return keyring.digest('service-token', [token.id, token.secret], token.keyId);
}

function checked({ name, roles, domains, expiresAt }: TokenRequest, now: number): TokenRequest {
  if (!NAME.test(name)) throw new Fault('USAGE', 'a token needs a short name of letters, digits, dots and hyphens');
  if (roles.length === 0) throw new Fault('USAGE', 'a token needs at least one role');
  if (expiresAt !== undefined && expiresAt <= now) throw new Fault('USAGE', 'the expiry is not ahead of now');
  return { name, roles: [...new Set(roles)], domains, expiresAt };
}

function refusalOf(tokens: readonly TokenRecord[], name: string): Fault | undefined {
  if (tokens.some((token) => token.name === name)) return new Fault('USAGE', `there is already a token "${name}"`);
  if (tokens.length < MAX_TOKENS) return undefined;
  return new Fault('NOT_ALLOWED', `there are ${tokens.length} tokens, as many as there may be: revoke some`);
}

async function auditToken(
  context: Pick<PolicyContext, 'store' | 'clock'>,
  actor: string,
  action: Extract<AuditAction, `token.${string}`>,
  { name, roles, domains }: TokenGrant,
): Promise<void> {
  const at = context.clock();
  const detail = { token: name, roles: roles.join(' '), domains: domains === 'all' ? 'all' : domains.join(' ') };
  for (const domain of domains === 'all' ? ['*'] : domains) {
    await context.store.appendAudit({ at, actor, action, domain, detail });
  }
}
