/** Bearer tokens of the policy service, as they are kept. Part of the Store in store.ts. */

import type { Versioned } from './records.ts';

/**
 * What a token is good for. `admin` and `help-desk` as of people; `read-only` looks; `verifier` asks whether a login is
 * to be let in; `reveal` shows app passwords again, which no other role includes.
 */
export const TOKEN_ROLES = ['admin', 'help-desk', 'read-only', 'verifier', 'reveal'] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];

export interface TokenRecord {
  /** Stands in the token itself, to find its record by; no secret. */
  readonly id: string;
  /** The operator's word for it; the audit says `token:` and this. */
  readonly name: string;
  readonly roles: readonly TokenRole[];
  readonly domains: 'all' | readonly string[];
  /** HMAC-SHA-256 of the secret under the key `keyId`, bound to the id; base64url. */
  readonly digest: string;
  readonly keyId: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt?: number | undefined;
}

export interface TokensRecord {
  readonly tokens: readonly TokenRecord[];
}

export type TokensChange<T> = (current: TokensRecord) => {
  readonly record: TokensRecord | undefined;
  readonly result: T;
};

export interface TokenStore {
  lookupTokens(): Promise<Versioned<TokensRecord>>;
  /** Like updateAccount, for the one record of all tokens. */
  updateTokens<T>(change: TokensChange<T>): Promise<T>;
}
