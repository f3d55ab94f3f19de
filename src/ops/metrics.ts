/**
 * Every metric of a worker, once: its name, its labels and the sentence that says what it counts. The supervisor puts
 * the readings of all processes together. No label ever holds what a client sent, so their number is bounded. It opens
 * no socket.
 */

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { childrenOf, type MetricReadings } from './metric-readings.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { serviceMetrics } from './service-metrics.ts';

/** How a gateway is at the moment of a reading. */
export interface MeteredGateway {
  readonly listeners: readonly { readonly name: string; readonly open: boolean }[];
  readonly backendHosts: readonly MeteredHost[];
  readonly connections: number;
  readonly unauthenticated: number;
  readonly certificateExpiresAt: Date | undefined;
}

interface HostLabels {
  readonly backend: string;
  readonly host: string;
  readonly protocol: string;
}

interface MeteredHost extends HostLabels {
  readonly up: boolean;
  readonly active: number;
}

interface LoginLabels {
  readonly protocol: string;
  readonly verdict: string;
  readonly reason: string;
}

/**
 * Makes the metrics of one worker: what it calls as things happen, and the reading of all of them. `gateway` is asked at
 * every reading; undefined while it is being built.
 */
export function workerMetrics(worker: number, gateway: () => MeteredGateway | undefined) {
  const registry = new Registry();
  registry.setDefaultLabels({ process: `worker-${worker}` });
  const context = { registers: [registry], gateway };
  const relayed = relayedBytes(context);
  addProcessMetrics(registry);
  addState(context);
  return {
    /** Fits the gateway's port for what it counts. */
    metrics: {
      relayed,
      ...connectionMeters(context),
      ...loginMeters(context),
      ...sessionMeters(context),
      ...backendMeters(context),
    },
    /** Fits the policy service's port. */
    serviceMetrics: serviceMetrics(context.registers),
    /** To be told of every operation of the store: how long it took, and the code of its fault. */
    storeAnswered: storeMeter(context),
    read: async (): Promise<MetricReadings> => registry.getMetricsAsJSON(),
  };
}

interface Context {
  readonly registers: Registry[];
  readonly gateway: () => MeteredGateway | undefined;
}

// From a loopback answer to the longest deadline.
const LOGIN_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STORE_BUCKETS = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const CUT_OFF_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

function relayedBytes({ registers }: Context) {
  const relayed = { client: 0, backend: 0 };
  new Counter({
    name: 'postern_relayed_bytes_total',
    help: 'Bytes passed on after login, by the side that sent them.',
    labelNames: ['from'],
    registers,
    collect() {
      this.reset();
      this.inc({ from: 'client' }, relayed.client);
      this.inc({ from: 'backend' }, relayed.backend);
    },
  });
  return relayed;
}

function connectionMeters({ registers, gateway }: Context) {
  // Every listener has its zero, so that its first event is an increase.
  const ofListener = (name: string, help: string, more: readonly string[] = []) =>
    new Counter({
      name,
      help,
      labelNames: ['listener', ...more],
      registers,
      collect() {
        if (more.length === 0) for (const { name: listener } of gateway()?.listeners ?? []) this.inc({ listener }, 0);
      },
    });
  const accepted = childrenOf(
    ofListener('postern_connections_accepted_total', 'Connections that were greeted; with implicit TLS, after it.'),
  );
  const rejected = childrenOf(
    ofListener(
      'postern_connections_rejected_total',
      'Connections closed unheard: max-connections, max-connections-per-network, made-room (had waited longest for a ' +
        'login while others came) or proxy-header (missing or malformed).',
      ['reason'],
    ),
  );
  const tls = childrenOf(
    ofListener('postern_tls_failures_total', 'TLS handshakes that failed: deadline, closed or handshake.', ['reason']),
  );
  const exposed = childrenOf(
    ofListener('postern_passwords_exposed_total', 'Passwords that clients sent without TLS; refused, but seen.'),
  );
  return {
    connectionAccepted: (listener: string) => accepted(listener).inc(),
    connectionRejected: (listener: string, reason: string) => rejected(listener, reason).inc(),
    tlsFailed: (listener: string, why: string) => tls(listener, tlsReason(why)).inc(),
    passwordExposed: (listener: string) => exposed(listener).inc(),
  };
}

// What the library says of a handshake is without bound; what we count is not.
function tlsReason(why: string): string {
  if (why === 'deadline') return why;
  return why === 'connection closed' ? 'closed' : 'handshake';
}

function loginMeters({ registers }: Context) {
  const logins = childrenOf(
    new Counter({
      name: 'postern_logins_total',
      help:
        'Logins answered. verdict: accepted, refused, throttled or unavailable; reason: what opened the session, or ' +
        'why there is none.',
      labelNames: ['protocol', 'verdict', 'reason'],
      registers,
    }),
  );
  return {
    loginJudged: ({ protocol, verdict, reason }: LoginLabels) => logins(protocol, verdict, reason).inc(),
  };
}

