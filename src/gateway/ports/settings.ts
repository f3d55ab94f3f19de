/** What the gateway must be told, in its own words. config/ produces it, run/worker.ts hands it over. */

import type { Protocol } from '#core/protocols.ts';
import type { IdentityRules } from '#core/identity.ts';
import type { BackendSettings } from '#backends/settings.ts';
import type { TlsSettings } from '#connection/tls-settings.ts';

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
