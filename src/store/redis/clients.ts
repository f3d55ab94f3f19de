/**
 * Makes ioredis clients for one server, a Sentinel set or a Cluster. No command is queued behind our back: an outage
 * fails the calls that meet it, and link.ts decides how long others wait for its end. Only in a Cluster may a command
 * whose connection broke be sent again, to the node's successor; every one of ours bears that.
 */

import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';
import { unreachable } from '#core/fault.ts';
import type { Secret } from '#core/secret.ts';
import { startDeadline } from './deadline.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export type RedisTopology =
  | { readonly kind: 'standalone'; readonly server: RedisAddress }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisAddress[];
      /** The master's name in the Sentinels' configuration. */
      readonly name: string;
      readonly username?: string | undefined;
      readonly password?: Secret | undefined;
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisAddress[] };

export interface RedisTls {
  /** PEM of the CA; absent: the system's. */
  readonly ca?: string | undefined;
  /** PEM of our own certificate and its key, where the server wants one. */
  readonly cert?: string | undefined;
  readonly key?: Secret | undefined;
  /** Name expected in the certificate, when it is not the host name. */
  readonly serverName?: string | undefined;
}

export interface RedisAccess {
  readonly topology: RedisTopology;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** Database number; a Cluster has only 0. */
  readonly database?: number | undefined;
  /** Absent: no TLS. The certificate is always verified. */
  readonly tls?: RedisTls | undefined;
  readonly commandTimeoutMs: number;
}

export type RedisClient = Redis | Cluster;

/** Without the option that would change the types of all replies. */
type Options = Omit<RedisOptions, 'replyMapping'>;

const RECONNECT_STEP_MS = 50;
const RECONNECT_MAX_MS = 500;
// A command sent to a node that has just failed is tried again on its successor, within one deadline.
const CLUSTER_RETRY_MS = 100;
const CLUSTER_MAX_TRIES = 8;
const CLUSTER_REFRESH_MS = 5_000;

/** The client for commands. It connects at once and reconnects for ever. */
export function commandClient(access: RedisAccess): RedisClient {
  const { topology } = access;
  switch (topology.kind) {
    case 'standalone':
      return new Redis({ ...topology.server, ...steady(access) });
    case 'sentinel':
      return new Redis({ ...sentinelOptions(access, topology), ...steady(access) });
    case 'cluster':
      return new Cluster([...topology.nodes], clusterOptions(access));
    default:
      return unreachable(topology);
  }
}

/**
 * A connection for one subscription: it connects when told to and never reconnects by itself. In a Cluster any node
 * will do (messages reach all of them), so one of `clusterNodes` is taken at random.
 */
export function subscriberClient(access: RedisAccess, clusterNodes: () => readonly RedisAddress[]): Redis {
  const { topology } = access;
  const once = { ...connection(access), retryStrategy: () => null, lazyConnect: true, autoResubscribe: false };
  switch (topology.kind) {
    case 'standalone':
      return new Redis({ ...topology.server, ...once });
    case 'sentinel':
      return new Redis({ ...sentinelOptions(access, topology), sentinelRetryStrategy: () => null, ...once });
    case 'cluster':
      return new Redis({ ...pick(clusterNodes(), topology.nodes), ...once });
    default:
      return unreachable(topology);
  }
}

/** Closes the client for good; resolves when it is closed, at the latest after the deadline. */
export async function endClient(client: RedisClient, deadlineMs: number): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise<void>((resolve) => void client.once('end', resolve));
  client.disconnect();
  const deadline = startDeadline(deadlineMs, 'the connection did not close');
  await Promise.race([ended, deadline.reached]).catch(() => undefined);
  deadline.cancel();
}

// Auto-pipelining sends what one tick asks for as one write: the questions of many logins.
function steady(access: RedisAccess): Options {
  return { ...connection(access), retryStrategy: reconnectDelay, reconnectOnError, enableAutoPipelining: true };
}

function connection(access: RedisAccess): Options {
  return {
    ...credentials(access),
    db: access.database ?? 0,
    connectTimeout: access.commandTimeoutMs,
    // Covers a server that accepts and then says nothing: the connection is given up, not only the command.
    socketTimeout: access.commandTimeoutMs,
    disconnectTimeout: access.commandTimeoutMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    connectionName: 'postern',
  };
}

// No auto-pipelining here: ioredis does not follow the redirections of a batch that partly succeeded.
function clusterOptions(access: RedisAccess): Omit<ClusterOptions, 'redisOptions'> & { redisOptions: Options } {
  return {
    clusterRetryStrategy: reconnectDelay,
    enableOfflineQueue: false,
    maxRedirections: CLUSTER_MAX_TRIES,
    retryDelayOnFailover: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    // Host names are kept as they are where certificates are checked against them.
    ...(access.tls === undefined ? {} : { dnsLookup: (host, found) => found(null, host) }),
    slotsRefreshTimeout: access.commandTimeoutMs,
    slotsRefreshInterval: CLUSTER_REFRESH_MS,
    redisOptions: {
      ...credentials(access),
      connectTimeout: access.commandTimeoutMs,
      socketTimeout: access.commandTimeoutMs,
      disconnectTimeout: access.commandTimeoutMs,
      connectionName: 'postern',
    },
  };
}

function sentinelOptions(access: RedisAccess, topology: Extract<RedisTopology, { kind: 'sentinel' }>): Options {
  return {
    sentinels: topology.sentinels.map(({ host, port }) => ({ host, port })),
    name: topology.name,
    sentinelUsername: topology.username,
    sentinelPassword: topology.password?.expose(),
    sentinelRetryStrategy: reconnectDelay,
    sentinelCommandTimeout: access.commandTimeoutMs,
    enableTLSForSentinelMode: access.tls !== undefined,
    sentinelTLS: tlsOptions(access.tls),
  };
}

function credentials({ username, password, tls }: RedisAccess): Options {
  return { username, password: password?.expose(), ...(tls === undefined ? {} : { tls: tlsOptions(tls) }) };
}

function tlsOptions(tls: RedisTls | undefined): Options['tls'] {
  if (tls === undefined) return undefined;
  return { ca: tls.ca, cert: tls.cert, key: tls.key?.expose(), servername: tls.serverName, rejectUnauthorized: true };
}

function reconnectDelay(times: number): number {
  return Math.min(times * RECONNECT_STEP_MS, RECONNECT_MAX_MS);
}

// After a failover the old master answers as a replica: let go of it and look for the new one.
function reconnectOnError(error: Error): boolean {
  return error.message.startsWith('READONLY');
}

function pick(known: readonly RedisAddress[], configured: readonly RedisAddress[]): RedisAddress {
  const nodes = known.length > 0 ? known : configured;
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  return { host: node?.host ?? '', port: node?.port ?? 0 };
}
