/** Records of which there is one: read, and changed if nobody wrote in between, else tried again. */

import { Fault } from '#core/fault.ts';
import type { Codec } from '#store/records.ts';
import { NumberReply, readReply, versioned, VersionedReply, type RedisContext } from './context.ts';
import { runScript } from './link.ts';
import { SWAP_SINGLE } from './scripts.ts';
import type { Versioned } from '#policy/ports/records.ts';

const MAX_ROUNDS = 64;

/** One record: where it is kept, and what it is while nobody has written it. */
export interface Single<T> {
  readonly key: string;
  readonly codec: Codec<T>;
  readonly empty: T;
  /** For the fault. */
  readonly what: string;
}

/** The record and its version. */
export async function lookupSingle<T>({ link }: RedisContext, { key, codec }: Single<T>): Promise<Versioned<T>> {
  const fields = await link.run((send) => send('hmget', key, 'epoch', 'record'));
  return versioned(codec, 'all', readReply(VersionedReply, fields));
}

/** Changes it. STORE_CONFLICT when too many others do at the same time. */
export async function updateSingle<T, R>(
  context: RedisContext,
  single: Single<T>,
  change: (current: T) => { readonly record: T | undefined; readonly result: R },
): Promise<R> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const current = await lookupSingle(context, single);
    const { record, result } = change(current.record ?? single.empty);
    if (record === undefined) return result;
    const args = [current.epoch, single.codec.encode(record, 'all')];
    const reply = await context.link.run((send) => runScript(send, SWAP_SINGLE, [single.key], args));
    if (readReply(NumberReply, reply) === 1) return result;
  }
  throw new Fault('STORE_CONFLICT', `the list of ${single.what} is being changed by too many at once`);
}
