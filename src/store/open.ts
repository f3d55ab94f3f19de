/** Opens the store that the settings name. The only file here that knows both adapters. */

import { unreachable } from '#core/fault.ts';
import type { Secret } from '#core/secret.ts';
import type { Store } from '#policy/ports/store.ts';
import { DEFAULT_CAPS, type StoreCaps } from './caps.ts';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import { DEFAULT_KEY_PREFIX } from './keys.ts';
import type { RedisTls, RedisTopology } from '#store/redis/clients.ts';
import { openRedisStore } from '#store/redis/redis-store.ts';

export type StoreSettings = EmbeddedStoreSettings | RedisStoreSettings;

interface CommonStoreSettings {
  /**
   * The longest an operation may take before it is STORE_UNAVAILABLE; default 1000. Those over any number of sessions
   * or accounts go in batches, each with this deadline.
   */
  readonly commandTimeoutMs?: number | undefined;
  /** Default 90; heartbeats should come at least twice as often. */
  readonly sessionTtlSeconds?: number | undefined;
  readonly caps?: Partial<Omit<StoreCaps, 'sessionTtlSeconds'>> | undefined;
}

interface EmbeddedStoreSettings extends CommonStoreSettings {
  readonly kind: 'embedded';
  /** The database file; its folder is made when missing. */
  readonly path: string;
}

export interface RedisStoreSettings extends CommonStoreSettings {
  readonly kind: 'redis';
  readonly topology: RedisTopology;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** Database number; a Cluster has only 0. */
  readonly database?: number | undefined;
  /** Absent: no TLS. */
  readonly tls?: RedisTls | undefined;
  /** In front of every key; default `postern:1:`. */
  readonly keyPrefix?: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 1000;

/**
 * Opens the store. Embedded: throws STORE_UNAVAILABLE when the file cannot be used and RECORD_INVALID when a newer
 * release wrote it. Redis: does not throw for an outage; ask check() before relying on it.
 */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const { commandTimeoutMs = DEFAULT_TIMEOUT_MS, sessionTtlSeconds } = settings;
  const ttl = sessionTtlSeconds === undefined ? {} : { sessionTtlSeconds };
  const caps = { ...DEFAULT_CAPS, ...settings.caps, ...ttl };
  switch (settings.kind) {
    case 'embedded':
      return openEmbeddedStore({ path: settings.path, busyTimeoutMs: commandTimeoutMs, caps });
    case 'redis':
      return openRedisStore({
        access: { ...settings, commandTimeoutMs },
        keyPrefix: settings.keyPrefix ?? DEFAULT_KEY_PREFIX,
        caps,
      });
    default:
      return unreachable(settings);
  }
}
