/** Expiring records. A row counts until it expires; expired rows are taken away by later writes. */

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
import type { EmbeddedContext } from './context.ts';
import type { Database } from './database.ts';

/** Expired rows taken away per write: more than one write adds, few enough never to hold a page up. */
const SWEEP_ROWS = 100;
/** Owner of what has none; no account's name is empty. */
const NOBODY = '';

const EntryRow = z.object({ id: z.string(), value: z.string(), version: z.string(), expires_at: z.number() });

const COLUMNS = 'id, value, version, expires_at';
const ONE = 'kind = ? AND owner = ? AND id = ? AND expires_at > ?';

/** The expiring records of the store. */
export function embeddedEphemeral(context: EmbeddedContext): Ephemeral {
  const { brisk } = context;
  return {
    put: async (ref, content) => brisk.transaction(() => write(context, ref, content)),
    load: async (ref) => select(brisk, ref),
    update: async (ref, update) =>
      brisk.transaction(() => {
        if (select(brisk, ref)?.version !== update.version) return false;
        write(context, ref, update);
        return true;
      }),
    consume: async (ref) => {
      const sql = `DELETE FROM ephemeral WHERE ${ONE} RETURNING ${COLUMNS}`;
      const row = brisk.first(EntryRow, sql, [...nameOf(ref), Date.now()]);
      return row === undefined ? undefined : entryOf(ref.kind, row).value;
    },
    listOf: async (owner, kind) =>
      brisk
        .all(
          EntryRow,
          `SELECT ${COLUMNS} FROM ephemeral WHERE kind = ? AND owner = ? AND expires_at > ? ORDER BY expires_at, id`,
          [kind, owner, Date.now()],
        )
        .map((row) => entryOf(kind, row)),
    endAll: async (owner, kinds) => {
      const words = JSON.stringify(kinds);
      const sql =
        'DELETE FROM ephemeral WHERE owner = ? AND expires_at > ? AND kind IN (SELECT value FROM json_each(?))';
      return brisk.run(sql, [owner, Date.now(), words]);
    },
  };
}

function write<K extends EphemeralKind>(
  { brisk, caps }: EmbeddedContext,
  ref: EphemeralRef<K>,
  { value, expiresAt }: Pick<EphemeralUpdate<K>, 'value' | 'expiresAt'>,
): void {
  const { kind, owner = NOBODY } = ref;
  const now = Date.now();
  const expired = `SELECT rowid FROM ephemeral WHERE expires_at <= ? LIMIT ${SWEEP_ROWS}`;
  brisk.run(`DELETE FROM ephemeral WHERE rowid IN (${expired})`, [now]);
  brisk.run(
    `INSERT INTO ephemeral (kind, owner, id, value, version, expires_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE
      SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`,
    [...nameOf(ref), ephemeralRecords(kind).encode(value, owner), randomUUID(), Math.ceil(expiresAt)],
  );
  if (owner === NOBODY) return;
  // The one just written stays, whenever it expires.
  brisk.run(
    `DELETE FROM ephemeral WHERE rowid IN (
      SELECT rowid FROM ephemeral WHERE kind = ?1 AND owner = ?2 AND id <> ?3
      ORDER BY expires_at DESC LIMIT -1 OFFSET ?4)`,
    [...nameOf(ref), caps.ephemeralPerOwner - 1],
  );
}

function select<K extends EphemeralKind>(brisk: Database, ref: EphemeralRef<K>): EphemeralEntry<K> | undefined {
  const row = brisk.first(EntryRow, `SELECT ${COLUMNS} FROM ephemeral WHERE ${ONE}`, [...nameOf(ref), Date.now()]);
  return row === undefined ? undefined : entryOf(ref.kind, row);
}

function nameOf({ kind, owner = NOBODY, id }: EphemeralRef<EphemeralKind>): readonly [string, string, string] {
  return [kind, owner, id];
}

function entryOf<K extends EphemeralKind>(kind: K, row: z.infer<typeof EntryRow>): EphemeralEntry<K> {
  const { id, value, version, expires_at: expiresAt } = row;
  return { id, value: ephemeralRecords(kind).decode(value, kind), version, expiresAt };
}
