/** Expiring records in memory: same answers as the real adapters. */

import { randomUUID } from 'node:crypto';

import type {
  Ephemeral,
  EphemeralEntry,
  EphemeralKind,
  EphemeralRef,
  EphemeralUpdate,
} from '#policy/ports/ephemeral.ts';

type Entries = { readonly [K in EphemeralKind]: Map<string, Owned<K>> };
interface Owned<K extends EphemeralKind> extends EphemeralEntry<K> {
  readonly owner: string | undefined;
}

/** Makes the expiring records of a store; `perOwner` of one kind at most. */
export function makeMemoryEphemeral(clock: () => number, perOwner = 100): Ephemeral {
  const entries: Entries = {
    'browser-session': new Map(),
    'one-time-code': new Map(),
    'code-sendings': new Map(),
    'trusted-browser': new Map(),
    'set-up-link': new Map(),
    'passkey-challenge': new Map(),
    'shown-once': new Map(),
    'idempotent-answer': new Map(),
  };
  const of = <K extends EphemeralKind>(kind: K): Map<string, Owned<K>> => entries[kind];

  const find = <K extends EphemeralKind>(ref: EphemeralRef<K>): Owned<K> | undefined => {
    const found = of(ref.kind).get(nameOf(ref));
    return found === undefined || found.expiresAt <= clock() ? undefined : found;
  };

  const owned = <K extends EphemeralKind>(owner: string, kind: K): readonly Owned<K>[] =>
    [...of(kind).values()]
      .filter((each) => each.owner === owner && each.expiresAt > clock())
      .toSorted((a, b) => a.expiresAt - b.expiresAt);

  const write = <K extends EphemeralKind>(
    ref: EphemeralRef<K>,
    { value, expiresAt }: Pick<EphemeralUpdate<K>, 'value' | 'expiresAt'>,
  ): void => {
    const { kind, id, owner } = ref;
    of(kind).set(nameOf(ref), { id, owner, value: structuredClone(value), expiresAt, version: randomUUID() });
    if (owner === undefined) return;
    const others = owned(owner, kind).filter((each) => each.id !== id);
    for (const each of others.slice(0, Math.max(0, others.length + 1 - perOwner))) {
      of(kind).delete(nameOf({ kind, id: each.id, owner }));
    }
  };

  return {
    async put(ref, content) {
      await giveWay();
      write(ref, content);
    },
    async load(ref) {
      await giveWay();
      return entryOf(find(ref));
    },
    async update(ref, update) {
      await giveWay();
      if (find(ref)?.version !== update.version) return false;
      write(ref, update);
      return true;
    },
    async consume(ref) {
      await giveWay();
      const found = find(ref);
      of(ref.kind).delete(nameOf(ref));
      return found?.value;
    },
    async listOf(owner, kind) {
      await giveWay();
      return owned(owner, kind).flatMap((each) => entryOf(each) ?? []);
    },
    async endAll(owner, kinds) {
      await giveWay();
      const ended = kinds.flatMap((kind) => owned(owner, kind).map(({ id }) => ({ kind, id, owner })));
      for (const ref of ended) of(ref.kind).delete(nameOf(ref));
      return ended.length;
    },
  };
}

function nameOf({ owner, id }: EphemeralRef<EphemeralKind>): string {
  return JSON.stringify([owner, id]);
}

function entryOf<K extends EphemeralKind>(found: Owned<K> | undefined): EphemeralEntry<K> | undefined {
  if (found === undefined) return undefined;
  const { id, value, version, expiresAt } = found;
  return { id, value, version, expiresAt };
}

async function giveWay(): Promise<void> {
  await Promise.resolve();
}
