/**
 * Expiring records: one hash each, which Redis ends by itself, and per owner and kind an index of what there is. All
 * keys of an owner share its slot, so that each operation is one atomic step.
 */

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type {
  Ephemeral,
  EphemeralEntry,
  EphemeralKind,
  EphemeralRef,
  EphemeralUpdate,
} from '#policy/ports/ephemeral.ts';
import { ephemeralRecords } from '#store/ephemeral-records.ts';
import { NumberReply, readReply, TextReply, type RedisContext } from './context.ts';
import { CONSUME_EPHEMERAL, END_EPHEMERAL, LIST_EPHEMERAL, WRITE_EPHEMERAL } from './ephemeral-scripts.ts';
import { runScript } from './link.ts';
import type { Script } from './scripts.ts';

/** Fields id, value, version and expires of the hash. */
const EntryReply = z.tuple([z.string(), z.string(), z.string(), z.coerce.number()]);
const ListReply = z.array(EntryReply);
const NoEntry = z.tuple([z.null(), z.null(), z.null(), z.null()]);

const ANY_VERSION = '*';
const NO_VERSION = '';

/** The expiring records of the store. */
export function redisEphemeral(context: RedisContext): Ephemeral {
  const { link, keys } = context;
  const run = async (script: Script, scriptKeys: readonly string[], args: readonly (string | number)[] = []) =>
    link.run((send) => runScript(send, script, scriptKeys, args));
  return {
    put: async (ref, { value, expiresAt }) => {
      await run(
        WRITE_EPHEMERAL,
        keysOf(context, ref),
        writing(context, ref, { version: ANY_VERSION, value, expiresAt }),
      );
    },
    load: async (ref) => {
      const [key = ''] = keysOf(context, ref);
      const fields = await link.run((send) => send('hmget', key, 'id', 'value', 'version', 'expires'));
      const reply = readReply(z.union([EntryReply, NoEntry]), fields);
      return reply[0] === null ? undefined : entryOf(ref.kind, reply);
    },
    update: async (ref, update) => {
      const expected = { ...update, version: update.version ?? NO_VERSION };
      const reply = await run(WRITE_EPHEMERAL, keysOf(context, ref), writing(context, ref, expected));
      return readReply(NumberReply, reply) === 1;
    },
    consume: async (ref) => {
      const text = readReply(TextReply, await run(CONSUME_EPHEMERAL, keysOf(context, ref)));
      return text === null ? undefined : ephemeralRecords(ref.kind).decode(text, ref.owner ?? ref.kind);
    },
    listOf: async (owner, kind) => {
      const reply = await run(LIST_EPHEMERAL, [keys.ephemeralIndex(owner, kind)]);
      return readReply(ListReply, reply).map((fields) => entryOf(kind, fields));
    },
    endAll: async (owner, kinds) => {
      const indexes = kinds.map((kind) => keys.ephemeralIndex(owner, kind));
      return readReply(NumberReply, await run(END_EPHEMERAL, indexes));
    },
  };
}

function keysOf<K extends EphemeralKind>({ keys }: RedisContext, ref: EphemeralRef<K>): readonly string[] {
  const { kind, id, owner } = ref;
  const key = keys.ephemeral(kind, id, owner);
  return owner === undefined ? [key] : [key, keys.ephemeralIndex(owner, kind)];
}

function writing<K extends EphemeralKind>(
  { caps }: RedisContext,
  { kind, id, owner }: EphemeralRef<K>,
  { value, expiresAt, version }: EphemeralUpdate<K> & { readonly version: string },
): readonly (string | number)[] {
  const text = ephemeralRecords(kind).encode(value, owner ?? kind);
  return [id, text, randomUUID(), Math.ceil(expiresAt), Date.now(), caps.ephemeralPerOwner, version];
}

function entryOf<K extends EphemeralKind>(kind: K, fields: z.infer<typeof EntryReply>): EphemeralEntry<K> {
  const [id, text, version, expiresAt] = fields;
  return { id, value: ephemeralRecords(kind).decode(text, kind), version, expiresAt };
}
