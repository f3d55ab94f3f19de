/** The store on Redis: one server, a Sentinel set or a Cluster. Joins the parts; holds nothing but connections. */

import { Cluster } from 'ioredis';
import { Fault } from '#core/fault.ts';
import type { Store } from '#policy/ports/store.ts';
import type { StoreCaps } from '#store/caps.ts';
import { keyPlan } from '#store/keys.ts';
import { redisAccounts } from './accounts.ts';
import { redisAdmins } from './admins.ts';
import { redisAudit } from './audit.ts';
import { commandClient, subscriberClient, type RedisAccess, type RedisAddress, type RedisClient } from './clients.ts';
import type { RedisContext } from './context.ts';
import { redisDomains } from './domains.ts';
import { redisEphemeral } from './ephemeral.ts';
import { redisHealth } from './health.ts';
import { Link } from './link.ts';
import { redisLogins } from './logins.ts';
import { redisSessions } from './sessions.ts';
import { watchChanges } from './watch.ts';

export interface RedisStoreOptions {
  readonly access: RedisAccess;
  readonly keyPrefix: string;
  readonly caps: StoreCaps;
}

/**
 * Connects, or gives up waiting at the deadline: an unreachable Redis is not fatal here, since it may come back. Ask
 * check() whether it is there and fit. Throws CONFIG_INVALID for a key prefix that cannot be used.
 */
export async function openRedisStore({ access, keyPrefix, caps }: RedisStoreOptions): Promise<Store> {
  const keys = keyPlan(keyPrefix);
  const client = commandClient(access);
  const link = new Link(client, access.commandTimeoutMs);
  const context: RedisContext = { link, keys, caps };
  const source = {
    client: () => subscriberClient(access, () => clusterNodes(client)),
    channel: keys.changes,
    deadlineMs: access.commandTimeoutMs,
  };
  const { settled, ...logins } = redisLogins(context);
  const watches = new Set<{ stop(): Promise<void> }>();
  let closed = false;
  await link.settled();
  return {
    ...logins,
    ...redisDomains(context),
    ...redisAccounts(context),
    ...redisSessions(context),
    ...redisAudit(context),
    ...redisAdmins(context),
    ephemeral: redisEphemeral(context),
    watch: async (watcher) => {
      if (closed) throw new Fault('STORE_UNAVAILABLE', 'Redis: the store was closed');
      const watch = await watchChanges(source, watcher);
      watches.add(watch);
      return { stop: () => watch.stop().finally(() => watches.delete(watch)) };
    },
    check: () => redisHealth(context),
    close: async () => {
      closed = true;
      await Promise.all(Array.from(watches, (watch) => watch.stop()));
      await settled();
      await link.close();
    },
  };
}

function clusterNodes(client: RedisClient): readonly RedisAddress[] {
  if (!(client instanceof Cluster)) return [];
  return client.nodes().flatMap(({ options: { host, port } }) => {
    return host === undefined || port === undefined ? [] : [{ host, port }];
  });
}
