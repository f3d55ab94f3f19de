/**
 * One client before its login: feeds the protocol's dialogue and performs what it asks for, until bytes are to flow or
 * the client is to go. It knows no protocol and decides nothing. Nothing of it is kept once the session runs: neither
 * the dialogue nor the password.
 */

import type { IdentityRules } from '#core/identity.ts';
import { PROTOCOL_FACTS } from '#core/protocols.ts';
import type { Client } from '#core/verdict.ts';
import { unreachable } from '#core/fault.ts';
import type { Log } from '#ops/log.ts';
import { typedName } from '#ops/typed-name.ts';
import type {
  EndReason,
  FrontAction,
  ForwardedClient,
  LoginAnswer,
  ProtocolModule,
  StopReason,
} from '#protocol/machine.ts';
import type { Credentials } from '#sasl/exchange.ts';
import type { ConnectionSlot } from '#connection/connection-limits.ts';
import type { Backends } from '#backends/backends.ts';
import type { Channel } from '#connection/channel.ts';
import type { Tarpit } from '#gateway/limits/tarpit.ts';
import { logIn, type LoginResult } from './login.ts';
import { dialogueTrace } from './dialogue-trace.ts';
import type { Traces } from '#gateway/live/traces.ts';
import type { LiveSessions } from '#gateway/live/live-sessions.ts';
import type { GatewayMetrics } from '#ops/gateway-metrics.ts';
import type { RelaySides } from './relay.ts';
import type { ActiveClient } from './active-client.ts';
import type { LimitSettings, ListenerSettings } from '#gateway/ports/settings.ts';
import type { Certificates } from '#connection/certificates.ts';
import type { Endpoint } from '#transport/transport.ts';
import type { Gatekeeper } from '#gateway/ports/gatekeeper.ts';

/** What all sessions of a worker share. */
export interface SessionServices {
  readonly hostname: string;
  readonly gatewayName: string;
  readonly portalUrl: string;
  readonly mechanisms: readonly string[];
  readonly identity: IdentityRules;
  readonly limits: LimitSettings;
  readonly certificates: Certificates;
  readonly backends: Backends;
  readonly gatekeeper: Gatekeeper;
  readonly live: LiveSessions;
  readonly traces: Traces;
  readonly heldRefusals: Tarpit;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  readonly now: () => number;
}

/** One accepted connection: any PROXY header is read, implicit TLS is up. */
export interface Accepted {
  readonly id: string;
  readonly channel: Channel;
  readonly listener: ListenerSettings;
  readonly module: ProtocolModule;
  readonly client: Client;
  /** Where the client has come to. */
  readonly local: Endpoint;
  /** A balancer's own check rather than a client's connection. */
  readonly healthCheck: boolean;
  readonly slot: ConnectionSlot;
  readonly log: Log;
}

/** A login that is through: what opened it, and the connections that are to be joined. */
export type LoggedIn = RelaySides & { readonly judged: Extract<LoginResult, { kind: 'in' }> };

// A client that keeps guessing on one connection gains nothing by staying: K-9 needs two tries per password.
const MAX_REFUSALS = 6;
// A login takes a few kilobytes and commands, with large tokens some tens. Whoever sends more keeps us busy and nothing
// else. It is looked at piece by piece, so that one packet full of commands cannot hold the others up.
const MAX_BYTES_BEFORE_LOGIN = 256 * 1024;
const MAX_REPLIES = 200;
const PIECE_BYTES = 4096;
const PROXY_TTL = 7;

export class PreauthSession implements ActiveClient {
  readonly #accepted: Accepted;
  readonly #services: SessionServices;
  readonly #front: ReturnType<ProtocolModule['front']>;
  readonly #trace: ReturnType<typeof dialogueTrace>;
  readonly #aborted = new AbortController();
  #stopReason: StopReason | undefined;
  #tlsActive: boolean;
  #refusals = 0;
  #replies = 0;
  /** Bytes of the client until now. */
  #received = 0;
  #judged: Extract<LoginResult, { kind: 'in' }> | undefined;
  /** Since when we wait for the client to say something; undefined while we are busy ourselves. */
  #listeningSince: number | undefined;

