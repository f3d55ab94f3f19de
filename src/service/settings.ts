/** What the policy service is handed: its settings, and the parts of the program that it works with. */

import type { Socket } from 'node:net';
import type { Account, IdentityRules } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import type { DenyReason } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import type { ConfiguredAdmin } from '#policy/admins/admins.ts';
import type { Gatekeeper } from '#policy/logins/gatekeeper.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { BegunTls, HttpPlace } from '#web/http-listeners.ts';
import type { ServiceMetrics } from './metrics.ts';
import type { CheckOrdinaryPassword, Limits } from '#policy/ports/logins.ts';

export interface ServiceListener extends HttpPlace {
  /** PEM file of the CA that signs the certificates of permitted clients; undefined: none is asked for. */
  readonly clientCaFile: string | undefined;
}

export interface ServiceSettings {
  readonly listen: readonly ServiceListener[];
}

export interface ServiceParts {
  readonly settings: ServiceSettings;
  /** The admins of the configuration. */
  readonly admins: readonly ConfiguredAdmin[];
  readonly context: PolicyContext;
  readonly identity: IdentityRules;
  readonly gatekeeper: Pick<Gatekeeper, 'decide' | 'conclude'>;
  /** The one that the gatekeeper asks, too. */
  readonly checkOrdinaryPassword: CheckOrdinaryPassword;
  /** The gatekeeper's. */
  readonly limits: Limits;
  readonly words: RefusalWords;
  readonly handOver: HandOver;
  readonly countLogin: (login: CountedLogin) => void;
  readonly metrics: ServiceMetrics;
  readonly log: Log;
}

/** A login that is not let in. */
export type Refusal =
  | { readonly kind: 'deny'; readonly reason: DenyReason }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable' };

/** The sentences of the gateway, so that a user reads the same whoever stands at the door. */
export interface RefusalWords {
  /** The sentence alone, with the id of the attempt at its end. */
  plain(refusal: Refusal, sessionId: string): string;
  /** What follows NO, -ERR or the SMTP code, with the protocol's response code; `smtpCode` like `535 5.7.8`. */
  inProtocol(
    protocol: Protocol,
    refusal: Refusal,
    sessionId: string,
  ): { readonly text: string; readonly smtpCode: string };
}

/** Where a proxy finds the mail server, and how it logs in there. */
export interface BackendPlace {
  readonly address: string;
  readonly port: number;
  /** The account's name as the server knows it. */
  readonly user: string;
  /** How an allowed user is logged in there without the ordinary password. */
  readonly impersonation: { readonly user: string; readonly password: string } | 'name-alone';
}

/** The place that a proxy is sent to; undefined where none is configured. */
export type HandOver = (account: Account, protocol: Protocol) => BackendPlace | undefined;

export interface CountedLogin {
  readonly protocol: Protocol;
  readonly verdict: 'accepted' | 'refused' | 'throttled' | 'unavailable';
  readonly reason: string;
}

/** Begins TLS on an accepted socket, as its server. */
export type BeginTls = (socket: Socket, listener: ServiceListener) => BegunTls;
