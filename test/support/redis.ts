/**
 * Real Redis servers on free loopback ports: one alone, a Cluster of three masters, a master with replica and three
 * Sentinels. Each keeps its data in a directory of its own, can be crashed, stalled and started again.
 */

import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually, freePorts, start, temporaryDirectory, type Running } from './processes.ts';

export interface RedisServer {
  readonly port: number;
  readonly pid: number;
  /** Runs one command on a connection of the test's own. */
  readonly command: (name: string, ...args: readonly (string | number)[]) => Promise<unknown>;
  /** SIGSTOP: connections stay, nothing answers. */
  stall(): void;
  /** SIGCONT */
  resume(): void;
  /** SIGKILL, as a crash. Waits for the end. */
  crash(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisCluster {
  readonly servers: readonly RedisServer[];
  stop(): Promise<void>;
}

export interface RedisSentinels {
  readonly masterName: string;
  readonly servers: readonly RedisServer[];
  readonly sentinelPorts: readonly number[];
  /** The port of the server that the Sentinels hold for the master now. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server; `options` are lines of its configuration as flag and value by turns. */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const [port = 0] = await freePorts(1);
  return startOn('redis-server', port, options);
}

/** Starts three masters and waits until each of them has seen all slots covered. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const ports = await freePorts(6);
  const servers = await Promise.all(
    [0, 1, 2].map((at) => {
      const bus = ['--cluster-enabled', 'yes', '--cluster-port', `${ports[at + 3]}`, '--cluster-node-timeout', '2000'];
      return startOn('redis-server', ports[at] ?? 0, bus);
    }),
  );
  const [first, ...others] = servers;
  const ranges = ['0 5460', '5461 10922', '10923 16383'];
  for (const [at, server] of servers.entries()) {
    await server.command('cluster', 'addslotsrange', ...(ranges[at] ?? '').split(' '));
    await server.command('cluster', 'set-config-epoch', at + 1);
  }
  for (const [at, other] of others.entries()) {
    await first?.command('cluster', 'meet', '127.0.0.1', other.port, ports[at + 4] ?? 0);
  }
  await Promise.all(servers.map((server) => eventually('the cluster is complete', () => clusterComplete(server))));
  return { servers, stop: () => stopAll(servers) };
}

/** Starts a master, its replica and three Sentinels, and waits until a failover would work. */
export async function startRedisSentinels(): Promise<RedisSentinels> {
  const masterName = 'postern';
  const master = await startRedis();
  const replica = await startRedis(['--replicaof', `127.0.0.1 ${master.port}`]);
  const sentinelPorts = await freePorts(3);
  const settings = [
    ['--sentinel', 'monitor', masterName, '127.0.0.1', `${master.port}`, '2'],
    ['--sentinel', 'down-after-milliseconds', masterName, '500'],
    ['--sentinel', 'failover-timeout', masterName, '2000'],
  ].flat();
  const sentinels = await Promise.all(sentinelPorts.map((port) => startOn('redis-sentinel', port, settings)));
  const [sentinel] = sentinels;
  await Promise.all(sentinels.map((one) => eventually('Sentinels know all', () => sentinelReady(one, masterName))));
  return {
    masterName,
    servers: [master, replica],
    sentinelPorts,
    masterPort: async () => {
      const reply = await sentinel?.command('sentinel', 'get-master-addr-by-name', masterName);
      return Array.isArray(reply) ? Number(reply[1]) : 0;
    },
    stop: () => stopAll([...sentinels, master, replica]),
  };
}

/** Moves a slot of a Cluster with its keys from one node to another, as resharding does. */
export async function moveSlot(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
  const [fromId = '', toId = ''] = [await from.command('cluster', 'myid'), await to.command('cluster', 'myid')].map(
    String,
  );
  await to.command('cluster', 'setslot', slot, 'importing', fromId);
  await from.command('cluster', 'setslot', slot, 'migrating', toId);
  const keys = await from.command('cluster', 'getkeysinslot', slot, 100);
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`no keys in slot ${slot}`);
  await from.command('migrate', '127.0.0.1', to.port, '', 0, 5000, 'keys', ...keys.map(String));
  for (const server of [to, from]) await server.command('cluster', 'setslot', slot, 'node', toId);
}

async function startOn(program: string, port: number, options: readonly string[]): Promise<RedisServer> {
  const directory = await temporaryDirectory('redis');
  // Sentinel keeps its state in its configuration file, so there must be one.
  const file = join(directory.path, 'redis.conf');
  await writeFile(file, '');
  const base = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory.path];
  const persistence = program === 'redis-server' ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
  const launch = async (): Promise<Running> => {
    const running = start(program, [file, ...base, ...persistence, ...options]);
    await untilItAnswers(port, running);
    return running;
  };
  let running = await launch();
  let client = testClient(port);
  const crash = async (): Promise<void> => {
    client.disconnect();
    running.signal('SIGKILL');
    await running.ended();
  };
  return {
    port,
    get pid() {
      return running.pid;
    },
    command: (name, ...args) => client.call(name, ...args),
    stall: () => running.signal('SIGSTOP'),
    resume: () => running.signal('SIGCONT'),
    crash,
    restart: async () => {
      running = await launch();
      client = testClient(port);
    },
    stop: async () => {
      await crash();
      await directory.remove();
    },
  };
}

// Auto-pipelined: tests write a hundred thousand keys through it.
function testClient(port: number): Redis {
  const client = new Redis({ host: '127.0.0.1', port, enableAutoPipelining: true });
  client.on('error', () => undefined); // the server may be stopped while we are connected
  return client;
}

async function untilItAnswers(port: number, running: Running): Promise<void> {
  let over: number | string | undefined;
  void running.ended().then((code) => (over = code));
  await eventually(`port ${port} answers PING`, () => {
    if (over !== undefined) throw new Error(`ended (${over}) before port ${port} answered:\n${running.output()}`);
    return answersPing(port);
  });
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG')); // "-LOADING" while it reads its data
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

async function clusterComplete(server: RedisServer): Promise<boolean> {
  const info = String(await server.command('cluster', 'info'));
  return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
}

// A failover needs the replica and a majority of Sentinels that know of each other.
async function sentinelReady(sentinel: RedisServer, masterName: string): Promise<boolean> {
  const reply = await sentinel.command('sentinel', 'master', masterName);
  const words = Array.isArray(reply) ? reply.map(String) : [];
  const field = (name: string): string | undefined => words[words.indexOf(name) + 1];
  return field('num-slaves') === '1' && field('num-other-sentinels') === '2' && field('flags') === 'master';
}

async function stopAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
