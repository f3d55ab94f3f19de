/**
 * Records that end by themselves: browser sessions, one-time codes, trusted browsers, set-up links and the like. What
 * policy asks of a store for them, in its own words; part of the Store in store.ts. All times are milliseconds since
 * 1970.
 */

/** What each kind of record holds. */
export interface EphemeralValues {
  readonly 'browser-session': BrowserSessionRecord;
  readonly 'one-time-code': OneTimeCodeRecord;
  readonly 'code-sendings': CodeSendingsRecord;
  readonly 'trusted-browser': TrustedBrowserRecord;
  readonly 'set-up-link': SetUpLinkRecord;
  readonly 'passkey-challenge': PasskeyChallengeRecord;
  readonly 'shown-once': ShownOnceRecord;
  readonly 'idempotent-answer': IdempotentAnswerRecord;
}

export type EphemeralKind = keyof EphemeralValues;

/** Somebody who is signed in, or half way there, in one browser. Its id is the keyed digest of the cookie. */
export interface BrowserSessionRecord {
  /** An account's name, or `admin:` and the name of a local administrator. */
  readonly account: string;
  /** `password`: the ordinary password only; `full`: every factor that the account has. */
  readonly level: 'password' | 'full';
  /** When a second factor was last given, or the password by an account that has none. Absent: not in this session. */
  readonly secondFactorAt?: number | undefined;
  /** The account's enrolment and factors when it began: a change of them ends it. */
  readonly factorsMark: string;
  readonly createdAt: number;
  readonly language?: string | undefined;
  /** The trusted browser that stood in for the second factor. */
  readonly trustedBrowser?: string | undefined;
  /** The client's network (/24 or /56 text) and its program, for the user to recognise it by. */
  readonly network: string;
  readonly browser: string;
}

/** A code that was sent by mail. Its id is made of session, purpose and account. */
export interface OneTimeCodeRecord {
  /** HMAC of the code under the key `keyId`, bound to session, purpose, account and address. */
  readonly digest: string;
  readonly keyId: string;
  /** Where it was sent. */
  readonly address: string;
  readonly wrongTries: number;
  readonly sentAt: number;
}

/** When codes were sent to an account, to limit how many there may be. */
interface CodeSendingsRecord {
  readonly sentAt: readonly number[];
}

/** A browser that may leave the second factor out. Its id is the keyed digest of its cookie. */
export interface TrustedBrowserRecord {
  readonly account: string;
  readonly browser: string;
  readonly network: string;
  readonly createdAt: number;
  readonly usedAt: number;
  /** The account's enrolment and factors that it was trusted under: a change of them ends the trust. */
  readonly factorsMark: string;
}

/** A link, good once, under which a device fetches its settings. Its id is the keyed digest of the link's token. */
interface SetUpLinkRecord {
  readonly account: string;
  /** The device's name, which becomes the name of its app password. */
  readonly name: string;
  /** The form in which the settings are to be given: `mobileconfig`. */
  readonly form: string;
  readonly createdAt: number;
  /** The account's enrolment and factors when it was made: a change of them ends it. */
  readonly factorsMark: string;
}

/** A challenge for a passkey. Its id is made of session, purpose and account. */
interface PasskeyChallengeRecord {
  readonly challenge: string;
  readonly createdAt: number;
}

/** What a page shows once after a redirect: sealed, bound to the session. */
interface ShownOnceRecord {
  readonly sealed: string;
}

/** A request with an Idempotency-Key: which one, and its answer, sealed, once there is one. */
interface IdempotentAnswerRecord {
  readonly fingerprint: string;
  readonly sealed?: string | undefined;
}

/** Names one record. `id` is never a secret itself but at most its keyed digest. */
export interface EphemeralRef<K extends EphemeralKind> {
  readonly kind: K;
  readonly id: string;
  /** The account (or `admin:` and a name) whose record it is; undefined for one that nobody owns. Part of its name. */
  readonly owner: string | undefined;
}

export interface EphemeralEntry<K extends EphemeralKind> {
  readonly id: string;
  readonly value: EphemeralValues[K];
  readonly expiresAt: number;
  /** Changes with every writing and is never used again, not even after removal. */
  readonly version: string;
}

export interface EphemeralUpdate<K extends EphemeralKind> {
  /** The version that was loaded; undefined: there was none. */
  readonly version: string | undefined;
  readonly value: EphemeralValues[K];
  readonly expiresAt: number;
}

/**
 * Expiring records. One that has expired, was consumed or ended is gone: nothing but putting brings one back. Of one
 * kind an owner has at most as many as the store's caps say; then the one that expires next makes room.
 */
export interface Ephemeral {
  /** Writes a record, in place of the one that was there. */
  put<K extends EphemeralKind>(
    ref: EphemeralRef<K>,
    content: { readonly value: EphemeralValues[K]; readonly expiresAt: number },
  ): Promise<void>;
  load<K extends EphemeralKind>(ref: EphemeralRef<K>): Promise<EphemeralEntry<K> | undefined>;
  /** Writes only if the record is still as it was loaded: false when somebody else was first, or it has ended. */
  update<K extends EphemeralKind>(ref: EphemeralRef<K>, update: EphemeralUpdate<K>): Promise<boolean>;
  /** Takes a record away and returns what it held. Of any number of parallel callers one gets it. */
  consume<K extends EphemeralKind>(ref: EphemeralRef<K>): Promise<EphemeralValues[K] | undefined>;
  /** An owner's records of one kind, the one that expires first in front. */
  listOf<K extends EphemeralKind>(owner: string, kind: K): Promise<readonly EphemeralEntry<K>[]>;
  /** Ends an owner's records of these kinds in one atomic step. Returns how many there were. */
  endAll(owner: string, kinds: readonly EphemeralKind[]): Promise<number>;
}
