/**
 * Whether this Redis may be relied upon: it takes writes, it evicts nothing, and what an operator should know about
 * its persistence and its replicas. Needs INFO; without CONFIG it says what it could not find out.
 */

import { Cluster, type Redis } from 'ioredis';
import { Fault } from '#core/fault.ts';
import type { StoreHealth } from '#policy/ports/store.ts';
import type { RedisContext } from './context.ts';

/** The first with ZMSCORE and with GT in ZADD. */
const OLDEST_VERSION = [6, 2] as const;
const CHECK_KEY_SECONDS = 60;
const REPLICA_LAG_SECONDS = 10;
const MEMORY_WARNING_SHARE = 0.9;

type Info = ReadonlyMap<string, string>;

/** What `serve` asks at start and the health endpoint repeats. An outage is an answer here, not a Fault. */
export async function redisHealth({ link, keys }: RedisContext): Promise<StoreHealth> {
  try {
    await link.run((send) => send('set', keys.check, Date.now(), 'EX', CHECK_KEY_SECONDS));
    // The script of a login has keys of an account, a domain and a network: one server must have them all.
    if (!link.clustered) await link.run((send) => send('eval', 'return 1', 2, keys.check, keys.domain('check')));
    const clusterFault = await link.run(() => incompleteCluster(link.client));
    const reports = await link.run(() => Promise.all(masters(link.client).map(serverHealth)));
    return {
      usable: clusterFault === undefined && reports.every(({ usable }) => usable),
      remarks: [...(clusterFault === undefined ? [] : [clusterFault]), ...reports.flatMap(({ remarks }) => remarks)],
    };
  } catch (error) {
    if (error instanceof Fault) return { usable: false, remarks: [error.message] };
    throw error;
  }
}

function masters(client: Redis | Cluster): readonly Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

async function incompleteCluster(client: Redis | Cluster): Promise<string | undefined> {
  if (!(client instanceof Cluster)) return undefined;
  const info = parseInfo(await client.cluster('INFO'));
  const state = info.get('cluster_state');
  return state === 'ok'
    ? undefined
    : `The Redis Cluster is in state "${state}": a part of the accounts is out of reach.`;
}

async function serverHealth(server: Redis): Promise<StoreHealth> {
  const { usable, remarks } = judgeServer(await server.info(), await snapshots(server));
  const { host, port, name } = server.options;
  const where = typeof name === 'string' ? `Redis master "${name}"` : `Redis at ${host}:${port}`;
  return { usable, remarks: remarks.map((remark) => `${where} ${remark}`) };
}

/**
 * What the text of INFO says about one server, and whether `CONFIG GET save` says that it saves snapshots. Remarks
 * lack their subject: `has …`.
 */
export function judgeServer(infoText: string, saves: 'on' | 'off' | 'unknown'): StoreHealth {
  const info = parseInfo(infoText);
  const policy = info.get('maxmemory_policy') ?? 'unknown';
  const evicting = policy !== 'noeviction';
  const old = olderThan(info.get('redis_version'), OLDEST_VERSION);
  const evicts = `has maxmemory-policy "${policy}" and may drop accounts: set "maxmemory-policy noeviction".`;
  return {
    usable: !evicting && !old,
    remarks: [
      ...(evicting ? [evicts] : []),
      ...(old ? [`is version ${info.get('redis_version')}: Postern needs ${OLDEST_VERSION.join('.')} or later.`] : []),
      ...memoryRemarks(info),
      ...persistenceRemarks(info, saves),
      ...replicaRemarks(info),
    ],
  };
}

// A server that does not say its version is taken for a new one.
function olderThan(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  if (version === undefined) return false;
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

function memoryRemarks(info: Info): readonly string[] {
  const limit = Number(info.get('maxmemory') ?? 0);
  const used = Number(info.get('used_memory') ?? 0);
  if (limit === 0 || used < limit * MEMORY_WARNING_SHARE) return [];
  return [`uses ${Math.round((100 * used) / limit)} % of its maxmemory and will refuse writes when it is full.`];
}

function persistenceRemarks(info: Info, saves: 'on' | 'off' | 'unknown'): readonly string[] {
  const remarks: string[] = [];
  const logged = info.get('aof_enabled') === '1';
  if (!logged && saves === 'off') {
    remarks.push('persists neither by AOF nor by RDB: a restart forgets every account. Set "appendonly yes".');
  }
  if (!logged && saves === 'unknown') {
    remarks.push('has no AOF, and CONFIG GET is not permitted: make sure that it saves snapshots.');
  }
  if (logged && info.get('aof_last_write_status') !== 'ok') remarks.push('could not write its AOF: look at its disk.');
  if (info.get('rdb_last_bgsave_status') === 'err') remarks.push('could not save its last snapshot: look at its disk.');
  return remarks;
}

// slave0:ip=10.0.0.2,port=6379,state=online,offset=1064,lag=1
function replicaRemarks(info: Info): readonly string[] {
  return Array.from(info).flatMap(([field, value]) => {
    if (!/^slave\d+$/.test(field)) return [];
    const replica = new Map(value.split(',').map((part) => split(part, '=')));
    const lag = Number(replica.get('lag'));
    if (replica.get('state') === 'online' && lag <= REPLICA_LAG_SECONDS) return [];
    const name = `${replica.get('ip')}:${replica.get('port')}`;
    return [
      `has a replica (${name}) that is ${replica.get('state')} and ${lag} s behind: a failover would lose changes.`,
    ];
  });
}

async function snapshots(server: Redis): Promise<'on' | 'off' | 'unknown'> {
  try {
    const [, save] = await server.config('GET', 'save').then((reply) => (Array.isArray(reply) ? reply : []));
    return save === '' ? 'off' : 'on';
  } catch {
    return 'unknown'; // hosted offers forbid CONFIG
  }
}

function parseInfo(text: string): Info {
  return new Map(text.split('\r\n').map((line) => split(line, ':')));
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
