/**
 * Every key of the Redis adapter: its shape and how long it lives. User input is escaped into the shape, so that no
 * name can end a key, reach another one or choose its cluster slot. All keys of an account carry its hash tag.
 */

import { createHash } from 'node:crypto';
import { Fault } from '#core/fault.ts';
import type { StoreCaps } from './caps.ts';

export const DEFAULT_KEY_PREFIX = 'postern:1:';

/** What a key holds; the word behind the prefix. */
export type KeyKind =
  | 'account'
  | 'last-uses'
  | 'networks'
  | 'wrong'
  | 'wrong-from'
  | 'wrong-networks'
  | 'account-sessions'
  | 'account-history'
  | 'domain'
  | 'accounts'
  | 'account-domains'
  | 'domain-sessions'
  | 'domain-history'
  | 'domains'
  | 'admins'
  | 'tokens'
  | 'seen'
  | 'session'
  | 'session-domains'
  | 'verdicts'
  | 'ephemeral'
  | 'ephemeral-index'
  | 'check';

/** Kinds that hold what an administrator or a user has set; every other kind expires. */
export const PERMANENT_KINDS: ReadonlySet<KeyKind> = new Set([
  'account',
  'domain',
  'accounts',
  'account-domains',
  'domains',
  'admins',
  'tokens',
]);

/** The key that belongs to an account, a domain, a session id or a network. */
export type KeyOf = (owner: string) => string;

/** The keys under one prefix. */
export interface KeyPlan {
  /** Hash `epoch`, `record`. */
  readonly account: KeyOf;
  /** Hash: app password id to last use. */
  readonly lastUses: KeyOf;
  /** Sorted set: networks of successful logins, by time. */
  readonly networks: KeyOf;
  /** Sorted set: marks of wrong secrets from networks not known, by time. */
  readonly wrong: KeyOf;
  /** Sorted set: marks of wrong secrets from one network, by time. */
  readonly wrongFrom: (account: string, network: string) => string;
  /** Sorted set: the wrongFrom keys of an account, by time, for forgiving them all. */
  readonly wrongNetworks: KeyOf;
  /** Sorted set: session ids, by last touch. */
  readonly accountSessions: KeyOf;
  /** List of what was done, newest first. */
  readonly accountAudit: KeyOf;
  /** Hash `epoch`, `record`. */
  readonly domain: KeyOf;
  /** Sorted set of account names, all with score 0: paging in name order. */
  readonly accounts: KeyOf;
  /** Sorted set of the domains of all accounts, all with score 0. */
  readonly accountDomains: string;
  /** Sorted set: session ids, by last touch. */
  readonly domainSessions: KeyOf;
  /** List of what was done, newest first. */
  readonly domainAudit: KeyOf;
  /** Sorted set of domain names, all with score 0. */
  readonly domains: string;
  /** Hash `epoch`, `record`: all admins. */
  readonly admins: string;
  /** Hash `epoch`, `record`: all tokens of the policy service. */
  readonly tokens: string;
  /** Sorted set: accounts of a domain by their last login with the ordinary password. In the slot of `accounts`. */
  readonly seen: KeyOf;
  /** String: one session record. */
  readonly session: KeyOf;
  /** Sorted set: domains with sessions, by last touch. */
  readonly sessionDomains: string;
  /** Hash `start`, `count`. */
  readonly verdicts: KeyOf;
  /** Hash `id`, `value`, `version`, `expires`: one expiring record. The kind is one of our own words. */
  readonly ephemeral: (kind: string, id: string, owner?: string) => string;
  /** Sorted set: keys of an owner's expiring records of one kind, by expiry. */
  readonly ephemeralIndex: (owner: string, kind: string) => string;
  /** String, written by the health check. */
  readonly check: string;
  /** The pub/sub channel of all changes. */
  readonly changes: string;
}

/** The plan under `prefix`, which may hold letters, digits and `:._-`; another one is Fault CONFIG_INVALID. */
export function keyPlan(prefix: string): KeyPlan {
  if (!/^[\w:.-]{1,64}$/.test(prefix)) {
    throw new Fault('CONFIG_INVALID', `the store's key prefix may hold letters, digits and ":._-" only: "${prefix}"`);
  }
  const tagged =
    (kind: KeyKind): KeyOf =>
    (owner) =>
      `${prefix}${kind}:{${escapeKeyPart(owner)}}`;
  const single = (kind: KeyKind): string => `${prefix}${kind}`;
  const wrongFrom = tagged('wrong-from');
  const ephemeral = tagged('ephemeral');
  const ephemeralIndex = tagged('ephemeral-index');
  return {
    account: tagged('account'),
    lastUses: tagged('last-uses'),
    networks: tagged('networks'),
    wrong: tagged('wrong'),
    wrongFrom: (account, network) => `${wrongFrom(account)}:${escapeKeyPart(network)}`,
    wrongNetworks: tagged('wrong-networks'),
    accountSessions: tagged('account-sessions'),
    accountAudit: tagged('account-history'),
    domain: tagged('domain'),
    accounts: tagged('accounts'),
    accountDomains: single('account-domains'),
    domainSessions: tagged('domain-sessions'),
    domainAudit: tagged('domain-history'),
    domains: single('domains'),
    admins: single('admins'),
    tokens: single('tokens'),
    seen: tagged('seen'),
    session: tagged('session'),
    sessionDomains: single('session-domains'),
    verdicts: tagged('verdicts'),
    // With an owner its name decides the slot, so that all of its records can be ended in one step.
    ephemeral: (kind, id, owner) =>
      owner === undefined ? `${ephemeral(id)}:${kind}` : `${ephemeral(owner)}:${kind}:${escapeKeyPart(id)}`,
    ephemeralIndex: (owner, kind) => `${ephemeralIndex(owner)}:${kind}`,
    check: single('check'),
    changes: `${prefix}changes`,
  };
}

/** Session indexes outlive their sessions a little: they are trimmed by time, and gateways' clocks differ. */
export function sessionIndexSeconds(caps: StoreCaps): number {
  return 2 * caps.sessionTtlSeconds;
}

// Longer names than any that identity.ts lets through; they keep working, but not at the price of a giant key.
const MAX_ESCAPED_LENGTH = 1024;

/**
 * A name as part of a key: everything outside `a-z 0-9 @ . _ + -` as %XX of its UTF-8 bytes, so two names never share
 * a key. `%` alone stands for the empty name (an empty hash tag is none), `=` and a SHA-256 for an overlong one.
 */
export function escapeKeyPart(name: string): string {
  if (name === '') return '%';
  if (/^[a-z0-9@._+-]{1,1024}$/.test(name)) return name;
  if (name.length > MAX_ESCAPED_LENGTH) return digest(name);
  const escaped = name.replace(/[^a-z0-9@._+-]+/gu, escapeText);
  return escaped.length > MAX_ESCAPED_LENGTH ? digest(name) : escaped;
}

function escapeText(text: string): string {
  // The network of every login has one.
  if (text === '/') return '%2F';
  return Buffer.from(text, 'utf8').toString('hex').toUpperCase().replace(/../g, '%$&');
}

function digest(name: string): string {
  return `=${createHash('sha256').update(name).digest('hex')}`;
}
