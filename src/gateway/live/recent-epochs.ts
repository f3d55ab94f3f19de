/** Versions of records: which is newer, and which were announced lately. */

import type { Epochs } from '#core/verdict.ts';

const MAX_RECENT = 10_000;

/** The newest epochs announced lately, so that a login judged just before a change is caught when it is admitted. */
export class RecentEpochs {
  readonly #accounts = new Map<string, number>();
  readonly #domains = new Map<string, number>();

  noteAccount(name: string, epoch: number): void {
    note(this.#accounts, name, epoch);
  }

  noteDomain(name: string, epoch: number): void {
    note(this.#domains, name, epoch);
  }

  get(domain: string, account: string): Epochs {
    return { account: this.#accounts.get(account) ?? 0, domain: this.#domains.get(domain) ?? 0 };
  }
}

// A Map keeps insertion order: the entry that was announced longest ago leaves first.
function note(map: Map<string, number>, name: string, epoch: number): void {
  const newest = Math.max(epoch, map.get(name) ?? 0);
  map.delete(name);
  map.set(name, newest);
  if (map.size <= MAX_RECENT) return;
  for (const first of map.keys()) {
    map.delete(first);
    return;
  }
}

/** True when a judgement from `epochs` may be overtaken by what `than` knows. */
export function isOlder(epochs: Epochs, than: Epochs): boolean {
  return epochs.account < than.account || epochs.domain < than.domain;
}

/** True when these are not the same versions: a failover of the store can also set them back. */
export function isOther(epochs: Epochs, than: Epochs): boolean {
  return epochs.account !== than.account || epochs.domain !== than.domain;
}

export function oldest(a: Epochs, b: Epochs): Epochs {
  return { account: Math.min(a.account, b.account), domain: Math.min(a.domain, b.domain) };
}

export function newest(a: Epochs, b: Epochs): Epochs {
  return { account: Math.max(a.account, b.account), domain: Math.max(a.domain, b.domain) };
}
