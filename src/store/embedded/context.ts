/** What every part of the embedded adapter works with. */

import { z } from 'zod';
import type { StoreCaps } from '#store/caps.ts';
import type { Codec } from '#store/records.ts';
import type { ChangeFeed } from './changes.ts';
import type { Database } from './database.ts';
import type { Versioned } from '#policy/ports/records.ts';

export interface EmbeddedContext {
  /** For what an administrator or a user has set: on the disk before the answer. */
  readonly durable: Database;
  /** For counters and sessions: a login must not wait for the disk, and a power cut may forget the last of them. */
  readonly brisk: Database;
  readonly feed: ChangeFeed;
  readonly caps: StoreCaps;
}

export const VersionedRow = z.object({ epoch: z.number(), record: z.string().nullable() });
export const RecordRow = z.object({ record: z.string() });
export const CountRow = z.object({ count: z.number() });

/** A record and its epoch; no row is epoch 0. */
export function versioned<T>(codec: Codec<T>, of: string, row: z.infer<typeof VersionedRow> | undefined): Versioned<T> {
  const { epoch, record } = row ?? { epoch: 0, record: null };
  return { record: record === null ? undefined : codec.decode(record, of), epoch };
}
