/** What the gateway must be told, in its own words. config/ produces it, run/serve.ts hands it over. */

import type { Attempt, Epochs, LoginOutcome, Opener, Protocol, Verdict } from '#core/verdict.ts';
import type { Secret } from '#core/secret.ts';
import type { Account, IdentityRules } from '#core/identity.ts';

export interface ListenerSettings {
  readonly name: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  /** TLS from the first byte, after STARTTLS or STLS, or none (loopback only). */
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** Take passwords without TLS. Only on a loopback address. */
  readonly plaintextLogin: boolean;
  /** CIDR blocks whose connections begin with a PROXY protocol header; empty: none do. */
  readonly proxyProtocolFrom: readonly string[];
  /** Completes a bare user name; SNI names may override it. */
  readonly defaultDomain?: string | undefined;
}

export interface CertificateSettings {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsSettings {
  /** The first is the default; the others are chosen by SNI from the names in them. */
  readonly certificates: readonly CertificateSettings[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

/** One mail server, or several equal hosts. */
export interface BackendSettings {
  readonly name: string;
  readonly hosts: readonly string[];
  /** Which host a login goes to: the one with the fewest sessions, or always the same one for an account. */
  readonly balance: 'least-connections' | 'account';
  readonly services: Readonly<Partial<Record<Protocol, BackendService>>>;
  /** PEM file of the CA that signed the hosts' certificates; absent: the system's. */
  readonly caFile?: string | undefined;
  /** Name expected in the certificate, when it is not the host name. */
  readonly tlsServerName?: string | undefined;
  /** The name sent to the backend: %u full, %n local part, %d domain. */
  readonly userTemplate: string;
  /** Which service judges an ordinary password when no session is wanted; undefined: the one the client uses. */
  readonly passwordCheck?: Protocol | undefined;
  readonly connectTimeoutMs: number;
  readonly loginTimeoutMs: number;
  /** Time between health checks of a host that is up; one that is down is asked again after a second, then less often. */
  readonly probeIntervalMs: number;
}

export interface BackendService {
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly impersonation: Impersonation;
  /** How the backend learns the client's address: IMAP ID, XCLIENT (the others) or a PROXY v2 header. */
  readonly clientAddress: 'id' | 'xclient' | 'proxy' | 'none';
}

export type Impersonation =
  /** `user*master` with the master's password (Dovecot). */
  | { readonly kind: 'master-user'; readonly user: string; readonly password: Secret; readonly separator: string }
  /** SASL PLAIN authzid (Dovecot, Cyrus). */
  | { readonly kind: 'authzid'; readonly user: string; readonly password: Secret }
  /** Postfix XCLIENT LOGIN= (submission). */
  | { readonly kind: 'xclient' };

export interface LimitSettings {
  readonly maxConnections: number;
  readonly maxConnectionsPerNetwork: number;
  readonly maxUnauthenticated: number;
  /** From accept to a finished login. */
  readonly preauthMs: number;
  /** A wait for the next byte before login. */
  readonly preauthIdleMs: number;
  readonly tlsHandshakeMs: number;
  readonly proxyHeaderMs: number;
  /** Nothing relayed either way for this long ends a session. */
  readonly relayIdleMs: Readonly<Record<Protocol, number>>;
  readonly drainMs: number;
}

/** Who may log in. Made by policy/, joined by run/serve.ts. */
export interface Gatekeeper {
  /** Never throws for an outage: that is the verdict `unavailable`. */
  decide(attempt: Attempt, signal: AbortSignal): Promise<Verdict>;
  /** How the login that the verdict let through ended at the backend. */
  conclude(attempt: Attempt, verdict: Verdict, outcome: LoginOutcome): Promise<void>;
  /** Which of these sessions of one account policy no longer covers. Throws STORE_UNAVAILABLE. */
  review(account: Account, sessions: readonly CoveredSession[]): Promise<SessionReview>;
}

export interface SessionReview {
  /** Ids of the sessions to close. */
  readonly ended: readonly string[];
  /** When time alone will change the answer (ms): a date from which the domain is forced, an expiry. */
  readonly reviewAt?: number | undefined;
  /** The versions of the records that this was read from. */
  readonly epochs: Epochs;
}

export interface CoveredSession {
  readonly id: string;
  readonly opener: Opener;
  readonly openedAt: number;
}

/** The live list and the stream of changes, as the gateway needs them; the store fits by structure. */
export interface LiveStore {
  touchSessions(sessions: readonly LiveSession[]): Promise<void>;
  closeSessions(sessions: readonly LiveSession[]): Promise<void>;
  watch(watcher: { onChange: (change: LiveChange) => void; onGap: () => void }): Promise<{ stop(): Promise<void> }>;
  epochs(
    accounts: readonly Account[],
    domains: readonly string[],
  ): Promise<{ accounts: ReadonlyMap<string, number>; domains: ReadonlyMap<string, number> }>;
}

export interface LiveSession {
  readonly id: string;
  readonly account: string;
  readonly domain: string;
  readonly protocol: Protocol;
  readonly opener: Opener;
  readonly address: string;
  readonly gateway: string;
  readonly openedAt: number;
}

export type LiveChange =
  | { readonly kind: 'account'; readonly account: string; readonly epoch: number }
  | { readonly kind: 'domain'; readonly domain: string; readonly epoch: number }
  | { readonly kind: 'session'; readonly id: string };

export interface GatewaySettings {
  readonly hostname: string;
  readonly gatewayName: string;
  readonly portalUrl: string;
  readonly identity: Omit<IdentityRules, 'defaultDomain'>;
  readonly listeners: readonly ListenerSettings[];
  readonly tls: TlsSettings;
  readonly limits: LimitSettings;
  readonly mechanisms: readonly string[];
  /** Backend by domain; `defaultBackend` serves the others. */
  readonly backends: readonly BackendSettings[];
  readonly domainBackends: Readonly<Record<string, string>>;
  readonly defaultBackend: string;
}