  constructor(accepted: Accepted, services: SessionServices) {
    this.#accepted = accepted;
    this.#services = services;
    this.#tlsActive = accepted.client.tls;
    this.#trace = dialogueTrace(accepted, services.traces);
    this.#front = accepted.module.front({
      hostname: services.hostname,
      sessionId: accepted.id,
      tls: accepted.client.tls ? 'active' : accepted.listener.tls === 'starttls' ? 'available' : 'none',
      plaintextLogin: accepted.listener.plaintextLogin,
      capabilities: services.backends.capabilities(accepted.listener.protocol) ?? [],
      mechanisms: services.mechanisms,
      portalUrl: services.portalUrl,
      observe: this.#trace?.observe,
    });
  }

  /** Resolves to the login that is through, or to undefined when the client is to go; nothing of its stays open then. */
  async run(): Promise<LoggedIn | undefined> {
    const { channel } = this.#accepted;
    const { preauthMs, preauthIdleMs } = this.#services.limits;
    const deadline = setTimeout(() => this.#stop('deadline'), preauthMs);
    channel.onIdle(preauthIdleMs, () => this.#stop('deadline'));
    let through = false;
    try {
      through = await this.#converse();
    } finally {
      clearTimeout(deadline);
      if (!through) this.#leave();
      if (this.#received === 0) this.#accepted.log.debug('session.abandoned', this.#from());
    }
    if (this.#judged === undefined || !through) return undefined;
    const client = channel.release(this.#front.unread());
    const backend = this.#judged.session.channel.release(this.#judged.session.unread);
    return { judged: this.#judged, client, backend };
  }

  end(why: EndReason): void {
    this.#stop(why === 'idle' ? 'deadline' : 'drain');
  }

  endIfIdle(): void {
    // Its own timers do that: before a login a client has seconds.
  }

  #stop(why: StopReason): void {
    this.#stopReason ??= why;
    this.#aborted.abort();
    this.#accepted.channel.interrupt();
  }

  /** Milliseconds for which nothing has happened; 0 while something is under way that an end would interrupt. */
  get quietMs(): number {
    return this.#listeningSince === undefined ? 0 : performance.now() - this.#listeningSince;
  }

  #leave(): void {
    this.#judged?.session.lease.release();
    this.#judged?.session.channel.destroy();
    this.#accepted.channel.end();
  }

  // Resolves to true when bytes are to flow, false when the dialogue is over.
  async #converse(): Promise<boolean> {
    const { channel, listener } = this.#accepted;
    const known = this.#services.backends.capabilities(listener.protocol) !== undefined;
    let end = await this.#perform(known ? this.#front.connect() : this.#front.stop('unavailable'));
    while (end === undefined) {
      this.#listeningSince = performance.now();
      const bytes = await channel.read();
      this.#listeningSince = undefined;
      if (bytes !== undefined) {
        channel.putBack(bytes.subarray(PIECE_BYTES));
        const piece = bytes.subarray(0, PIECE_BYTES);
        this.#noteReceived(piece.length);
        end = await this.#perform(this.#front.receive(piece));
        if (end !== undefined || (this.#received <= MAX_BYTES_BEFORE_LOGIN && this.#replies <= MAX_REPLIES)) continue;
        channel.destroy(); // no farewell: reading on until it is heard is what such a client wants
        return false;
      }
      if (channel.ended) return false;
      end = await this.#perform(this.#front.stop(this.#stopReason ?? 'deadline'));
    }
    return end === 'relay';
  }

  // Checks connect all day and say nothing: whoever does is worth no line that an operator reads.
  #noteReceived(bytes: number): void {
    const { healthCheck, log } = this.#accepted;
    if (this.#received === 0) log[healthCheck ? 'debug' : 'info']('session.opened', this.#from());
    this.#received += bytes;
  }

  #from(): Pick<Client, 'address' | 'port'> {
    const { address, port } = this.#accepted.client;
    return { address, port };
  }

  // Undefined: go on reading.
  async #perform(actions: readonly FrontAction[]): Promise<'relay' | 'close' | undefined> {
    let queue = [...actions];
    for (let action = queue.shift(); action !== undefined; action = queue.shift()) {
      switch (action.do) {
        case 'send':
          this.#replies += 1;
          this.#accepted.channel.write(action.bytes);
          break;
        case 'start-tls': {
          if (!(await this.#startTls())) return 'close';
          queue = [...this.#front.tlsStarted()];
          break;
        }
        case 'authenticate':
          queue = [...(await this.#authenticate(action.credentials))];
          break;
        case 'exposed':
          this.#services.metrics.passwordExposed(this.#accepted.listener.name);
          this.#noteExposed(action.authcid);
          break;
        case 'relay':
          return 'relay';
        case 'close':
          return 'close';
        default:
          return unreachable(action);
      }
    }
    return undefined;
  }

  #noteExposed(authcid: string): void {
    const { log, client } = this.#accepted;
    log.warn('login.exposed', { user: typedName(authcid, this.#identity()), address: client.address });
  }

  #identity(): IdentityRules {
    return { ...this.#services.identity, defaultDomain: this.#accepted.listener.defaultDomain };
  }

  async #startTls(): Promise<boolean> {
    const { channel, client, listener, module, log } = this.#accepted;
    channel.takeUnread(); // Sent in clear: whoever could write it must not have it taken as if it came through TLS.
    const { certificates, limits, metrics } = this.#services;
    const timer = setTimeout(() => channel.interrupt(), limits.tlsHandshakeMs);
    const why = await channel.acceptTls({
      contextFor: certificates.contextFor,
      alpn: PROTOCOL_FACTS[module.protocol].alpn,
    });
    clearTimeout(timer);
    this.#tlsActive = why === undefined;
    if (why === undefined) return true;
    metrics.tlsFailed(listener.name, why);
    log.info('tls.failed', { address: client.address, reason: why });
    return false;
  }

  async #authenticate(credentials: Credentials): Promise<readonly FrontAction[]> {
    const { listener, id, client, log } = this.#accepted;
    const { gatekeeper, backends, metrics } = this.#services;
    this.#trace?.claim(credentials.authcid, this.#identity());
    const judged = await logIn(
      credentials,
      {
        protocol: listener.protocol,
        listener: listener.name,
        sessionId: id,
        client: { ...client, tls: this.#tlsActive },
        forwarded: this.#forwarded(),
        helo: this.#front.helo,
        identity: this.#identity(),
        gatekeeper,
        backends,
        metrics,
        log,
      },
      this.#aborted.signal,
    );
    if (judged.kind === 'in') {
      this.#judged = judged;
      return this.#front.answer({ kind: 'accepted', reply: judged.session.outcome.reply });
    }
    if (judged.answer.kind === 'throttle') await this.#services.heldRefusals.delay(this.#aborted.signal);
    return this.#refuse(judged.answer);
  }

  #refuse(answer: LoginAnswer): readonly FrontAction[] {
    const actions = this.#front.answer(answer);
    this.#refusals += 1;
    if (this.#refusals < MAX_REFUSALS) return actions;
    // The reply to this login is sent; one that was pipelined behind it is not looked at any more.
    const next = actions.findIndex((action) => action.do !== 'send');
    return [...(next < 0 ? actions : actions.slice(0, next)), { do: 'close', why: 'refused' }];
  }

  #forwarded(): ForwardedClient {
    const { client, local, id } = this.#accepted;
    const to = { localAddress: local.address, localPort: local.port, tls: this.#tlsActive };
    return { address: client.address, port: client.port, ...to, sessionId: id, ttl: PROXY_TTL };
  }
}
