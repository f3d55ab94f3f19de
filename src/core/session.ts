/** Live sessions and the changes that may end them, in the same words for the gateway, policy and the store. */

import type { Account } from './identity.ts';
import type { Protocol } from './protocols.ts';
import type { SessionCredential } from './verdict.ts';

/** One client that is logged in now. */
export interface SessionRecord {
  readonly id: string;
  readonly account: string;
  readonly domain: string;
  readonly protocol: Protocol;
  readonly opener: SessionCredential;
  readonly address: string;
  readonly gateway: string;
  readonly openedAt: number;
}

/** What changed. Delivered at most once, possibly lost in an outage: watchers compare epochs after every gap. */
export type Change =
  | { readonly kind: 'account'; readonly account: string; readonly epoch: number }
  | { readonly kind: 'domain'; readonly domain: string; readonly epoch: number }
  | { readonly kind: 'session'; readonly id: string };

/** Whose dialogues the gateways are asked to write to their logs, and for how long. Announced once, kept nowhere. */
export interface TraceRequest {
  readonly kind: 'trace';
  readonly by: 'account' | 'address' | 'session';
  /** A canonical account name, a client's address in its shortest form, or a session's id. */
  readonly value: string;
  readonly seconds: number;
}

export type SessionFilter =
  | { readonly by: 'account'; readonly account: Account }
  | { readonly by: 'domain'; readonly domain: string }
  | { readonly by: 'all' };

/** A live session, as far as policy is concerned. */
export interface CoveredSession {
  readonly id: string;
  readonly opener: SessionCredential;
  readonly openedAt: number;
}
