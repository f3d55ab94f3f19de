/** Who may manage domains, as it is kept; and the users that a domain's admin sees. Part of the Store in store.ts. */

import type { AccountRecord, Page, TotpFactor, Versioned } from './records.ts';

/** `help-desk` resets factors, cuts off and unlocks; only `admin` changes policy and suspends. */
export type AdminRole = 'admin' | 'help-desk';

export interface AdminRecord {
  /** A mail account's name; or, with `local`, a name without `@`. */
  readonly name: string;
  readonly role: AdminRole;
  readonly domains: 'all' | readonly string[];
  readonly grantedAt: number;
  readonly grantedBy: string;
  /** For an admin without a mailbox, so that a fresh installation can be entered. */
  readonly local?: LocalAdmin | undefined;
}

export interface LocalAdmin {
  /** bcrypt. */
  readonly passwordHash: string;
  readonly totp: TotpFactor;
}

export interface AdminsRecord {
  readonly admins: readonly AdminRecord[];
}

export type AdminsChange<T> = (current: AdminsRecord) => {
  readonly record: AdminsRecord | undefined;
  readonly result: T;
};

export interface AdminStore {
  lookupAdmins(): Promise<Versioned<AdminsRecord>>;
  /** Like updateAccount, for the one record of all admins. */
  updateAdmins<T>(change: AdminsChange<T>): Promise<T>;
}

/** An account that is known: something is recorded of it, or it has logged in with its ordinary password. */
export interface KnownUser {
  readonly account: string;
  readonly record: AccountRecord | undefined;
  /** When it last logged in with its ordinary password. */
  readonly seenAt: number | undefined;
}

export interface UserQuery {
  readonly domain: string;
  /** Part of the account's name; '' is part of every name. */
  readonly search: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface UserStore {
  /** In name order. */
  listUsers(query: UserQuery): Promise<Page<KnownUser>>;
}
