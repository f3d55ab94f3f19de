/** Opens one connection to one backend host and runs one backend dialogue over it, within a deadline. */

import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Fault, unreachable } from '#core/fault.ts';
import type {
  BackendAction,
  BackendDialogue,
  BackendLogin,
  BackendOptions,
  BackendOutcome,
  ForwardedClient,
  ProtocolModule,
} from '#protocol/machine.ts';
import { encodeProxyV2 } from '#wire/proxy-header.ts';
import { Channel } from '#connection/channel.ts';
import { descriptorsLeft } from '#connection/file-descriptors.ts';
import { leadsToUs, type Endpoint } from './loop-guard.ts';
import { transport } from '#transport/runtime.ts';
import { Deadline, delay } from '#async/timers.ts';
import type { BackendService, BackendSettings } from './settings.ts';

/** What one dialogue with a backend is about. */
export interface BackendRequest {
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
  readonly listeners: readonly Endpoint[];
  /** Without TLS, even where a server offers it to a service without. */
  readonly plain?: boolean;
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
export async function dial(to: Destination, request: BackendRequest, signal: AbortSignal): Promise<DialResult> {
  const opening = new Deadline(signal, to.backend.connectTimeoutMs);
  const opened = await open(to, request, opening.signal);
  opening.clear();
  if ('why' in opened) return { outcome: 'unreachable', ourFault: false, ...opened };
  const { channel } = opened;
  const interrupt = (): void => channel.interrupt();
  signal.addEventListener('abort', interrupt);
  if (signal.aborted) interrupt();
  const dialogue = request.module.backend({
    hostname: request.hostname,
    tls: tlsOf(to),
    login: request.login,
    forward: passesClientInProtocol(to.service) ? request.client : undefined,
    helo: request.helo,
  });
  const outcome = await converse(dialogue, channel, { to, restMs: request.module.restOverTlsMs ?? 0 });
  signal.removeEventListener('abort', interrupt);
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

// With its greeting: a host that accepts and then says nothing is as good as gone, and all protocols here begin so.
async function open(to: Destination, request: BackendRequest, signal: AbortSignal): Promise<Opened> {
  const { service, host, listeners } = to;
  const connected = await connect({ host, port: service.port }, signal);
  if ('why' in connected) return connected;
  const { channel } = connected;
  const interrupt = (): void => channel.interrupt();
  signal.addEventListener('abort', interrupt);
  if (signal.aborted) interrupt();
  // The system is asked for the address only where it matters.
  const why =
    listeners.some(({ port }) => port === service.port) && leadsToUs(channel.remote, listeners)
      ? 'it is a listener of this gateway: logins would go round in circles'
      : await greeted(channel, to, request);
  signal.removeEventListener('abort', interrupt);
  if (why === undefined) return connected;
  channel.destroy();
  return { why };
}

async function connect(to: { host: string; port: number }, signal: AbortSignal): Promise<Opened> {
  try {
    return { channel: new Channel(await transport.connect(to, signal)) };
  } catch (error) {
    return error instanceof Error ? { why: error.message, ourFault: isOurs(error) } : { why: String(error) };
  }
}

async function greeted(channel: Channel, to: Destination, request: BackendRequest): Promise<string | undefined> {
  if (to.service.clientAddress === 'proxy') channel.write(proxyHeader(request.client));
  const failed = to.service.tls === 'implicit' ? await startTls(channel, to) : undefined;
  if (failed !== undefined) return failed;
  const greeting = await channel.read();
  if (greeting === undefined) return channel.ended ? 'closed without a greeting' : 'no greeting in time';
  channel.putBack(greeting);
  return undefined;
}

async function converse(
  dialogue: BackendDialogue,
  channel: Channel,
  { to, restMs }: { to: Destination; restMs: number },
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
          const why = await startTls(channel, to);
          if (why !== undefined) return withoutTls(to, why);
          upgraded = true;
          break;
        }
        case 'done':
          return action.outcome;
        default:
          unreachable(action);
      }
    }
    if (upgraded) {
      overTls = true;
      actions = dialogue.tlsStarted();
      continue;
    }
    const bytes = await channel.read();
    if (bytes === undefined) return { kind: 'unusable', why: 'closed', text: channel.ended ? 'closed' : 'deadline' };
    if (overTls && restMs > 0) await delay(restMs);
    actions = dialogue.receive(bytes);
  }
}

// RFC 8314 and nostarttls.secvuln.info: what came in clear is dropped, and the certificate is always verified where TLS
// was asked for. The same for implicit TLS and STARTTLS (CVE-2013-4584). Without it a server may have any (RFC 7435).
async function startTls(channel: Channel, { backend, host, trust, service }: Destination): Promise<string | undefined> {
  return channel.connectTls({ name: backend.tlsServerName ?? host, trust, verify: service.tls !== 'none' });
}

function withoutTls({ service }: Destination, text: string): BackendOutcome {
  return { kind: 'unusable', why: service.tls === 'none' ? 'tls-failed' : 'starttls-refused', text };
}

function tlsOf({ service, plain }: Destination): BackendOptions['tls'] {
  if (service.tls === 'implicit') return 'active';
  if (service.tls === 'starttls') return 'starttls';
  return plain === true ? 'none' : 'if-offered';
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

// Bun 1.4 says ECONNREFUSED where it cannot make a socket at all.
function isOurs(error: Error): boolean {
  return ('code' in error && OUR_FAULTS.includes(String(error.code))) || !descriptorsLeft();
}

const OUR_FAULTS: readonly string[] = ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'];
