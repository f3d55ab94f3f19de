/**
 * What policy asks of the outside, in its own words: a store, a backend that knows ordinary passwords, a clock.
 * store/ fits by structure. All times are milliseconds since 1970 and always come in as arguments.
 *
 * Every store operation either answers within its deadline or throws Fault STORE_UNAVAILABLE. A record that does not
 * fit its schema throws RECORD_INVALID: it is refused, not guessed.
 */

import type { Account } from '#core/identity.ts';
import type { AdminStore, UserStore } from './admins.ts';
import type { AuditEntry } from './audit.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { TokenStore } from './tokens.ts';
import type { DomainRecord, AccountRecord, Versioned, LastUse, Page, AccountChange } from './records.ts';
import type { LoginQuery, LoginFacts, Success } from './logins.ts';
import type { SessionRecord, Change, SessionFilter, TraceRequest } from '#core/session.ts';

export interface Watcher {
  readonly onChange: (change: Change) => void;
  readonly onTrace?: (request: TraceRequest) => void;
  /** The stream was interrupted and is back: compare epochs now. */
  readonly onGap: () => void;
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
  /** Announces a trace to all gateways that watch now. */
  announceTrace(request: TraceRequest): Promise<void>;

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

export interface PresentEpochs {
  readonly accounts: ReadonlyMap<string, number>;
  readonly domains: ReadonlyMap<string, number>;
}

export interface StoreHealth {
  readonly usable: boolean;
  /** Sentences for an operator: what is wrong or risky, e.g. that Redis does not persist. */
  readonly remarks: readonly string[];
}