function sessionMeters({ registers }: Context) {
  const sessions = childrenOf(
    new Gauge({
      name: 'postern_sessions',
      help: 'Sessions that are logged in now, by what opened them.',
      labelNames: ['protocol', 'opener'],
      registers,
    }),
  );
  const cutOff = new Histogram({
    name: 'postern_cut_off_seconds',
    help:
      'From noticing that policy no longer covers a session to its end. noticed: announced, by-time, by-hand, or ' +
      'compared (the announcement had been lost; up to 30 s more).',
    labelNames: ['noticed'],
    buckets: CUT_OFF_BUCKETS,
    registers,
  });
  for (const noticed of ['announced', 'compared', 'by-time', 'by-hand']) cutOff.zero({ noticed });
  const cutOffs = childrenOf(cutOff);
  const lost = new Counter({
    name: 'postern_changes_lost_total',
    help: 'Interruptions of the stream of changes; after each, all live sessions are compared with the store.',
    registers,
  });
  return {
    sessionOpened: (protocol: string, opener: string) => sessions(protocol, opener).inc(),
    sessionClosed: (protocol: string, opener: string) => sessions(protocol, opener).dec(),
    sessionCutOff: (noticed: string, seconds: number) => cutOffs(noticed).observe(seconds),
    changesLost: () => lost.inc(),
  };
}

function backendMeters({ registers }: Context) {
  const labelNames = ['backend', 'host', 'protocol'];
  const seconds = childrenOf(
    new Histogram({
      name: 'postern_backend_login_seconds',
      help: 'Logins at a backend host, from dialling to its answer, whatever it was. Health checks are not counted.',
      labelNames,
      buckets: LOGIN_BUCKETS,
      registers,
    }),
  );
  const failures = childrenOf(
    new Counter({
      name: 'postern_backend_failures_total',
      help: 'Logins for which a backend host was of no use: it refused the connection, was silent or made no sense.',
      labelNames,
      registers,
    }),
  );
  return {
    backendLogin: ({ backend, host, protocol }: HostLabels, usable: boolean, took: number) => {
      seconds(backend, host, protocol).observe(took);
      if (!usable) failures(backend, host, protocol).inc();
    },
  };
}

function storeMeter({ registers }: Context) {
  const seconds = childrenOf(
    new Histogram({
      name: 'postern_store_seconds',
      help: 'Operations of the store, those that failed included.',
      labelNames: ['operation'],
      buckets: STORE_BUCKETS,
      registers,
    }),
  );
  const errors = childrenOf(
    new Counter({
      name: 'postern_store_errors_total',
      help:
        'Operations of the store that failed, by fault: STORE_UNAVAILABLE, RECORD_INVALID and the like. With the ' +
        'operation appendAudit: an entry of the audit that was not written.',
      labelNames: ['operation', 'code'],
      registers,
    }),
  );
  // Its zero, so that the first entry lost is an increase.
  errors('appendAudit', 'STORE_UNAVAILABLE').inc(0);
  return (operation: string, took: number, code?: string): void => {
    seconds(operation).observe(took);
    if (code !== undefined) errors(operation, code).inc();
  };
}

function addState({ registers, gateway }: Context): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], set: SetGauge): void => {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        const state = gateway();
        if (labelNames.length > 0) this.reset();
        else this.remove();
        if (state !== undefined) set(state, (labels, value) => this.set(labels, value));
      },
    });
  };
  const service = ({ backend, host, protocol }: HostLabels) => ({ backend, host, protocol });
  gauge('postern_connections_open', 'Connections open now, before login and after.', [], (state, put) =>
    put({}, state.connections),
  );
  gauge('postern_connections_unauthenticated', 'Of these, those not logged in.', [], (state, put) =>
    put({}, state.unauthenticated),
  );
  gauge('postern_listener_open', '1 when the listener accepts connections.', ['listener'], (state, put) => {
    for (const { name, open } of state.listeners) put({ listener: name }, Number(open));
  });
  gauge('postern_backend_up', '1 when the host is used for logins.', ['backend', 'host', 'protocol'], (state, put) => {
    for (const host of state.backendHosts) put(service(host), Number(host.up));
  });
  gauge('postern_backend_sessions', 'Sessions open at the host.', ['backend', 'host', 'protocol'], (state, put) => {
    for (const host of state.backendHosts) put(service(host), host.active);
  });
  gauge('postern_certificate_expiry_timestamp_seconds', 'When the first certificate expires.', [], (state, put) => {
    if (state.certificateExpiresAt !== undefined) put({}, state.certificateExpiresAt.getTime() / 1000);
  });
}

type SetGauge = (state: MeteredGateway, put: (labels: Readonly<Record<string, string>>, value: number) => void) => void;
