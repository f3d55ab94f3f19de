/** What must be known of each mail server. */

import type { Protocol } from '#core/protocols.ts';
import type { ImpersonationSettings } from '#backends/kinds/all.ts';

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
  readonly impersonation: ImpersonationSettings;
  /** How the backend learns the client's address: IMAP ID, XCLIENT (the others) or a PROXY v2 header. */
  readonly clientAddress: 'id' | 'xclient' | 'proxy' | 'none';
}
