/** Opens one connection to one backend host and runs one backend dialogue over it, within a deadline. */

import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { Fault } from '../core/fault.ts';
import type {
  BackendAction,
  BackendDialogue,
  BackendLogin,
  BackendOptions,
  BackendOutcome,
  ForwardedClient,
  ProtocolModule,
} from '../protocol/machine.ts';
import { encodeProxyV2 } from '../wire/proxy-header.ts';
import { Channel } from './channel.ts';
import { descriptorsLeft } from './descriptors.ts';
import { leadsToUs } from './own-listeners.ts';
import type { BackendService, BackendSettings, ListenerSettings } from './settings.ts';
import { handshake } from './tls.ts';

/** What one dialogue with a backend is about. */
export interface Errand {
  readonly module: ProtocolModule;
  readonly hostname: string;
  readonly login: BackendLogin;
  readonly client?: ForwardedClient | undefined;
  readonly helo?: BackendOptions['helo'];
}

/** Where it goes. */
export interface Destination {
  readonly backend: BackendSettings;
  readonly service: BackendService;
  readonly host: string;
  /** Trust anchors, made once per backend: building them costs more than a login. */
  readonly trust: SecureContext;
  /** Our own, which no backend can be. */
  readonly listeners: readonly Pick<ListenerSettings, 'address' | 'port'>[];
}

/** The outcome, and with `accepted` the open connection, logged in, with what the backend said behind its answer. */
export interface Dialled {
  readonly outcome: BackendOutcome;
  readonly channel: Channel;
  readonly unread: Buffer;
}

export type DialResult = Dialled | Unreachable;

export interface Unreachable {
  readonly outcome: 'unreachable';
  readonly why: string;
  /** We ourselves had no descriptor or no port left for it. */
  readonly ourFault: boolean;
}

/**
 * Runs an errand until `signal` fires. Never throws for the network: `unreachable` means that the host did not even
 * greet us within its time to connect, another one may do.
 */
export async function dial(to: Destination, errand: Errand, signal: AbortSignal): Promise<DialResult> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(to.backend.connectTimeoutMs)]);
  const opened = await open(to, errand, deadline);
  if ('why' in opened) return { outcome: 'unreachable', ourFault: false, ...opened };
  const { channel } = opened;
  // A host that accepts and then says nothing is as good as gone: all protocols here begin with its greeting.
  const greeting = await channel.read(deadline);
  if (greeting === undefined) {
    channel.destroy();
    const why = deadline.aborted ? 'no greeting in time' : 'closed without a greeting';
    return { outcome: 'unreachable', why, ourFault: false };
  }
  channel.putBack(greeting);
  const dialogue = errand.module.backend({
    hostname: errand.hostname,
    tls: to.service.tls === 'implicit' ? 'active' : to.service.tls,
    login: errand.login,
    forward: passesClientInProtocol(to.service) ? errand.client : undefined,
    helo: errand.helo,
  });
  const outcome = await converse(dialogue, channel, { to, restMs: errand.module.restOverTlsMs ?? 0 }, signal);
  if (outcome.kind !== 'accepted') channel.end();
  return { outcome, channel, unread: outcome.kind === 'accepted' ? dialogue.unread() : Buffer.alloc(0) };
}

