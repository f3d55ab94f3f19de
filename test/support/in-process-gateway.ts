/** A gateway in this process, with a policy of the test's own: for what happens at the sockets. */

import { createAuthority } from './certificates.ts';
import { freePorts, temporaryDirectory } from './processes.ts';
import { Backends } from '#backends/backends.ts';
import { Gateway } from '#gateway/gateway.ts';
import { unreadGatewayMetrics, type GatewayMetrics } from '#ops/gateway-metrics.ts';
import type { GatewaySettings, LimitSettings, ListenerSettings } from '#gateway/ports/settings.ts';
import type { Attempt, Verdict } from '#core/verdict.ts';
import type { TraceRequest } from '#core/session.ts';
import type { LiveStore } from '#gateway/ports/gatekeeper.ts';
import { memoryLog, type MemoryLog } from '#ops/log.ts';
import { MODULES } from '#protocol/all.ts';
import type { BackendSettings } from '#backends/settings.ts';

export interface InProcessOptions {
  readonly listeners: readonly Partial<ListenerSettings>[];
  readonly backend: Partial<BackendSettings>;
  readonly limits?: Partial<LimitSettings>;
  /** Server names, a certificate each. */
  readonly certificates?: readonly (readonly string[])[];
  /** In place of meters that nobody reads. */
  readonly metrics?: Partial<GatewayMetrics>;
  readonly decide?: (attempt: Attempt) => Promise<Verdict> | Verdict;
}

export interface InProcessGateway {
  /** A port for each listener, in their order. */
  readonly ports: readonly number[];
  readonly caFile: string;
  readonly log: MemoryLog;
  /** All attempts that reached policy. */
  readonly attempts: readonly Attempt[];
  readonly gateway: Gateway;
  readonly certificateFiles: readonly { certFile: string; keyFile: string }[];
  /** What the store would announce. */
  trace(by: TraceRequest['by'], value: string): void;
  stop(): Promise<void>;
}

const LIMITS: LimitSettings = {
  maxConnections: 1000,
  maxConnectionsPerNetwork: 1000,
  maxUnauthenticated: 1000,
  preauthMs: 30_000,
  preauthIdleMs: 30_000,
  tlsHandshakeMs: 10_000,
  proxyHeaderMs: 10_000,
  relayIdleMs: { imap: 60_000, pop3: 60_000, submission: 60_000, sieve: 60_000 },
  drainMs: 200,
};

export async function startInProcess(options: InProcessOptions): Promise<InProcessGateway> {
  const directory = await temporaryDirectory('gateway');
  const authority = await createAuthority(directory.path, 'front');
  const names = options.certificates ?? [['localhost', '127.0.0.1']];
  const certificateFiles = [];
  for (const of of names) certificateFiles.push(await authority.issue(of));
  const ports = await freePorts(options.listeners.length);
  const settings = settingsOf(options, certificateFiles, ports);
  const log = memoryLog();
  const attempts: Attempt[] = [];
  const watchers: Parameters<LiveStore['watch']>[0][] = [];
  const metrics = { ...unreadGatewayMetrics(), ...options.metrics };
  const gateway = new Gateway({
    settings,
    modules: MODULES,
    backends: new Backends({ ...settings, modules: MODULES, metrics, log }),
    gatekeeper: {
      decide: async (attempt) => {
        attempts.push(attempt);
        const verdict = options.decide ?? ((): Verdict => ({ kind: 'forward', epochs: { account: 0, domain: 0 } }));
        return verdict(attempt);
      },
      conclude: async () => {},
      review: async () => ({ ended: [], epochs: { account: 0, domain: 0 } }),
    },
    store: {
      touchSessions: async () => {},
      closeSessions: async () => {},
      watch: async (watcher) => {
        watchers.push(watcher);
        return { stop: async () => {} };
      },
      epochs: async () => ({ accounts: new Map(), domains: new Map() }),
    },
    metrics,
    log,
    now: Date.now,
  });
  await gateway.prepare();
  await gateway.open();
  return {
    ports,
    caFile: authority.caFile,
    log,
    attempts,
    gateway,
    certificateFiles,
    trace: (by, value) => {
      for (const { onTrace } of watchers) onTrace?.({ kind: 'trace', by, value, seconds: 60 });
    },
    stop: async () => {
      await gateway.stop();
      await directory.remove();
    },
  };
}

function settingsOf(
  { listeners, backend, limits }: InProcessOptions,
  certificates: GatewaySettings['tls']['certificates'],
  ports: readonly number[],
): GatewaySettings {
  return {
    hostname: 'gateway.test',
    gatewayName: 'test',
    portalUrl: 'https://portal.test/',
    identity: { localPart: 'lowercase', subaddressDelimiter: '+', masterUserSeparator: '*' },
    listeners: listeners.map((listener, index) => ({
      name: `listener-${index}`,
      protocol: 'imap',
      address: '127.0.0.1',
      port: ports[index] ?? 0,
      tls: 'none',
      plaintextLogin: true,
      proxyProtocolFrom: [],
      ...listener,
    })),
    tls: { certificates, minVersion: 'TLSv1.2' },
    limits: { ...LIMITS, ...limits },
    mechanisms: ['PLAIN', 'LOGIN'],
    backends: [
      {
        name: 'main',
        hosts: ['127.0.0.1'],
        balance: 'least-connections',
        services: {},
        userTemplate: '%u',
        connectTimeoutMs: 2000,
        loginTimeoutMs: 2000,
        probeIntervalMs: 60_000,
        ...backend,
      },
    ],
    domainBackends: {},
    defaultBackend: 'main',
  };
}
