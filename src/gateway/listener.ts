/**
 * One configured listener: accepts, counts, reads a PROXY header from trusted networks, brings up implicit TLS, and
 * hands the connection over. What fails here costs its client the connection and nobody else anything.
 */

import { randomBytes } from 'node:crypto';
import { Fault } from '#core/fault.ts';
import { canonicalAddress, networkContains, parseNetwork, type Network } from '#core/network.ts';
import { PROTOCOL_FACTS } from '#core/protocols.ts';
import type { Client } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { ProxyHeaderReader } from '#wire/proxy-header.ts';
import type { ConnectionLimits, ConnectionSlot } from '#connection/connection-limits.ts';
import { Channel } from '#connection/channel.ts';
import type { HandshakeQueue } from '#gateway/limits/handshake-queue.ts';
import type { GatewayMetrics } from '#ops/gateway-metrics.ts';
import type { Accepted } from './preauth-session.ts';
import type { LimitSettings, ListenerSettings } from '#gateway/ports/settings.ts';
import type { Certificates } from '#connection/certificates.ts';
import { transport } from '#transport/runtime.ts';
import { CLOSED, type Connection, type Endpoint, type ListeningSocket } from '#transport/transport.ts';

export interface ListenerOptions {
  readonly settings: ListenerSettings;
  readonly limits: LimitSettings;
  readonly module: ProtocolModule;
  readonly certificates: Certificates;
  readonly connectionLimits: ConnectionLimits;
  /** Where handshakes of all listeners wait for their turn to begin. */
  readonly handshakes: HandshakeQueue;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  /** Takes over a connection that is ready to be greeted. */
  readonly serve: (accepted: Accepted) => void;
}

