/** What is kept of a domain, an account and an app password. All times are milliseconds since 1970. */

import type { AppPasswordScope, Protocol } from '#core/protocols.ts';

/** What a domain can choose: no two-step authentication, for those who want it, for all. */
export const DOMAIN_MODES = ['disabled', 'enabled', 'forced'] as const;
export type DomainMode = (typeof DOMAIN_MODES)[number];

/** When an app password is shown: again and again, or once. */
export const REVEALS = ['always', 'once'] as const;
/** When the right ordinary password is told what to do instead. */
export const HINTS = ['always', 'never'] as const;

/** The kinds of second factor that users enrol. */
export const FACTOR_KINDS = ['totp', 'email', 'passkey'] as const;
export type FactorKind = (typeof FACTOR_KINDS)[number];

/** The domain's choice. A domain without a record is `disabled`. */
export interface DomainRecord {
  readonly mode: DomainMode;
  /** With mode `forced`: from this time on; absent means now. Before it the domain behaves as `enabled`. */
  readonly forcedFrom?: number | undefined;
  /** Factors that users may enrol. */
  readonly methods: readonly FactorKind[];
  /** Whether an app password can be shown again (`always`) or only when it is made (`once`). */
  readonly reveal: (typeof REVEALS)[number];
  /** Whether the right ordinary password is told what to do instead. */
  readonly hints: (typeof HINTS)[number];
  /** How many days a browser may leave the second factor out once its user has said so; absent: never. */
  readonly trustedBrowserDays?: number | undefined;
  /** App passwords that one account may hold; absent: as many as the settings say. */
  readonly maxAppPasswords?: number | undefined;
  /** The longest life of a new app password, in days; absent: none need end. */
  readonly appPasswordDays?: number | undefined;
}

export interface AccountRecord {
  /** When two-step authentication was turned on; absent means not enrolled. */
  readonly enrolledAt?: number | undefined;
  readonly totp?: TotpFactor | undefined;
  /** An enrolment begun and not yet confirmed by a code. */
  readonly pendingTotp?: PendingTotp | undefined;
  /** Codes go to the recovery address. */
  readonly emailFactor?: { readonly confirmedAt: number } | undefined;
  readonly passkeys?: readonly PasskeyRecord[] | undefined;
  /** Its owner has shown that mail to it arrives. */
  readonly recoveryAddress?: string | undefined;
  /** The language that its owner reads, as a BCP 47 tag: for notices. */
  readonly language?: string | undefined;
  /** Digests of the recovery codes not yet used. */
  readonly recoveryCodes: readonly string[];
  readonly appPasswords: readonly AppPasswordRecord[];
  readonly suspended?: { readonly at: number; readonly by: string } | undefined;
  /** Sessions opened before this time are closed (`session cut-off`, enrolment). */
  readonly cutOffAt?: number | undefined;
}

export interface TotpFactor {
  readonly sealedSecret: string;
  readonly confirmedAt: number;
  /** The last 30-second step that was used: this and earlier ones are refused (RFC 6238 §5.2). */
  readonly lastStep: number;
}

interface PendingTotp {
  readonly sealedSecret: string;
  readonly startedAt: number;
  /** The account had no factor then: what began as its first must not end as a second one. */
  readonly first?: true | undefined;
}

export interface PasskeyRecord {
  /** The credential's id, base64url. */
  readonly id: string;
  /** In the user's words. */
  readonly name: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  /** The authenticator's count of its signatures; 0 where it does not count. */
  readonly counter: number;
  readonly transports: readonly string[];
  readonly createdAt: number;
  readonly lastUsedAt?: number | undefined;
}

export interface AppPasswordRecord {
  readonly id: string;
  /** The device or program, in the user's words. */
  readonly name: string;
  readonly scopes: readonly AppPasswordScope[];
  /** HMAC-SHA-256 under the key `keyId`, bound to the account; base64url. */
  readonly digest: string;
  readonly keyId: string;
  /** AES-256-GCM of the secret where the domain reveals always; absent where it reveals once. */
  readonly sealed?: string | undefined;
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  /** CIDR blocks from which it may be used; absent means from everywhere. */
  readonly networks?: readonly string[] | undefined;
  /** Counts resets, so that a session opened before one is recognised. */
  readonly generation: number;
}

/** A record and its version. The version grows by one at every change and is never reused, not even after removal. */
export interface Versioned<T> {
  readonly record: T | undefined;
  readonly epoch: number;
}

/** When and how an app password was last used. */
export interface LastUse {
  readonly at: number;
  readonly protocol: Protocol;
  /** The client's network (/24 or /56 text), not its full address. */
  readonly network: string;
}

/** A page of a listing, in name order. `next` is the cursor of the following page; undefined at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

export type AccountChange<T> = (current: AccountRecord | undefined) => {
  readonly record: AccountRecord | undefined;
  readonly result: T;
};

/** The record of an account that nothing has been saved about. */
export const EMPTY_ACCOUNT: AccountRecord = { recoveryCodes: [], appPasswords: [] };
