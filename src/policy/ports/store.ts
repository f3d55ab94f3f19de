/**
 * What policy asks of the outside, in its own words: a store, a backend that knows ordinary passwords, a clock.
 * store/ fits by structure. All times are milliseconds since 1970 and always come in as arguments.
 *
 * Every store operation either answers within its deadline or throws Fault STORE_UNAVAILABLE. A record that does not
 * fit its schema throws RECORD_INVALID: it is refused, not guessed.
 */

import type { Account } from '#core/identity.ts';
import type { Attempt, Opener, Protocol } from '#core/verdict.ts';
import type { AdminStore, UserStore } from './admins.ts';
import type { AuditEntry } from './audit.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { TokenStore } from './tokens.ts';

/** The domain's choice. A domain without a record is `disabled`. */
export interface DomainRecord {
  readonly mode: 'disabled' | 'enabled' | 'forced';
  /** With mode `forced`: from this time on; absent means now. Before it the domain behaves as `enabled`. */
  readonly forcedFrom?: number | undefined;
  /** Factors that users may enrol. */
  readonly methods: readonly FactorKind[];
  /** Whether an app password can be shown again (`always`) or only when it is made (`once`). */
  readonly reveal: 'always' | 'once';
  /** Whether the right ordinary password is told what to do instead. */
  readonly hints: 'always' | 'never';
  /** How many days a browser may leave the second factor out once its user has said so; absent: never. */
  readonly trustedBrowserDays?: number | undefined;
  /** App passwords that one account may hold; absent: as many as the settings say. */
  readonly maxAppPasswords?: number | undefined;
  /** The longest life of a new app password, in days; absent: none need end. */
  readonly appPasswordDays?: number | undefined;
}

export type FactorKind = 'totp' | 'email' | 'passkey';

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
  readonly scopes: readonly Protocol[];
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

/** The limits of DESIGN §11, per window; a secret counts once however often it is repeated. */
export interface Limits {
  /** Distinct wrong secrets of one account, from networks where it has not logged in before. */
  readonly accountFailures: number;
  /** Distinct wrong secrets of one account from one network. */
  readonly accountNetworkFailures: number;
  readonly failureWindowSeconds: number;
  /** Verdicts given to one network. */
  readonly networkVerdicts: number;
  readonly networkWindowSeconds: number;
}

export interface LoginQuery {
  readonly account: Account;
  /** The client's network: /32 or /56 text. */
  readonly network: string;
  /** A short keyed digest of the offered secret: equal for equal secrets, useless without the key. */
  readonly secretMark: string;
  readonly now: number;
  readonly limits: Limits;
}

export interface LoginFacts {
  readonly domain: Versioned<DomainRecord>;
  readonly account: Versioned<AccountRecord>;
  readonly pressure: Pressure;
}

/** Counts that already include this attempt, so that parallel guesses cannot slip between check and count. */
export interface Pressure {
  readonly accountFailures: number;
  readonly accountNetworkFailures: number;
  readonly networkVerdicts: number;
  /** The account has logged in from this network before. */
  readonly knownNetwork: boolean;
}

export interface Success {
  readonly account: Account;
  readonly network: string;
  readonly secretMark: string;
  readonly now: number;
  /** Absent for a forwarded ordinary password. */
  readonly appPasswordId?: string | undefined;
  /** The backend has confirmed the ordinary password: the account is known from now on. */
  readonly ordinaryPassword?: true | undefined;
  readonly protocol: Protocol;
}

/** One client that is logged in now. */
export interface SessionRecord {
  readonly id: string;
  readonly account: string;
  readonly domain: string;
  readonly protocol: Protocol;
  readonly opener: Opener;
  readonly address: string;
  readonly gateway: string;
  readonly openedAt: number;
}

/** What changed. Delivered at most once, possibly lost in an outage: watchers compare epochs after every gap. */
export type Change =
  | { readonly kind: 'account'; readonly account: string; readonly epoch: number }
  | { readonly kind: 'domain'; readonly domain: string; readonly epoch: number }
  | { readonly kind: 'session'; readonly id: string };

