/**
 * Who may manage which domains: mail accounts named in the configuration or granted, and local admins, who have a
 * password and an authenticator here because they have no mailbox. What each role may do is one table.
 */

import { Fault } from '#core/fault.ts';
import { canonicalDomain } from '#core/identity.ts';

import type { Account } from '#core/identity.ts';
import type { AdminRecord, AdminRole, AdminsRecord } from '#policy/ports/admins.ts';
import type { AuditAction } from '#policy/ports/audit.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

/** What somebody may manage. */
export interface AdminGrant {
  readonly name: string;
  readonly role: AdminRole;
  readonly domains: 'all' | readonly string[];
}

/** What is done to a domain or its users. */
export type AdminTask = 'look' | 'reset-factors' | 'cut-off' | 'unlock' | 'suspend' | 'set-policy' | 'send-notice';

const HELP_DESK_TASKS: ReadonlySet<AdminTask> = new Set<AdminTask>(['look', 'reset-factors', 'cut-off', 'unlock']);

const NOBODY: AdminsRecord = { admins: [] };

/** True when the grant covers this task in this domain. */
export function mayDo(grant: AdminGrant, task: AdminTask, domain: string): boolean {
  const covered = grant.domains === 'all' || grant.domains.includes(domain);
  return covered && (grant.role === 'admin' || HELP_DESK_TASKS.has(task));
}

/**
 * What this name may manage, by the configuration and by what is stored; nothing when it is no admin. A local admin's
 * name has no `@`, so that neither kind passes for the other.
 */
export async function lookupGrants(
  context: Pick<PolicyContext, 'store'>,
  configured: readonly ConfiguredAdmin[],
  name: string,
): Promise<readonly AdminGrant[]> {
  const { record = NOBODY } = await context.store.lookupAdmins();
  const stored = record.admins.filter((admin) => admin.name === name);
  const named = configured.filter(({ account }) => account === name);
  return [...named, ...stored].map(({ role, domains }) => ({ name, role, domains }));
}

/** An admin as the configuration names it. */
export interface ConfiguredAdmin {
  readonly account: string;
  readonly role: AdminRole;
  readonly domains: 'all' | readonly string[];
}

/** True when any of the grants covers this task in this domain. */
export function mayDoAny(grants: readonly AdminGrant[], task: AdminTask, domain: string): boolean {
  return grants.some((grant) => mayDo(grant, task, domain));
}

/**
 * Whether these grants cover this task on somebody's account. Nobody touches the account of an admin who may do more, or
 * elsewhere: whoever resets the factors of such an account and knows its password would get its rights.
 */
export async function mayDoTo(
  context: Pick<PolicyContext, 'store'>,
  configured: readonly ConfiguredAdmin[],
  grants: readonly AdminGrant[],
  { task, account }: { readonly task: AdminTask; readonly account: Account },
): Promise<boolean> {
  return mayDoAny(grants, task, account.domain) && coversGrantsOf(context, configured, grants, account);
}

/** Whether these grants are at least those of this account; an account that is no admin's has none. */
export async function coversGrantsOf(
  context: Pick<PolicyContext, 'store'>,
  configured: readonly ConfiguredAdmin[],
  grants: readonly AdminGrant[],
  account: Account,
): Promise<boolean> {
  const theirs = await lookupGrants(context, configured, account.name);
  return theirs.every((grant) => grants.some((own) => includesGrant(own, grant)));
}

function includesGrant(own: AdminGrant, other: AdminGrant): boolean {
  if (own.role === 'help-desk' && other.role === 'admin') return false;
  if (own.domains === 'all') return true;
  const { domains } = own;
  return other.domains !== 'all' && other.domains.every((domain) => domains.includes(domain));
}

/** All stored admins, in the order in which they were granted. */
export async function listAdmins(context: Pick<PolicyContext, 'store'>): Promise<readonly AdminRecord[]> {
  return (await context.store.lookupAdmins()).record?.admins ?? [];
}

/** Grants, in place of an earlier grant of this name. USAGE when a domain is none; NOT_FOUND for an unknown local name. */
export async function grantAdmin(context: PolicyContext, actor: string, grant: AdminGrant): Promise<AdminRecord> {
  const { name, role } = grant;
  const domains = canonicalDomains(grant.domains);
  const now = context.clock();
  const outcome = await context.store.updateAdmins<AdminRecord | Fault>(({ admins }) => {
    const before = admins.find((admin) => admin.name === name);
    if (before === undefined && !name.includes('@')) {
      return { record: undefined, result: new Fault('NOT_FOUND', `there is no local admin "${name}"`) };
    }
    const granted: AdminRecord = { name, role, domains, grantedAt: now, grantedBy: actor, local: before?.local };
    return { record: { admins: [...admins.filter((admin) => admin !== before), granted] }, result: granted };
  });
  if (outcome instanceof Fault) throw outcome;
  await auditAdmin(context, actor, 'admin.granted', outcome);
  return outcome;
}

/** Takes a stored grant away, and a local admin with it. False when there was none. */
export async function revokeAdmin(context: PolicyContext, actor: string, name: string): Promise<boolean> {
  const gone = await context.store.updateAdmins<AdminRecord | undefined>(({ admins }) => {
    const found = admins.find((admin) => admin.name === name);
    if (found === undefined) return { record: undefined, result: undefined };
    return { record: { admins: admins.filter((admin) => admin !== found) }, result: found };
  });
  if (gone === undefined) return false;
  const owner = gone.local === undefined ? name : localAdminAccount(name).name;
  await context.store.ephemeral.endAll(owner, ['browser-session']);
  await auditAdmin(context, actor, 'admin.revoked', gone);
  return true;
}

/** Writes a grant down in the audit of each of its domains; of all domains together under `*`. */
export async function auditAdmin(
  context: Pick<PolicyContext, 'store' | 'clock'>,
  actor: string,
  action: Extract<AuditAction, `admin.${string}`>,
  { name, role, domains }: AdminGrant,
): Promise<void> {
  const at = context.clock();
  const detail = { admin: name, role, domains: domains === 'all' ? 'all' : domains.join(' ') };
  for (const domain of domains === 'all' ? ['*'] : domains) {
    await context.store.appendAudit({ at, actor, action, domain, detail });
  }
}

/** What a local admin is counted, signed in and audited as. No mail account has such a name. */
export function localAdminAccount(name: string): Account {
  return { name: LOCAL + name, local: name, domain: 'admin:local' };
}

/** The name of the local admin whose account this is; undefined for a mail account. */
export function localAdminNamed(account: string): string | undefined {
  return account.startsWith(LOCAL) && !account.includes('@') ? account.slice(LOCAL.length) : undefined;
}

const LOCAL = 'admin:';

/** The canonical names of these domains. USAGE when one is no domain's, or there is none. */
export function canonicalDomains(typed: 'all' | readonly string[]): 'all' | readonly string[] {
  if (typed === 'all') return typed;
  if (typed.length === 0) throw new Fault('USAGE', 'an admin needs at least one domain, or all');
  return [...new Set(typed.map((name) => canonicalOrFault(name)))];
}

function canonicalOrFault(typed: string): string {
  const domain = canonicalDomain(typed);
  if (domain === undefined) throw new Fault('USAGE', `"${typed}" is not a domain name`);
  return domain;
}
