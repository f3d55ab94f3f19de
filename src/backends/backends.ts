/**
 * The mail servers behind us: chooses one by domain and a host by load, fails over at connect, keeps probing, and logs
 * a session in by the configured impersonation. It never decides who may: it carries out a verdict.
 */

import type { SecureContext } from 'node:tls';
import { Fault } from '#core/fault.ts';
import { PROTOCOLS, type Protocol } from '#core/protocols.ts';
import type { Attempt } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import type {
  BackendLogin,
  BackendOptions,
  BackendOutcome,
  ForwardedClient,
  ProtocolModule,
} from '#protocol/machine.ts';
import type { Channel } from '#connection/channel.ts';
import { loadTrust, type Dialled, type DialResult, type BackendRequest } from './dial.ts';
import { commonTo, Hosts, retryAfterMs, HostLease, type HostState } from './hosts.ts';
import type { GatewayMetrics } from '#ops/gateway-metrics.ts';
import { dialWithOfferedTls } from './offered-tls.ts';
import { withTimeout, Deadline } from '#async/timers.ts';
import type { BackendService, BackendSettings } from './settings.ts';
import type { Endpoint } from './loop-guard.ts';

export interface BackendsOptions {
  readonly hostname: string;
  readonly backends: readonly BackendSettings[];
  readonly domainBackends: Readonly<Record<string, string>>;
  readonly defaultBackend: string;
  /** Our own, which no backend can be. */
  readonly listeners: readonly Endpoint[];
  readonly modules: Readonly<Record<Protocol, ProtocolModule>>;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

/** What the backend must know to take a session, beside the login itself. */
export interface BackendUser {
  readonly account: Attempt['account'];
  readonly protocol: Protocol;
  readonly client?: ForwardedClient | undefined;
  readonly helo?: BackendOptions['helo'];
}

export type BackendLoginResult =
  | { readonly kind: 'accepted'; readonly session: BackendSession }
  | { readonly kind: 'not-accepted'; readonly outcome: Exclude<BackendOutcome, { kind: 'accepted' | 'capabilities' }> }
  /** No host could be used: an outage. */
  | { readonly kind: 'unreachable' };

export interface BackendSession {
  readonly channel: Channel;
  readonly outcome: Extract<BackendOutcome, { kind: 'accepted' }>;
  readonly unread: Buffer;
  readonly host: string;
  /** To be released when the session has ended. */
  readonly lease: HostLease;
}

/** One host of one service, as seen from here. */
export interface BackendHost extends Pick<HostState, 'host' | 'up' | 'why' | 'active'> {
  readonly backend: string;
  readonly protocol: Protocol;
}

interface ServiceState {
  readonly backend: BackendSettings;
  readonly service: BackendService;
  readonly hosts: Hosts;
  readonly trust: SecureContext;
  readonly protocol: Protocol;
}

const FIRST_ROUND_MS = 2_000;

export class Backends {
  readonly #options: BackendsOptions;
  readonly #served: readonly ServiceState[];
  /** The next probe of each host. */
  readonly #timers = new Map<HostState, NodeJS.Timeout>();
  readonly #doubted = new Set<HostState>();
  #stopped: AbortSignal = new AbortController().signal;

