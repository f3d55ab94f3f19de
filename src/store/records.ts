/**
 * The stored form of every record: JSON with a version, read through a schema. A version or shape that this release
 * does not know is Fault RECORD_INVALID: refused, not guessed. What is written is checked too, so that a record which
 * could not be read back never gets in.
 */

import { z } from 'zod';
import { setBounded } from '#core/bounded-map.ts';
import { Fault } from '#core/fault.ts';
import { formatNetwork, parseNetwork } from '#core/network.ts';
import { APP_PASSWORD_SCOPES, PROTOCOLS } from '#core/protocols.ts';
import type { AdminRole, AdminsRecord } from '#policy/ports/admins.ts';
import type { AuditAction, AuditEntry } from '#policy/ports/audit.ts';
import type { TokenRole, TokensRecord } from '#policy/ports/tokens.ts';
import { DOMAIN_MODES, FACTOR_KINDS, HINTS, REVEALS } from '#policy/ports/records.ts';
import type { AccountRecord, DomainRecord, LastUse } from '#policy/ports/records.ts';
import type { Watcher } from '#policy/ports/store.ts';
import type { SessionRecord } from '#core/session.ts';

/** Writes and reads records of one kind. `of` names the record in faults: an account, a domain, a session id. */
export interface Codec<T> {
  encode(record: T, of: string): string;
  decode(text: string, of: string): T;
}

export const Time = z.number().nonnegative();
export const Count = z.int().nonnegative();

const Domain = z.strictObject({
  mode: z.enum(DOMAIN_MODES),
  forcedFrom: Time.optional(),
  methods: z.array(z.enum(FACTOR_KINDS)),
  reveal: z.enum(REVEALS),
  hints: z.enum(HINTS),
});

const DomainWithLimits = z.strictObject({
  ...Domain.shape,
  trustedBrowserDays: Count.optional(),
  maxAppPasswords: Count.optional(),
  appPasswordDays: Count.optional(),
});

const AppPassword = z.strictObject({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(APP_PASSWORD_SCOPES)),
  digest: z.string(),
  keyId: z.string(),
  sealed: z.string().optional(),
  createdAt: Time,
  expiresAt: Time.optional(),
  networks: z.array(z.string()).optional(),
  generation: Count,
});

const Totp = z.strictObject({ sealedSecret: z.string(), confirmedAt: Time, lastStep: z.int() });
const PendingTotp = z.strictObject({ sealedSecret: z.string(), startedAt: Time });

const Account = z.strictObject({
  enrolledAt: Time.optional(),
  totp: Totp.optional(),
  pendingTotp: PendingTotp.optional(),
  recoveryAddress: z.string().optional(),
  recoveryCodes: z.array(z.string()),
  appPasswords: z.array(AppPassword),
  suspended: z.strictObject({ at: Time, by: z.string() }).optional(),
  cutOffAt: Time.optional(),
});

const Passkey = z.strictObject({
  id: z.string(),
  name: z.string(),
  publicKey: z.string(),
  counter: Count,
  transports: z.array(z.string()),
  createdAt: Time,
  lastUsedAt: Time.optional(),
});

const AccountWithFactors = z.strictObject({
  ...Account.shape,
  pendingTotp: z.strictObject({ ...PendingTotp.shape, first: z.literal(true).optional() }).optional(),
  emailFactor: z.strictObject({ confirmedAt: Time }).optional(),
  passkeys: z.array(Passkey).optional(),
  language: z.string().optional(),
});

const LastUseOfAppPassword = z.strictObject({ at: Time, protocol: z.enum(PROTOCOLS), network: z.string() });

const Opener = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ordinary-password') }),
  z.strictObject({ kind: z.literal('app-password'), id: z.string(), generation: Count }),
  z.strictObject({ kind: z.literal('token'), id: z.string() }),
]);

const Session = z.strictObject({
  id: z.string(),
  account: z.string(),
  domain: z.string(),
  protocol: z.enum(PROTOCOLS),
  opener: Opener,
  address: z.string(),
  gateway: z.string(),
  openedAt: Time,
});

const Action = oneOf<AuditAction>({
  'domain.changed': true,
  'domain.notice-sent': true,
  'account.enrolled': true,
  'account.unenrolled': true,
  'account.suspended': true,
  'account.resumed': true,
  'account.recovery-code-used': true,
  'account.recovery-codes-renewed': true,
  'account.recovery-address-changed': true,
  'account.factor-removed': true,
  'account.factors-reset': true,
  'account.unlocked': true,
  'app-password.added': true,
  'app-password.revealed': true,
  'app-password.reset': true,
  'app-password.renamed': true,
  'app-password.revoked': true,
  'session.cut-off': true,
  'browser.signed-in': true,
  'browser.refused': true,
  'admin.granted': true,
  'admin.revoked': true,
  'token.created': true,
  'token.revoked': true,
  'login.hinted': true,
});

const Audit = z.strictObject({
  at: Time,
  actor: z.string(),
  action: Action,
  domain: z.string(),
  account: z.string().optional(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
});

const ChangeMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account'), account: z.string(), epoch: Count }),
  z.strictObject({ kind: z.literal('domain'), domain: z.string(), epoch: Count }),
  z.strictObject({ kind: z.literal('session'), id: z.string() }),
  z.strictObject({
    kind: z.literal('trace'),
    by: z.enum(['account', 'address', 'session']),
    value: z.string(),
    seconds: Count,
  }),
]);

