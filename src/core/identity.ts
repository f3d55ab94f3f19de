/**
 * Turns what a client typed as its user name into the one canonical account that everything is keyed by.
 * Refuses whatever could be read differently by the backend. RFC 8265 §3.3 (UsernameCaseMapped), RFC 8264 §4.2
 * (IdentifierClass), RFC 5891 (A-labels).
 */

import { domainToASCII, domainToUnicode } from 'node:url';

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

// Letters, digits and marks of any script (RFC 8264 §4.2), and of ASCII's signs those of an unquoted local part (RFC
// 5322 §3.2.3) to which no backend gives a meaning: no path separator, variable, master user or quote. An apostrophe is
// a letter of real names.
const LOCAL_PART = /^(?:[!#&'+.=?^_~A-Za-z0-9-]|(?![\0-\x7f\p{DI}])[\p{L}\p{Nd}\p{Mn}\p{Mc}])+$/u;
// What a host name may be typed with. The URL parser behind domainToASCII would cut at a slash, decode %41 and skip
// line ends; IDNA skips invisible characters.
const TYPED_DOMAIN = /^(?:[A-Za-z0-9.-]|(?![\0-\x7f\p{DI}])[^\p{C}\p{Z}])+$/u;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

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

  const local = canonicalLocal(parts.local, rules);
  const domain = canonicalDomain(parts.domain);
  if (local === undefined || domain === undefined) return refused('malformed');
  const name = `${local}@${domain}`;
  // Both forms: one sign can become another on the way (a full-width one its ASCII form).
  if (rules.masterUserSeparator !== '' && (typed + name).includes(rules.masterUserSeparator))
    return refused('separator');
  return { kind: 'account', account: { name, local, domain } };
}

/** The A-label form of a domain in lowercase, or undefined when it is not a host name. An IP address is none. */
export function canonicalDomain(domain: string): string | undefined {
  if (!TYPED_DOMAIN.test(domain)) return undefined;
  const ascii = domainToASCII(domain).toLowerCase();
  const labels = ascii.split('.');
  if (ascii.length > MAX_DOMAIN_BYTES || !labels.every((label) => LABEL.test(label))) return undefined;
  // RFC 3696 §2: no top-level domain is all digits.
  if (/^\d+$/.test(labels.at(-1) ?? '')) return undefined;
  return labels.some((label) => label.startsWith('xn--')) && !hasGoodALabels(ascii) ? undefined : ascii;
}

// RFC 5891 §5.4: an A-label must be what its U-label gives. Runtimes differ in whether they check that.
function hasGoodALabels(ascii: string): boolean {
  const unicode = domainToUnicode(ascii);
  return !unicode.split('.').some((label) => label.startsWith('xn--')) && domainToASCII(unicode) === ascii;
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
  if (!LOCAL_PART.test(local) || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return undefined;
  // RFC 8264 §9.17: no ligatures, superscripts and the like, which some backend would take for their plain forms.
  return local.normalize('NFKC') === local ? local : undefined;
}

function refused(fault: IdentityFault): Identity {
  return { kind: 'refused', fault };
}
