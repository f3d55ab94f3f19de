/** A key prefix of its own per test on a Redis that tests share, with a door to its raw keys. */

import type { Store } from '#policy/ports/store.ts';
import type { StoreCaps } from '#store/caps.ts';
import { keyPlan } from '#store/keys.ts';
import { openStore, type RedisStoreSettings } from '#store/open.ts';
import type { OpenTampering } from './adapter-contract.ts';

/** Runs one raw command, wherever its key lives. */
export type Command = (name: string, ...args: readonly (string | number)[]) => Promise<unknown>;

/** For what is not about deadlines: a machine with other work may well take seconds for an answer. */
export const PATIENT_MS = 30_000;

let used = 0;

/** A prefix that no test has used before. */
export function freshPrefix(): string {
  used += 1;
  return `t${used}:`;
}

export function settingsFor(
  topology: RedisStoreSettings['topology'],
  more: Partial<RedisStoreSettings> = {},
): RedisStoreSettings {
  return { kind: 'redis', topology, ...more };
}

export function openFreshOn(topology: RedisStoreSettings['topology'], command: Command): OpenTampering {
  return async (caps: Partial<StoreCaps> = {}) => {
    const keyPrefix = freshPrefix();
    const keys = keyPlan(keyPrefix);
    const opened: Store[] = [];
    const another = async (): Promise<Store> => {
      const { sessionTtlSeconds, ...others } = caps;
      const more = { keyPrefix, caps: others, sessionTtlSeconds, commandTimeoutMs: PATIENT_MS };
      const store = await openStore(settingsFor(topology, more));
      opened.push(store);
      return store;
    };
    return {
      store: await another(),
      another,
      tamper: async (kind, name, text) => {
        if (text === null) await command('hdel', keys[kind](name), 'record');
        else await command('hset', keys[kind](name), 'record', text);
      },
      stored: async (kind, name) => String(await command('hget', keys[kind](name), 'record')),
      fill: async (domain, names, text) => {
        for (const batch of batches(names)) {
          await command('zadd', keys.accounts(domain), ...batch.flatMap((name) => [0, name]));
          await Promise.all(batch.map((name) => command('hset', keys.account(name), 'epoch', 1, 'record', text)));
        }
      },
      close: async () => {
        await Promise.all(opened.map((each) => each.close()));
      },
    };
  };
}

function batches(names: readonly string[]): readonly (readonly string[])[] {
  const size = 1000;
  return Array.from({ length: Math.ceil(names.length / size) }, (_, at) => names.slice(at * size, (at + 1) * size));
}
