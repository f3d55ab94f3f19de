/** What the gateway counts, in its own words. Who reads it, and how, is not known here. */

import type { Protocol } from '#core/protocols.ts';
import type { SessionCredential } from '#core/verdict.ts';

export interface GatewayMetrics {
  /** Bytes passed on after login. Plain numbers, added to in place, because they change with every chunk. */
  readonly relayed: { client: number; backend: number };
  connectionAccepted(listener: string): void;
  connectionRejected(listener: string, reason: string): void;
  tlsFailed(listener: string, why: string): void;
  /** A password came without TLS. */
  passwordExposed(listener: string): void;
  loginJudged(login: MeteredLogin): void;
  sessionOpened(protocol: Protocol, opener: SessionCredential['kind']): void;
  sessionClosed(protocol: Protocol, opener: SessionCredential['kind']): void;
  /** A session that policy no longer covers is gone, this long after we learned of it. */
  sessionCutOff(noticed: RevocationTrigger, seconds: number): void;
  /** The stream of changes was interrupted. */
  changesLost(): void;
  /** A login at a backend host, from dialling to its answer. */
  backendLogin(service: MeteredService, usable: boolean, seconds: number): void;
}

export interface MeteredLogin {
  readonly protocol: Protocol;
  readonly verdict: 'accepted' | 'refused' | 'throttled' | 'unavailable';
  /** What opened the session, or why there is none: one of our own words. */
  readonly reason: string;
}

export interface MeteredService {
  readonly backend: string;
  readonly host: string;
  readonly protocol: Protocol;
}

/** How a worker learned that a session had to end. */
export type RevocationTrigger = 'announced' | 'compared' | 'by-time' | 'by-hand';

/** Meters that nobody reads. */
export function unreadGatewayMetrics(): GatewayMetrics {
  return {
    relayed: { client: 0, backend: 0 },
    connectionAccepted: nothing,
    connectionRejected: nothing,
    tlsFailed: nothing,
    passwordExposed: nothing,
    loginJudged: nothing,
    sessionOpened: nothing,
    sessionClosed: nothing,
    sessionCutOff: nothing,
    changesLost: nothing,
    backendLogin: nothing,
  };
}

function nothing(): void {}
