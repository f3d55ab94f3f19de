/**
 * The store in one SQLite file, for all processes of one machine. Calls are synchronous inside: each is a short
 * transaction, and the event loop waits at most `busyTimeoutMs` for another process that is writing.
 */

import { statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Store, StoreHealth } from '#policy/ports/store.ts';
import type { StoreCaps } from '#store/caps.ts';
import { embeddedAccounts } from './accounts.ts';
import { embeddedAdmins } from './admins.ts';
import { embeddedAudit } from './audit.ts';
import { ChangeFeed } from './changes.ts';
import type { EmbeddedContext } from './context.ts';
import { Database } from './database.ts';
import { embeddedDomains } from './domains.ts';
import { embeddedEphemeral } from './ephemeral.ts';
import { embeddedLogins } from './logins.ts';
import { prepareFile } from './schema.ts';
import { embeddedSessions } from './sessions.ts';

export interface EmbeddedStoreOptions {
  readonly path: string;
  readonly busyTimeoutMs: number;
  readonly caps: StoreCaps;
}

const LOW_SPACE_BYTES = 100 * 1024 * 1024;

/**
 * Opens the file, making it when missing. Throws STORE_UNAVAILABLE when it cannot be used, RECORD_INVALID when it was
 * written by another program or a newer release.
 */
export async function openEmbeddedStore({ caps, busyTimeoutMs, ...options }: EmbeddedStoreOptions): Promise<Store> {
  const path = resolve(options.path);
  prepareFile({ path, busyTimeoutMs, synchronous: 'full' });
  const context: EmbeddedContext = {
    durable: new Database({ path, busyTimeoutMs, synchronous: 'full' }),
    brisk: new Database({ path, busyTimeoutMs, synchronous: 'normal' }),
    feed: new ChangeFeed(new Database({ path, busyTimeoutMs, synchronous: 'normal' })),
    caps,
  };
  const { durable, brisk, feed } = context;
  return {
    ...embeddedLogins(context),
    ...embeddedDomains(context),
    ...embeddedAccounts(context),
    ...embeddedSessions(context),
    ...embeddedAudit(context),
    ...embeddedAdmins(context),
    ephemeral: embeddedEphemeral(context),
    watch: async (watcher) => {
      const stop = feed.watch(watcher);
      return { stop: async () => stop() };
    },
    check: async () => health(context, path),
    close: async () => {
      feed.close();
      brisk.close();
      durable.close();
    },
  };
}

function health({ durable }: EmbeddedContext, path: string): StoreHealth {
  try {
    durable.transaction(() => durable.run('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)', [Date.now()]));
    return { usable: true, remarks: [...spaceRemarks(path), ...modeRemarks(path)] };
  } catch (error) {
    return { usable: false, remarks: [error instanceof Error ? error.message : 'unknown'] };
  }
}

function spaceRemarks(path: string): readonly string[] {
  const { bavail, bsize } = statfsSync(dirname(path));
  const free = bavail * bsize;
  if (free >= LOW_SPACE_BYTES) return [];
  return [`The disk of the store's file ${path} has only ${Math.floor(free / 1024 / 1024)} MB left.`];
}

function modeRemarks(path: string): readonly string[] {
  const others = statSync(path).mode & 0o077;
  return others === 0 ? [] : [`The store's file ${path} can be read by other users: set its mode to 0600.`];
}