  /** Throws CONFIG_INVALID when a CA file cannot be used. */
  constructor(options: BackendsOptions) {
    this.#options = options;
    this.#served = options.backends.flatMap((backend) => {
      const trust = loadTrust(backend);
      return PROTOCOLS.flatMap((protocol) => {
        const service = backend.services[protocol];
        const hosts = new Hosts(backend.hosts, backend.balance);
        return service === undefined ? [] : [{ backend, service, hosts, trust, protocol }];
      });
    });
  }

  /**
   * Probes every host once, then keeps probing until `signal` fires. Resolves after the first round; a host that does
   * not answer is waited for a moment only, since the others can serve meanwhile.
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#stopped = signal;
    signal.addEventListener('abort', () => this.#timers.forEach((timer) => clearTimeout(timer)), { once: true });
    const rounds = this.#served.flatMap((served) => served.hosts.all.map((host) => this.#watch(served, host)));
    await withTimeout(FIRST_ROUND_MS, Promise.all(rounds), () => undefined);
  }

  /** What all backends that speak this protocol have in common before login; undefined while none of them is up. */
  capabilities(protocol: Protocol): readonly string[] | undefined {
    const lists = this.#served.filter((served) => served.protocol === protocol).map(({ hosts }) => hosts.capabilities);
    return commonTo(lists.filter((list) => list !== undefined));
  }

  /** The backend that keeps a domain's mailboxes, and its service for a protocol when it has one. */
  serviceFor(domain: string, protocol: Protocol): { backend: BackendSettings; service: BackendService } | undefined {
    return this.#find(domain, protocol);
  }

  /** Logs in at the backend of the account's domain. Never throws for an outage. */
  async logIn(backendUser: BackendUser, login: BackendLogin, signal: AbortSignal): Promise<BackendLoginResult> {
    const served = this.#find(backendUser.account.domain, backendUser.protocol);
    if (served === undefined) return { kind: 'unreachable' };
    const request = this.#request(backendUser.protocol, login, backendUser);
    // One deadline for all hosts together: the client waits for the login, not for each of them.
    const deadline = new Deadline(signal, served.backend.loginTimeoutMs);
    try {
      return await this.#logInWithin(served, backendUser, { request, givenUp: signal, deadline: deadline.signal });
    } finally {
      deadline.clear();
    }
  }

  async #logInWithin(
    served: ServiceState,
    { account }: BackendUser,
    patience: Patience & { request: BackendRequest },
  ): Promise<BackendLoginResult> {
    const { request, givenUp, deadline } = patience;
    let last: BackendLoginResult = { kind: 'unreachable' };
    for (const host of served.hosts.candidates(account.name)) {
      const startedAt = performance.now();
      const dialled = await this.#try(served, host, request, { givenUp, deadline });
      if (!givenUp.aborted) this.#measure(served, host, dialled, startedAt);
      if (deadline.aborted && dialled?.outcome.kind !== 'accepted') return last;
      if (dialled === undefined) continue;
      const { outcome } = dialled;
      if (outcome.kind === 'accepted') return { kind: 'accepted', session: opened(host, dialled, outcome) };
      if (outcome.kind === 'capabilities') throw new Fault('BACKEND_UNAVAILABLE', 'a login ended as a probe');
      last = { kind: 'not-accepted', outcome };
      // Another host may be less busy; it would not judge the same credentials otherwise.
      if (outcome.kind !== 'temporary') return last;
    }
    return last;
  }

  /** How every host is, for those who watch over the gateway. */
  get hosts(): readonly BackendHost[] {
    return this.#served.flatMap(({ backend, protocol, hosts }) =>
      hosts.all.map(({ host, up, why, active }) => ({ backend: backend.name, protocol, host, up, why, active })),
    );
  }

  #find(domain: string, protocol: Protocol): ServiceState | undefined {
    const { domainBackends, defaultBackend } = this.#options;
    const name = Object.hasOwn(domainBackends, domain) ? domainBackends[domain] : defaultBackend;
    return this.#served.find((served) => served.backend.name === name && served.protocol === protocol);
  }

  #request(protocol: Protocol, login: BackendLogin, backendUser?: BackendUser): BackendRequest {
    const { hostname, modules } = this.#options;
    return { module: modules[protocol], hostname, login, client: backendUser?.client, helo: backendUser?.helo };
  }

  // Undefined: this host is of no use now.
  async #try(
    served: ServiceState,
    host: HostState,
    request: BackendRequest,
    patience: Patience,
  ): Promise<Dialled | undefined> {
    const { givenUp, deadline } = patience;
    const to = { ...served, host: host.host, listeners: this.#options.listeners };
    const { protocol, backend } = served;
    const fields = { backend: backend.name, host: host.host, protocol };
    const onFailed = (reason: string): void => this.#options.log.error('backend.tls-failed', { ...fields, reason });
    const result = refusingUnauthenticate(await dialWithOfferedTls(to, request, { host, signal: deadline, onFailed }));
    const probing = request.login.as === 'probe';
    const failure = failureOf(result, probing);
    if (failure === undefined) this.#note(served, host, undefined);
    else if (givenUp.aborted) return undefined;
    else if (failure.of === 'ourselves') this.#noteOurFault(served, host, failure.why);
    else if (failure.of === 'host' && (probing || !deadline.aborted)) this.#note(served, host, failure.why);
    else if (!probing) void this.#doubt(served, host);
    return failure === undefined && result.outcome !== 'unreachable' ? result : undefined;
  }

  #measure(served: ServiceState, { host }: HostState, dialled: Dialled | undefined, startedAt: number): void {
    const service = { backend: served.backend.name, host, protocol: served.protocol };
    this.#options.metrics.backendLogin(service, dialled !== undefined, (performance.now() - startedAt) / 1000);
  }

  #noteOurFault({ backend, protocol }: ServiceState, { host }: HostState, reason: string): void {
    this.#options.log.error('backend.unusable', { backend: backend.name, host, protocol, reason });
  }

  #note(served: ServiceState, host: HostState, why: string | undefined): void {
    const { log } = this.#options;
    const fields = { backend: served.backend.name, host: host.host, protocol: served.protocol };
    if (why === undefined) {
      if (served.hosts.markUp(host)) log.info('backend.up', fields);
    } else if (served.hosts.markDown(host, why)) {
      log.error('backend.down', { ...fields, reason: why });
      this.#schedule(served, host); // a login found it out: do not wait for the next round
    }
  }

  async #watch(served: ServiceState, host: HostState): Promise<void> {
    await this.#probe(served, host);
    this.#schedule(served, host);
  }

  #schedule(served: ServiceState, host: HostState): void {
    clearTimeout(this.#timers.get(host));
    if (this.#stopped.aborted) return;
    const waitMs = host.up ? served.backend.probeIntervalMs : retryAfterMs(host.failures);
    this.#timers.set(host, setTimeout(() => void this.#watch(served, host), waitMs).unref());
  }

  // One login went wrong behind the greeting. That may be this login's own doing, and must not close the host to all
  // others: the host is asked, once at a time.
  async #doubt(served: ServiceState, host: HostState): Promise<void> {
    if (this.#doubted.has(host)) return;
    this.#doubted.add(host);
    await this.#probe(served, host);
    this.#doubted.delete(host);
  }

  async #probe(served: ServiceState, host: HostState): Promise<void> {
    const deadline = new Deadline(this.#stopped, served.backend.loginTimeoutMs);
    const request = this.#request(served.protocol, { as: 'probe' });
    const dialled = await this.#try(served, host, request, { givenUp: this.#stopped, deadline: deadline.signal });
    deadline.clear();
    if (dialled?.outcome.kind === 'capabilities') host.capabilities = dialled.outcome.capabilities;
  }
}