export interface ListenerState extends Pick<ListenerSettings, 'name' | 'protocol' | 'address' | 'port'> {
  readonly open: boolean;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #trusted: readonly Network[];
  #socket: ListeningSocket | undefined;
  /** Connections not yet handed over. */
  readonly #arriving = new Set<Connection>();
  #acceptedCount = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#trusted = options.settings.proxyProtocolFrom.flatMap((block) => parseNetwork(block) ?? []);
  }

  /** Listens. Rejects with CONFIG_INVALID when the address or port cannot be had. */
  async open(): Promise<void> {
    const { settings, log } = this.#options;
    const { name, address, port } = settings;
    try {
      // Every worker has its own accept queue, and a new gateway can start before the old one has ended.
      this.#socket = await transport.listen({
        address,
        port,
        backlog: BACKLOG,
        tlsAtOnce: settings.tls === 'implicit' && this.#trusted.length === 0,
        onConnection: (connection) => this.#accept(connection),
        onError: (error) => log.error('listener.failed', { listener: name, error }),
      });
    } catch (cause) {
      throw new Fault('CONFIG_INVALID', whyNot({ name, address, port }, cause), { cause });
    }
    log.info('listener.opened', { listener: name, address, port });
  }

  /** Whether connections are accepted, in the words of the settings. */
  get state(): ListenerState {
    const { name, protocol, address, port } = this.#options.settings;
    return { name, protocol, address, port, open: this.#socket !== undefined };
  }

  /** How many connections have been accepted and not yet handed over. */
  get arriving(): number {
    return this.#arriving.size;
  }

  /** Stops accepting. Whoever has connected until then is still handed over: see abandon(). */
  async close(): Promise<void> {
    await this.#emptyQueue();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Closes the connections that have not been handed over. */
  abandon(): void {
    for (const connection of this.#arriving) connection.destroy();
  }

  // The kernel resets what waits in the queue of a socket that is closed, although another gateway may listen beside us.
  // One turn of the event loop accepts one connection or, when there is none, nothing.
  async #emptyQueue(): Promise<void> {
    for (let turn = 0; turn < MAX_LAST_TURNS; turn += 1) {
      const before = this.#acceptedCount;
      await new Promise((resolve) => setImmediate(resolve));
      if (turn > 0 && this.#acceptedCount === before) return;
    }
  }

  #accept(connection: Connection): void {
    this.#acceptedCount += 1;
    const { remote } = connection;
    const address = canonicalAddress(remote.address);
    if (address === undefined) return this.#dropNameless(connection);
    const proxied = this.#trusted.some((network) => networkContains(network, address));
    const slot = this.#enter(proxied ? '' : address, connection);
    if (slot === undefined) return;
    this.#arriving.add(connection);
    this.#prepare(connection, { address, port: remote.port, proxied, slot })
      .then((handedOver) => {
        if (handedOver) return;
        slot.leave();
        connection.destroy();
      })
      .catch((error: unknown) => {
        slot.leave();
        connection.destroy();
        this.#options.log.error('fault', { listener: this.#options.settings.name, error });
      })
      .finally(() => this.#arriving.delete(connection));
  }

  // The kernel forgets whose a connection was that has been reset while it waited: nobody is there to be served.
  #dropNameless(connection: Connection): void {
    const { metrics, log, settings } = this.#options;
    metrics.connectionRejected(settings.name, 'closed');
    log.debug('session.abandoned', { listener: settings.name });
    connection.destroy();
  }

  #enter(address: string, connection: Connection): ConnectionSlot | undefined {
    const { connectionLimits, metrics, log } = this.#options;
    const { name } = this.#options.settings;
    const slot = connectionLimits.enter(address, () => {
      metrics.connectionRejected(name, 'made-room');
      connection.destroy();
    });
    if (typeof slot !== 'string') return slot;
    metrics.connectionRejected(name, slot);
    log.warn('session.rejected', { listener: name, address, reason: slot });
    connection.destroy();
    return undefined;
  }

  async #prepare(connection: Connection, from: Arrival): Promise<boolean> {
    const { settings, module } = this.#options;
    const channel = new Channel(connection);
    const id = randomBytes(6).toString('hex');
    const log = this.#options.log.child({ session: id, listener: settings.name, protocol: settings.protocol });
    const { address, port } = connection.local;
    const local = { address: canonicalAddress(address) ?? '', port };
    const direct: Origin = { address: from.address, port: from.port, local };
    const origin = from.proxied ? await this.#readHeader(channel, direct, log) : direct;
    if (origin === undefined) return false;
    // A header names the real client, whose network is the one to be counted.
    const slot = from.proxied ? this.#enter(origin.address, connection) : from.slot;
    if (slot === undefined) return false;
    if (from.proxied) from.slot.leave();

    if (settings.tls === 'implicit' && !(await this.#secure(channel, origin, log))) {
      slot.leave();
      return false;
    }
    const client: Client = { address: origin.address, port: origin.port, tls: settings.tls === 'implicit' };
    this.#options.metrics.connectionAccepted(settings.name);
    const arrived = { local: origin.local, healthCheck: origin.healthCheck === true };
    this.#options.serve({ id, channel, listener: settings, module, client, ...arrived, slot, log });
    return true;
  }

  async #secure(channel: Channel, origin: Origin, log: Log): Promise<boolean> {
    const { settings, limits, certificates, module, metrics, handshakes } = this.#options;
    const turn = handshakes.enter();
    if (turn !== undefined) {
      channel.hold();
      await turn;
    }
    const timer = setTimeout(() => channel.interrupt(), limits.tlsHandshakeMs);
    const why = await channel.acceptTls({
      contextFor: certificates.contextFor,
      alpn: PROTOCOL_FACTS[module.protocol].alpn,
    });
    clearTimeout(timer);
    if (why === undefined) return true;
    metrics.tlsFailed(settings.name, why);
    const level = why === CLOSED || origin.healthCheck === true ? 'debug' : 'info';
    log[level]('tls.failed', { address: origin.address, reason: why });
    return false;
  }

  async #readHeader(channel: Channel, direct: Origin, log: Log): Promise<Origin | undefined> {
    const reader = new ProxyHeaderReader();
    const timer = setTimeout(() => channel.interrupt(), this.#options.limits.proxyHeaderMs);
    for (let silent = true; ; silent = false) {
      const bytes = await channel.read();
      if (bytes === undefined) {
        clearTimeout(timer);
        const why = channel.ended ? 'closed' : 'deadline';
        return this.#refuseHeader(direct, why, log, silent && channel.ended ? 'debug' : 'warn');
      }
      const result = reader.push(bytes);
      if (result.kind === 'more') continue;
      clearTimeout(timer);
      if (result.kind === 'fault') return this.#refuseHeader(direct, result.why, log);
      channel.putBack(result.rest);
      const { header } = result;
      if (header.kind === 'local') return { ...direct, healthCheck: true };
      return { address: header.source.address, port: header.source.port, local: header.destination };
    }
  }

  #refuseHeader(direct: Origin, reason: string, log: Log, level: 'debug' | 'warn' = 'warn'): undefined {
    this.#options.metrics.connectionRejected(this.#options.settings.name, 'proxy-header');
    log[level]('proxy-header.refused', { proxy: direct.address, reason });
    return undefined;
  }
}

const BACKLOG = 4096;
/** More than the queue can hold: a flood must not keep us from closing. */
const MAX_LAST_TURNS = 2 * BACKLOG;

/** A connection as it came. */
interface Arrival extends Endpoint {
  readonly proxied: boolean;
  readonly slot: ConnectionSlot;
}

interface Origin extends Endpoint {
  readonly local: Endpoint;
  /** The balancer says that it speaks for itself. */
  readonly healthCheck?: boolean;
}

function whyNot({ name, address, port }: Endpoint & { name: string }, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const at = `listener ${name} cannot have ${address} port ${port}`;
  if (code === 'EADDRINUSE') return `${at}: another program has it. Stop that one, or choose another port.`;
  if (code === 'EACCES') return `${at}: ports below 1024 need root or CAP_NET_BIND_SERVICE.`;
  if (code === 'EADDRNOTAVAIL') return `${at}: this machine does not have that address.`;
  return `${at}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