/** The trust anchors of a backend: its own CA, or the system's. Throws CONFIG_INVALID when the file cannot be used. */
export function loadTrust({ name, caFile }: BackendSettings): SecureContext {
  try {
    const ca = caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') };
    return createSecureContext({ ...ca, minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw new Fault('CONFIG_INVALID', `the CA file ${caFile} of backend ${name} cannot be used`, { cause });
  }
}

type Opened = { readonly channel: Channel } | NotConnected;
type NotConnected = Pick<Unreachable, 'why'> & Partial<Unreachable>;

async function open(to: Destination, errand: Errand, signal: AbortSignal): Promise<Opened> {
  const socket = connect({ host: to.host, port: to.service.port, allowHalfOpen: true, noDelay: true });
  const failure = await connected(socket, signal);
  if (failure !== undefined) {
    socket.destroy();
    return failure;
  }
  if (leadsToUs({ address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }, to.listeners)) {
    socket.destroy();
    return { why: 'it is a listener of this gateway: logins would go round in circles' };
  }
  if (to.service.clientAddress === 'proxy') socket.write(proxyHeader(errand.client));
  const channel = new Channel(socket);
  if (to.service.tls !== 'implicit') return { channel };
  const failed = await startTls(channel, to, signal);
  if (failed === undefined) return { channel };
  channel.destroy();
  return { why: failed };
}

async function converse(
  dialogue: BackendDialogue,
  channel: Channel,
  { to, restMs }: { to: Destination; restMs: number },
  signal: AbortSignal,
): Promise<BackendOutcome> {
  let actions: readonly BackendAction[] = dialogue.connect();
  let overTls = to.service.tls === 'implicit';
  for (;;) {
    let upgraded = false;
    for (const action of actions) {
      switch (action.do) {
        case 'send':
          channel.write(action.bytes);
          break;
        case 'start-tls': {
          const why = await startTls(channel, to, signal);
          if (why !== undefined) return { kind: 'unusable', why: 'starttls-refused', text: why };
          upgraded = true;
          break;
        }
        case 'done':
          return action.outcome;
      }
    }
    if (upgraded) {
      overTls = true;
      actions = dialogue.tlsStarted();
      continue;
    }
    const bytes = await channel.read(signal);
    if (bytes === undefined) return { kind: 'unusable', why: 'closed', text: signal.aborted ? 'deadline' : 'closed' };
    if (overTls && restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    actions = dialogue.receive(bytes);
  }
}

// RFC 8314 and nostarttls.secvuln.info: what came in clear is dropped, and the certificate is always verified.
async function startTls(channel: Channel, to: Destination, signal: AbortSignal): Promise<string | undefined> {
  channel.takeUnread();
  const wrapped = channel.replace((socket) => connectTls({ ...tlsOptions(to), socket }));
  return handshake(wrapped, 'secureConnect', signal);
}

// The same for implicit TLS and STARTTLS (CVE-2013-4584).
function tlsOptions({ backend, host, trust }: Destination): ConnectionOptions {
  const name = backend.tlsServerName ?? host;
  return {
    // SNI carries names only (RFC 6066 §3); an address is still checked against the certificate, through `host`.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    host: name,
    secureContext: trust,
    rejectUnauthorized: true,
  };
}

function passesClientInProtocol(service: BackendService): boolean {
  return service.clientAddress === 'id' || service.clientAddress === 'xclient';
}

function proxyHeader(client: ForwardedClient | undefined): Buffer {
  if (client === undefined) return encodeProxyV2('local');
  return encodeProxyV2({
    source: { address: client.address, port: client.port },
    destination: { address: client.localAddress, port: client.localPort },
  });
}

async function connected(socket: Socket, signal: AbortSignal): Promise<NotConnected | undefined> {
  return new Promise((resolve) => {
    const finish = (failure: NotConnected | undefined): void => {
      socket.off('connect', onConnect).off('error', onError);
      signal.removeEventListener('abort', onAbort);
      resolve(failure);
    };
    const onConnect = (): void => finish(undefined);
    const onError = (error: Error): void => finish({ why: error.message, ourFault: isOurs(error) });
    const onAbort = (): void => {
      socket.on('error', () => socket.destroy());
      finish({ why: 'deadline' });
    };
    socket.on('connect', onConnect).on('error', onError);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

// Bun 1.4 says ECONNREFUSED where it cannot make a socket at all.
function isOurs(error: Error): boolean {
  return ('code' in error && OUR_FAULTS.includes(String(error.code))) || !descriptorsLeft();
}

const OUR_FAULTS: readonly string[] = ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'];