export interface Watcher {
  readonly onChange: (change: Change) => void;
  /** The stream was interrupted and is back: compare epochs now. */
  readonly onGap: () => void;
}

/** A page of a listing, in name order. `next` is the cursor of the following page; undefined at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

export interface Store extends AdminStore, UserStore, TokenStore {
  /** All that one verdict needs, in one round trip. Counts the attempt as wrong until recordSuccess says otherwise. */
  lookupLogin(query: LoginQuery): Promise<LoginFacts>;
  /** Takes the attempt back out of the failure counts, remembers network and last use. Forgives nothing else. */
  recordSuccess(success: Success): Promise<void>;
  /** Clears the failure counts of an account (`account unlock`). */
  forgiveFailures(account: Account): Promise<void>;

  lookupDomain(domain: string): Promise<Versioned<DomainRecord>>;
  /**
   * Replaces the record in one atomic step with its epoch, then announces it. Returns the new epoch; undefined when an
   * `expected` epoch is given and it is no longer the present one: nothing is written then.
   */
  saveDomain(domain: string, record: DomainRecord, expected?: number): Promise<number | undefined>;
  listDomains(cursor: string | undefined, limit: number): Promise<Page<{ domain: string; record: DomainRecord }>>;

  lookupAccount(account: Account): Promise<Versioned<AccountRecord>>;
  /**
   * Reads, applies `change` (pure; may run several times) and writes if nobody wrote in between, else tries again.
   * `record: undefined` in its result means: leave as it is. Announces what it wrote. Of two racing changes that
   * cannot both happen exactly one sees the other's result.
   */
  updateAccount<T>(account: Account, change: AccountChange<T>): Promise<T>;
  listAccounts(
    domain: string,
    cursor: string | undefined,
    limit: number,
  ): Promise<Page<{ account: string; record: AccountRecord }>>;
  /** The domains of all accounts that have, or had, a record, whether or not anybody has decided about them. */
  listAccountDomains(cursor: string | undefined, limit: number): Promise<Page<string>>;
  lookupLastUses(account: Account): Promise<ReadonlyMap<string, LastUse>>;

  /** Lists these sessions, or keeps them listed: they vanish by themselves `sessionTtlSeconds` after the last touch. */
  touchSessions(sessions: readonly SessionRecord[]): Promise<void>;
  closeSessions(sessions: readonly SessionRecord[]): Promise<void>;
  listSessions(filter: SessionFilter): Promise<readonly SessionRecord[]>;
  /** Asks whichever gateway holds this session to close it; false when no such session is on record. */
  cutOffSession(id: string): Promise<boolean>;

  appendAudit(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  listAudit(filter: { domain: string; account?: string | undefined; limit: number }): Promise<readonly AuditEntry[]>;

  /** Records that end by themselves. */
  readonly ephemeral: Ephemeral;

  watch(watcher: Watcher): Promise<{ stop(): Promise<void> }>;
  /** Present epochs (0 when there is no record) of many accounts and domains, in batches. */
  epochs(accounts: readonly Account[], domains: readonly string[]): Promise<PresentEpochs>;

  /** Connected, willing to write, and not evicting: what `serve` checks at start and the health endpoint repeats. */
  check(): Promise<StoreHealth>;
  close(): Promise<void>;
}

export type AccountChange<T> = (current: AccountRecord | undefined) => {
  readonly record: AccountRecord | undefined;
  readonly result: T;
};

export type SessionFilter =
  | { readonly by: 'account'; readonly account: Account }
  | { readonly by: 'domain'; readonly domain: string }
  | { readonly by: 'all' };

export interface PresentEpochs {
  readonly accounts: ReadonlyMap<string, number>;
  readonly domains: ReadonlyMap<string, number>;
}

export interface StoreHealth {
  readonly usable: boolean;
  /** Sentences for an operator: what is wrong or risky, e.g. that Redis does not persist. */
  readonly remarks: readonly string[];
}

/** Asks the backend whether this ordinary password is right, by logging in and out again. */
export type CheckOrdinaryPassword = (
  attempt: Attempt,
  signal: AbortSignal,
) => Promise<'right' | 'wrong' | 'unavailable'>;
