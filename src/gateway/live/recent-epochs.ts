/** Versions of records: which is newer, and which were announced lately. */

import { setBounded } from '#core/bounded-map.ts';
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

function note(map: Map<string, number>, name: string, epoch: number): void {
  setBounded(map, name, Math.max(epoch, map.get(name) ?? 0), MAX_RECENT);
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