const AdminLocal = z.strictObject({ passwordHash: z.string(), totp: Totp });

const Admins = z.strictObject({
  admins: z.array(
    z.strictObject({
      name: z.string(),
      role: oneOf<AdminRole>({ admin: true, 'help-desk': true }),
      domains: z.union([z.literal('all'), z.array(z.string())]),
      grantedAt: Time,
      grantedBy: z.string(),
      local: AdminLocal.optional(),
    }),
  ),
});

const Tokens = z.strictObject({
  tokens: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      roles: z.array(
        oneOf<TokenRole>({ admin: true, 'help-desk': true, 'read-only': true, verifier: true, reveal: true }),
      ),
      domains: z.union([z.literal('all'), z.array(z.string())]),
      digest: z.string(),
      keyId: z.string(),
      createdAt: Time,
      createdBy: z.string(),
      expiresAt: Time.optional(),
    }),
  ),
});

export const adminsRecords: Codec<AdminsRecord> = codec<AdminsRecord>('admins', Admins);
export const tokensRecords: Codec<TokensRecord> = codec<TokensRecord>('tokens', Tokens);
export const domainRecords: Codec<DomainRecord> = codec<DomainRecord>('domain', Domain, DomainWithLimits);
export const accountRecords: Codec<AccountRecord> = codec<AccountRecord>('account', Account, AccountWithFactors);
export const lastUseRecords: Codec<LastUse> = codec<LastUse>('last use', LastUseOfAppPassword);
export const sessionRecords: Codec<SessionRecord> = codec<SessionRecord>('session', Session);
export const auditRecords: Codec<AuditEntry> = codec<AuditEntry>('audit entry', Audit);

/**
 * A codec that remembers what it read last, up to `max` texts: reading a record again costs a look-up. What it returns is
 * shared, and must not be changed.
 */
export function remembering<T>(codec: Codec<T>, max: number): Codec<T> {
  const read = new Map<string, T>();
  return {
    encode: (record, of) => codec.encode(record, of),
    decode(text, of) {
      const known = read.get(text);
      if (known !== undefined) return known;
      const record = codec.decode(text, of);
      setBounded(read, text, record, max);
      return record;
    },
  };
}

/** Hands a published message to a watcher; false for one that this release does not understand: compare epochs instead. */
export function deliverChange(text: string, watcher: Watcher): boolean {
  const { data } = ChangeMessage.safeParse(readJson(text));
  if (data?.kind === 'trace') watcher.onTrace?.(data);
  else if (data !== undefined) watcher.onChange(data);
  return data !== undefined;
}

/** The network of a last use: /24 for IPv4 where limits count single addresses, anything else as it is. */
export function lastUseNetwork(network: string): string {
  const parsed = parseNetwork(network);
  if (parsed?.family !== 4 || parsed.prefixBits <= 24) return network;
  return formatNetwork({ family: 4, first: (parsed.first >> 8n) << 8n, prefixBits: 24 });
}

/** One of these words. A table, so that a word added to the port does not compile until it is added here. */
export function oneOf<T extends string>(words: Readonly<Record<T, true>>): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'string' && Object.hasOwn(words, value));
}

/**
 * The codec of records whose versions 1, 2, … these schemas describe. All are read. What is written takes the earliest
 * version that can hold it, so that gateways of an earlier release go on reading all that they understand.
 */
export function codec<T extends object>(kind: string, ...versions: readonly z.ZodType<T>[]): Codec<T> {
  return {
    encode(record, of) {
      // A field that is undefined is none: earlier versions need not know it.
      const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
      let fault: z.ZodError | undefined;
      for (const [index, schema] of versions.entries()) {
        const parsed = schema.safeParse(given);
        if (parsed.success) return JSON.stringify({ v: index + 1, record: parsed.data });
        fault = parsed.error;
      }
      throw invalid(kind, of, `cannot be stored: ${firstIssue(fault)}`);
    },
    decode(text, of) {
      const strange = (error: z.ZodError) =>
        invalid(kind, of, `is not in the form this release knows: ${firstIssue(error)}`);
      const envelope = Envelope.safeParse(readJson(text));
      if (!envelope.success) throw strange(envelope.error);
      const { v, record } = envelope.data;
      const parsed = versions[v - 1]?.safeParse(record);
      if (parsed === undefined)
        throw invalid(kind, of, `has version ${v}, this release reads up to version ${versions.length}`);
      if (!parsed.success) throw strange(parsed.error);
      return parsed.data;
    },
  };
}

const Envelope = z.strictObject({ v: z.number(), record: z.unknown() });

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Path and rule only: a value could be a secret's digest or a user's address.
function firstIssue(error: z.ZodError | undefined): string {
  const [issue] = error?.issues ?? [];
  return issue === undefined ? 'unknown' : `${issue.path.join('.') || '(whole record)'}: ${issue.code}`;
}

function invalid(kind: string, of: string, what: string): Fault {
  return new Fault('RECORD_INVALID', `the stored ${kind} record of ${JSON.stringify(of)} ${what}`, {
    fields: { kind, of },
  });
}
