/** What every part of the Redis adapter works with, and the schemas of the replies it reads. */

import { z } from 'zod';
import { Fault } from '#core/fault.ts';
import type { StoreCaps } from '#store/caps.ts';
import type { KeyPlan } from '#store/keys.ts';
import type { Codec } from '#store/records.ts';
import type { Link } from './link.ts';
import type { Versioned } from '#policy/ports/records.ts';

export interface RedisContext {
  readonly link: Link;
  readonly keys: KeyPlan;
  readonly caps: StoreCaps;
}

/** Redis numbers come as numbers from scripts and as text from keys. */
export const NumberReply = z.coerce.number();
export const TextReply = z.string().nullable();
export const ListReply = z.array(z.string());
/** Fields `epoch` and `record` of a hash; null when absent. */
export const VersionedReply = z.tuple([TextReply, TextReply]);

/** Reads a reply in the form that this command has; another one is Fault RECORD_INVALID. */
export function readReply<T>(schema: z.ZodType<T>, reply: unknown): T {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw new Fault('RECORD_INVALID', 'Redis answered in a form that this release does not know');
}

/** A record and its epoch from the two fields; no record is epoch 0 unless there was one before. */
export function versioned<T>(codec: Codec<T>, of: string, fields: z.infer<typeof VersionedReply>): Versioned<T> {
  const [epoch, record] = fields;
  return { record: record === null ? undefined : codec.decode(record, of), epoch: Number(epoch ?? 0) };
}
