/**
 * One configured listener: accepts, counts, reads a PROXY header from trusted networks, brings up implicit TLS, and
 * hands the connection over. What fails here costs its client the connection and nobody else anything.
 */

import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { Fault } from '../core/fault.ts';
import { canonicalAddress, networkContains, parseNetwork, type Network } from '../core/network.ts';
import type { Client } from '../core/verdict.ts';
import type { Log } from '../ops/log.ts';
import type { ProtocolModule } from '../protocol/machine.ts';
import { ProxyHeaderReader } from '../wire/proxy-header.ts';
import type { Admissions, Place } from './admissions.ts';
import { Channel } from './channel.ts';
import type { Meters } from './meters.ts';
import type { Accepted } from './session.ts';
import type { LimitSettings, ListenerSettings } from './settings.ts';
import { handshake, serverTls, type Certificates } from './tls.ts';

export interface ListenerOptions {
  readonly settings: ListenerSettings;
  readonly limits: LimitSettings;
  readonly module: ProtocolModule;
  readonly certificates: Certificates;
  readonly admissions: Admissions;
  readonly meters: Meters;
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
  readonly #server: Server;
  /** Connections not yet handed over. */
  readonly #arriving = new Set<Socket>();
  #acceptedCount = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#trusted = options.settings.proxyProtocolFrom.flatMap((block) => parseNetwork(block) ?? []);
    // allowHalfOpen: a client may end its side and still read what it asked for. pauseOnConnect: nothing is read
    // before we know which layer it belongs to.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      this.#accept(socket);
    });
  }

  /** Listens. Rejects with CONFIG_INVALID when the address or port cannot be had. */
  async open(): Promise<void> {
    const { name, address, port } = this.#options.settings;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) =>
        reject(new Fault('CONFIG_INVALID', whyNot(name, address, port, cause), { cause })),
      );
      // reusePort: every worker has its own accept queue, and a new gateway can start before the old one has ended.
      this.#server.listen({ host: address, port, reusePort: true, backlog: BACKLOG }, resolve);
    });
    this.#server.on('error', (error) => this.#options.log.error('listener.failed', { listener: name, error }));
    this.#options.log.info('listener.opened', { listener: name, address, port });
  }

  /** Whether connections are accepted, in the words of the settings. */
  get state(): ListenerState {
    const { name, protocol, address, port } = this.#options.settings;
    return { name, protocol, address, port, open: this.#server.listening };
  }

  /** How many connections have been accepted and not yet handed over. */
  get arriving(): number {
    return this.#arriving.size;
  }

  /** Stops accepting. Whoever has connected until then is still handed over: see abandon(). */
  async close(): Promise<void> {
    await this.#emptyQueue();
    this.#server.close();
  }

  /** Closes the connections that have not been handed over. */
  abandon(): void {
    for (const socket of this.#arriving) socket.destroy();
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

  #accept(socket: Socket): void {
    this.#acceptedCount += 1;
    socket.on('error', () => socket.destroy());
    const address = canonicalAddress(socket.remoteAddress ?? '') ?? '';
    const proxied = this.#trusted.some((network) => networkContains(network, address));
    const place = this.#enter(proxied ? '' : address, socket);
    if (place === undefined) return;
    this.#arriving.add(socket);
    this.#prepare(socket, { address, proxied, place })
      .then((handedOver) => {
        if (handedOver) return;
        place.leave();
        socket.destroy();
      })
      .catch((error: unknown) => {
        place.leave();
        socket.destroy();
        this.#options.log.error('fault', { listener: this.#options.settings.name, error });
      })
      .finally(() => this.#arriving.delete(socket));
  }

  #enter(address: string, socket: Socket): Place | undefined {
    const { admissions, meters, log } = this.#options;
    const { name } = this.#options.settings;
    const place = admissions.enter(address, () => {
      meters.connectionRejected(name, 'made-room');
      socket.destroy();
    });
    if (typeof place !== 'string') return place;
    meters.connectionRejected(name, place);
    log.warn('session.rejected', { listener: name, address, reason: place });
    socket.destroy();
    return undefined;
  }

  async #prepare(socket: Socket, from: { address: string; proxied: boolean; place: Place }): Promise<boolean> {
    const { settings, limits, module, certificates } = this.#options;
    const channel = new Channel(socket);
    const id = randomBytes(6).toString('hex');
    const log = this.#options.log.child({ session: id, listener: settings.name, protocol: settings.protocol });
    const direct: Origin = {
      address: from.address,
      port: socket.remotePort ?? 0,
      local: { address: canonicalAddress(socket.localAddress ?? '') ?? '', port: socket.localPort ?? 0 },
    };
    const origin = from.proxied ? await this.#readHeader(channel, direct, log) : direct;
    if (origin === undefined) return false;
    // A header names the real client, whose network is the one to be counted.
    const place = from.proxied ? this.#enter(origin.address, socket) : from.place;
    if (place === undefined) return false;
    if (from.proxied) from.place.leave();

    if (settings.tls === 'implicit') {
      const wrapped = channel.replace((plain) => serverTls(plain, certificates, module.alpn));
      const why = await handshake(wrapped, 'secure', AbortSignal.timeout(limits.tlsHandshakeMs));
      if (why !== undefined) {
        this.#options.meters.tlsFailed(settings.name, why);
        log.info('tls.failed', { address: origin.address, reason: why });
        place.leave();
        return false;
      }
    }
    const client: Client = { address: origin.address, port: origin.port, tls: settings.tls === 'implicit' };
    this.#options.meters.connectionAccepted(settings.name);
    log.info('session.opened', { address: client.address, port: client.port });
    this.#options.serve({ id, channel, listener: settings, module, client, local: origin.local, place, log });
    return true;
  }

  async #readHeader(channel: Channel, direct: Origin, log: Log): Promise<Origin | undefined> {
    const reader = new ProxyHeaderReader();
    const signal = AbortSignal.timeout(this.#options.limits.proxyHeaderMs);
    for (;;) {
      const bytes = await channel.read(signal);
      if (bytes === undefined) return this.#refuseHeader(direct, signal.aborted ? 'deadline' : 'closed', log);
      const result = reader.push(bytes);
      if (result.kind === 'more') continue;
      if (result.kind === 'fault') return this.#refuseHeader(direct, result.why, log);
      channel.putBack(result.rest);
      const { header } = result;
      if (header.kind === 'local') return direct;
      return { address: header.source.address, port: header.source.port, local: header.destination };
    }
  }

  #refuseHeader(direct: Origin, reason: string, log: Log): undefined {
    this.#options.meters.connectionRejected(this.#options.settings.name, 'proxy-header');
    log.warn('proxy-header.refused', { proxy: direct.address, reason });
    return undefined;
  }
}

const BACKLOG = 4096;
/** More than the queue can hold: a flood must not keep us from closing. */
const MAX_LAST_TURNS = 2 * BACKLOG;

interface Origin {
  readonly address: string;
  readonly port: number;
  readonly local: { readonly address: string; readonly port: number };
}

function whyNot(name: string, address: string, port: number, cause: Error): string {
  const code = 'code' in cause ? cause.code : undefined;
  const at = `listener ${name} cannot have ${address} port ${port}`;
  if (code === 'EADDRINUSE') return `${at}: another program has it. Stop that one, or choose another port.`;
  if (code === 'EACCES') return `${at}: ports below 1024 need root or CAP_NET_BIND_SERVICE.`;
  if (code === 'EADDRNOTAVAIL') return `${at}: this machine does not have that address.`;
  return `${at}: ${cause.message}`;
}