interface Patience {
  /** Nobody waits for the result any more. */
  readonly givenUp: AbortSignal;
  /** Fires then too. */
  readonly deadline: AbortSignal;
}

interface Failure {
  readonly of: 'host' | 'ourselves' | 'this login';
  readonly why: string;
}

// Undefined: the host answered as it should, if perhaps with a refusal.
function failureOf(result: DialResult, probing: boolean): Failure | undefined {
  if (result.outcome === 'unreachable') return { of: result.ourFault ? 'ourselves' : 'host', why: result.why };
  const { outcome } = result;
  if (outcome.kind === 'unusable') {
    const why = `${outcome.why}: ${outcome.text}`;
    return { of: outcome.why === 'closed' && !probing ? 'this login' : 'host', why };
  }
  if (probing && outcome.kind !== 'capabilities') return { of: 'host', why: `probe answered with ${outcome.kind}` };
  return undefined;
}

// Behind the relay a client could give up its login and log in again past us, with an ordinary password (RFC 8437,
// RFC 5804 §2.14.1). A server that offers that cannot be guarded without reading every byte, so it is not used.
function refusingUnauthenticate(result: DialResult): DialResult {
  if (result.outcome === 'unreachable' || !offersUnauthenticate(result.outcome)) return result;
  result.channel.end();
  const why = 'it offers UNAUTHENTICATE, which would let a client log in past the gateway';
  return { outcome: 'unreachable', why, ourFault: false };
}

function offersUnauthenticate(outcome: BackendOutcome): boolean {
  if (outcome.kind === 'capabilities') return outcome.capabilities.some((name) => /^UNAUTHENTICATE$/i.test(name));
  if (outcome.kind !== 'accepted') return false;
  return [...outcome.reply.untagged, outcome.reply.line].some((line) => /\bUNAUTHENTICATE\b/i.test(line));
}

function opened(host: HostState, dialled: Dialled, outcome: BackendSession['outcome']): BackendSession {
  return { channel: dialled.channel, outcome, unread: dialled.unread, host: host.host, lease: new HostLease(host) };
}

/** Fits a name to the backend: %u the whole account, %n its local part, %d its domain. */
export function backendName(template: string, account: Attempt['account']): string {
  return template.replace(/%([und])/g, (_, letter: string) => {
    if (letter === 'u') return account.name;
    return letter === 'n' ? account.local : account.domain;
  });
}
