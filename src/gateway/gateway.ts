/** One worker's gateway: its listeners, its sessions, its view of the backends and of the live list. */

import type { Log } from '#ops/log.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import type { Protocol } from '#core/protocols.ts';
import { ConnectionLimits } from '#connection/connection-limits.ts';
import type { BackendHost, Backends } from '#backends/backends.ts';
import { clientsWithinDescriptors } from '#connection/file-descriptors.ts';
import { Tarpit } from '#gateway/limits/tarpit.ts';
import { Traces } from '#gateway/live/traces.ts';
import { LiveSessions } from '#gateway/live/live-sessions.ts';
import { Listener, type ListenerState } from './listener.ts';
import type { GatewayMetrics } from '#ops/gateway-metrics.ts';
import type { SessionServices } from './preauth-session.ts';
import type { ActiveClient } from './active-client.ts';
import { serve } from './session.ts';
import type { GatewaySettings } from '#gateway/ports/settings.ts';
import { Certificates } from '#connection/certificates.ts';
import { HANDSHAKES_PER_TURN, HandshakeQueue } from '#gateway/limits/handshake-queue.ts';
import { delay } from '#async/timers.ts';
import type { Gatekeeper, LiveStore } from '#gateway/ports/gatekeeper.ts';

export interface GatewayOptions {
  readonly settings: GatewaySettings;
  readonly modules: Readonly<Record<Protocol, ProtocolModule>>;
  readonly backends: Backends;
  readonly gatekeeper: Gatekeeper;
  readonly store: LiveStore;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  readonly now: () => number;
}

/** How a worker's gateway is, for those who watch over it. */
export interface GatewayState {
  readonly listeners: readonly ListenerState[];
  readonly backendHosts: readonly BackendHost[];
  readonly connections: number;
  readonly unauthenticated: number;
  /** When the first certificate expires; undefined when there is none. */
  readonly certificateExpiresAt: Date | undefined;
}

const COMPARE_INTERVAL_MS = 30_000;
/** The store lists a session for three times as long: it survives two lost heartbeats. */
export const HEARTBEAT_INTERVAL_MS = 30_000;
const REVIEW_RETRY_MS = 1_000;
// A network beyond its limits hears so late: a guesser loses time, a mail program does not even notice.
const REFUSAL_DELAY_MS = 3_000;
const MAX_HELD_REFUSALS = 1_000;
const DRAIN_POLL_MS = 100;
/** A session in which nothing moved for this long is between commands: closing it loses nothing. */
const QUIET_MS = 500;
/** Time for the goodbyes of those that were ended last. */
const GOODBYES_MS = 1_000;
const GOODBYES_POLL_MS = 10;
const IDLE_CHECK_MS = 1_000;
const NEVER = new AbortController().signal;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #served = new Set<ActiveClient>();
  readonly #listeners: readonly Listener[];
  readonly #certificates: Certificates;
  readonly #services: SessionServices;
  readonly #live: LiveSessions;
  readonly #traces: Traces;
  readonly #connectionLimits: ConnectionLimits;
  readonly #stopped = new AbortController();
  #idleCheck: NodeJS.Timeout | undefined;

  /** Throws CONFIG_INVALID when a certificate cannot be used. Opens nothing yet. */
  constructor(options: GatewayOptions) {
    this.#options = options;
    const { settings, store, gatekeeper, log, now, backends, metrics } = options;
    this.#certificates = new Certificates(settings.tls);
    this.#traces = new Traces(now);
    this.#live = new LiveSessions({
      store,
      onTrace: (request) => this.#traces.add(request),
      review: (account, sessions) => gatekeeper.review(account, sessions),
      metrics,
      log,
      compareIntervalMs: COMPARE_INTERVAL_MS,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
      retryMs: REVIEW_RETRY_MS,
      now,
    });
    const { hostname, gatewayName, portalUrl, mechanisms, identity, limits } = settings;
    const shared = { hostname, gatewayName, portalUrl, mechanisms, identity, limits };
    this.#services = {
      ...shared,
      certificates: this.#certificates,
      backends,
      gatekeeper,
      metrics,
      live: this.#live,
      traces: this.#traces,
      log,
      heldRefusals: new Tarpit({ delayMs: REFUSAL_DELAY_MS, max: MAX_HELD_REFUSALS }),
      now,
    };
    const connectionLimits = new ConnectionLimits(withinDescriptors(limits, log));
    this.#connectionLimits = connectionLimits;
    const handshakes = new HandshakeQueue(HANDSHAKES_PER_TURN);
    this.#listeners = settings.listeners.map(
      (listener) =>
        new Listener({
          settings: listener,
          limits,
          module: options.modules[listener.protocol],
          certificates: this.#certificates,
          connectionLimits,
          handshakes,
          metrics,
          log,
          serve: (accepted) => void serve(accepted, this.#services, this.#served),
        }),
    );
  }

  /** Watches the store and probes the backends. */
  async prepare(): Promise<void> {
    await this.#live.start();
    await this.#options.backends.start(this.#stopped.signal);
    this.#idleCheck = setInterval(() => this.#endIdle(), IDLE_CHECK_MS);
  }

  /** Listens. Rejects when a listener cannot be opened. */
  async open(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.open()));
  }

  get state(): GatewayState {
    return {
      listeners: this.#listeners.map((listener) => listener.state),
      backendHosts: this.#options.backends.hosts,
      connections: this.#connectionLimits.total,
      unauthenticated: this.#connectionLimits.unauthenticated,
      certificateExpiresAt: this.#certificates.expiresAt,
    };
  }

  /** Reads the certificates again; throws and keeps the old ones when they cannot be used. */
  reloadCertificates(): void {
    this.#certificates.reload();
  }

  /**
   * Stops accepting, closes quiet sessions at once, lets transfers finish for `drainMs` or until `hurry` fires, then
   * ends everything. Sessions hear a goodbye where one can be said.
   */
  async stop(force: AbortSignal = NEVER): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    const signal = AbortSignal.any([force, AbortSignal.timeout(this.#options.settings.limits.drainMs)]);
    while (this.#isOccupied && !signal.aborted) {
      for (const served of this.#served) if (served.quietMs >= QUIET_MS) served.end('drain');
      await delay(DRAIN_POLL_MS);
    }
    for (const listener of this.#listeners) listener.abandon();
    for (const served of this.#served) served.end('drain');
    await this.#allGone(GOODBYES_MS);
    this.#stopped.abort();
    clearInterval(this.#idleCheck);
    await this.#live.stop();
  }

  get #isOccupied(): boolean {
    return this.#served.size > 0 || this.#listeners.some(({ arriving }) => arriving > 0);
  }

  async #allGone(withinMs: number): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (this.#served.size > 0 && performance.now() < giveUpAt) await delay(GOODBYES_POLL_MS);
  }

  #endIdle(): void {
    for (const served of this.#served) served.endIfIdle();
    if (this.#traces.active) for (const served of this.#served) served.tellTraffic?.(this.#traces);
  }
}

function withinDescriptors(limits: GatewaySettings['limits'], log: Log): GatewaySettings['limits'] {
  const possible = clientsWithinDescriptors() ?? limits.maxConnections;
  if (limits.maxConnections <= possible) return limits;
  const remark = `lowered to ${possible}: this process may open no more files. Raise its limit (LimitNOFILE=, ulimit -n).`;
  log.warn('config.remark', { setting: 'limits.maxConnections', remark });
  return { ...limits, maxConnections: possible };
}
