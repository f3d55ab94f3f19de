/**
 * Turns what a client typed as its user name into the one canonical account that everything is keyed by.
 * Refuses whatever could be read differently by the backend. RFC 8265 §3.3 (UsernameCaseMapped), RFC 5891 (A-labels).
 */

import { domainToASCII } from 'node:url';

/** A canonical account. `name` is `local@domain`; two spellings of one mailbox give the same `name`. */
export interface Account {
  readonly name: string;
  readonly local: string;
  readonly domain: string;
}

export interface IdentityRules {
  /** Added when the client gives a bare user name; without it a bare name is refused. */
  readonly defaultDomain?: string | undefined;
  readonly localPart: 'lowercase' | 'as-is';
  /** Everything from this character on is dropped from the local part (`alice+news` is alice's mailbox); '' keeps it. */
  readonly subaddressDelimiter: string;
  /** The backend's master-user separator, which no name may contain; '' when there is none. */
  readonly masterUserSeparator: string;
}

export type IdentityFault = 'empty' | 'too-long' | 'malformed' | 'separator' | 'no-domain';

export type Identity =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'refused'; readonly fault: IdentityFault };

// RFC 5321 §4.5.3.1: 64 octets of local part, 255 of domain.
const MAX_LOCAL_BYTES = 64;
const MAX_DOMAIN_BYTES = 255;

// Spaces, controls, format characters, surrogates, unassigned, and what some backend gives a meaning: path
// separators, double quotes, Dovecot's variables and master users. An apostrophe is a letter of real names.
const FORBIDDEN = /[\p{C}\p{Z}"\\/%*()<>[\]{},:;|`$]/u;

/**
 * Canonicalises an authcid. The result's `name` is lowercase where the rules say so, NFC, domain in A-labels.
 * Returns a fault, never throws; the fault is for the log, the client hears only that its credentials are wrong.
 */
export function canonicalAccount(authcid: string, rules: IdentityRules): Identity {
  const typed = authcid.normalize('NFC');
  if (typed === '') return refused('empty');
  if (typed.length > MAX_LOCAL_BYTES + MAX_DOMAIN_BYTES + 1) return refused('too-long');
  const parts = splitAddress(typed, rules.defaultDomain);
  if (parts === undefined) return refused('malformed');
  if (parts.domain === '') return refused('no-domain');

  if (rules.masterUserSeparator !== '' && typed.includes(rules.masterUserSeparator)) return refused('separator');
  const local = canonicalLocal(parts.local, rules);
  const domain = canonicalDomain(parts.domain);
  if (local === undefined || domain === undefined) return refused('malformed');
  return { kind: 'account', account: { name: `${local}@${domain}`, local, domain } };
}

/** The A-label form of a domain in lowercase, or undefined when it is not a host name. */
export function canonicalDomain(domain: string): string | undefined {
  const ascii = domainToASCII(domain).toLowerCase();
  if (ascii === '' || ascii.length > MAX_DOMAIN_BYTES) return undefined;
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  return ascii.split('.').every((part) => label.test(part)) ? ascii : undefined;
}

/** True when an authzid asks for the authcid's own account, or asks for nothing (RFC 4616 §2). */
export function authzidPermitted(authzid: string | undefined, account: Account, rules: IdentityRules): boolean {
  if (authzid === undefined || authzid === '') return true;
  const identity = canonicalAccount(authzid, rules);
  return identity.kind === 'account' && identity.account.name === account.name;
}

// Some clients and old guides write user%domain (cPanel, Outlook behind gateways): the same mailbox as user@domain.
function splitAddress(typed: string, defaultDomain = ''): { local: string; domain: string } | undefined {
  const at = typed.includes('@') ? '@' : '%';
  const [local, domain, ...more] = typed.split(at);
  if (local === undefined || more.length > 0) return undefined;
  return { local, domain: domain ?? defaultDomain };
}

function canonicalLocal(typed: string, rules: IdentityRules): string | undefined {
  // RFC 8265 §3.3.1: full-width and half-width forms first, then case.
  const width = typed.replace(/[\uFF01-\uFFEE\u3000]/g, (wide) => wide.normalize('NFKC'));
  const cased = rules.localPart === 'lowercase' ? width.toLowerCase() : width;
  const delimiterAt = rules.subaddressDelimiter === '' ? -1 : cased.indexOf(rules.subaddressDelimiter, 1);
  const local = (delimiterAt < 0 ? cased : cased.slice(0, delimiterAt)).normalize('NFC');
  if (local === '' || Buffer.byteLength(local) > MAX_LOCAL_BYTES) return undefined;
  if (FORBIDDEN.test(local) || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return undefined;
  return local;
}

function refused(fault: IdentityFault): Identity {
  return { kind: 'refused', fault };
}
