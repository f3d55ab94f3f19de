/** Turns the settings of the store into what it is opened with: its place or its servers, and the secrets for them. */

import type { ConfigFiles } from './files.ts';
import type { Config } from './schema.ts';

type RedisConfig = Extract<Config['store'], { kind: 'redis' }>;

const REDIS_PORT = 6379;

/** Fits StoreSettings of the store. `files` has read every file before. */
export function storeSettings(store: Config['store'], files: ConfigFiles) {
  if (store.kind === 'embedded') return { kind: store.kind, path: files.absolute(store.path) };
  return {
    kind: store.kind,
    topology: topology(store, files),
    username: store.username,
    password: files.secret(store, ['store']),
    database: store.database,
    tls: redisTls(store, files),
    commandTimeoutMs: store.commandTimeoutMs,
    keyPrefix: store.keyPrefix,
  };
}

function topology({ url, sentinels, cluster }: RedisConfig, files: ConfigFiles) {
  if (cluster !== undefined) return { kind: 'cluster' as const, nodes: cluster.map((node) => address(node)) };
  if (sentinels === undefined) return { kind: 'standalone' as const, server: address(url ?? '') };
  return {
    kind: 'sentinel' as const,
    sentinels: sentinels.hosts.map((node) => address(node)),
    name: sentinels.master,
    username: sentinels.username,
    password: files.secret(sentinels, ['store', 'sentinels']),
  };
}

function redisTls({ url, tls }: RedisConfig, files: ConfigFiles) {
  if (tls === undefined && url?.startsWith('rediss:') !== true) return undefined;
  return {
    ca: files.text(tls?.ca_file, ['store', 'tls', 'ca_file']),
    cert: files.text(tls?.cert_file, ['store', 'tls', 'cert_file']),
    key: files.key(tls?.key_file, ['store', 'tls', 'key_file']),
    serverName: tls?.serverName,
  };
}

// `redis://host:port`, `host:port` or `[::1]:port`.
function address(text: string): { readonly host: string; readonly port: number } {
  const bare = text.replace(/^rediss?:\/\//, '');
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(bare) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? REDIS_PORT : Number(port) };
}
