/**
 * How many connections are taken: in all, per network, and before login. Counted before anything is read, so that a
 * flood costs a descriptor for a moment and no handshake.
 */

import { networkOf } from '../core/network.ts';
import type { LimitSettings } from './settings.ts';

export type Refused = 'max-connections' | 'max-connections-per-network';

export interface Place {
  /** The login is done: from now on only the totals count. */
  readonly authenticated: () => void;
  /** Gives the place back; later calls do nothing. */
  readonly leave: () => void;
}

type Limits = Pick<LimitSettings, 'maxConnections' | 'maxConnectionsPerNetwork' | 'maxUnauthenticated'>;

export class Admissions {
  readonly #limits: Limits;
  readonly #perNetwork = new Map<string, number>();
  /** In the order of arrival, so that the oldest yields first. */
  readonly #unauthenticated = new Set<() => void>();
  #total = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** How many have not logged in. */
  get unauthenticated(): number {
    return this.#unauthenticated.size;
  }

  /**
   * Takes a place for a client. `yieldPlace` is called, once, when this client is the one that has waited longest
   * without logging in while others come: it must close its connection.
   */
  enter(address: string, yieldPlace: () => void): Place | Refused {
    const network = networkOf(address);
    const ofNetwork = this.#perNetwork.get(network) ?? 0;
    if (this.#total >= this.#limits.maxConnections) return 'max-connections';
    if (ofNetwork >= this.#limits.maxConnectionsPerNetwork) return 'max-connections-per-network';
    if (this.#unauthenticated.size >= this.#limits.maxUnauthenticated) this.#oldestYields();

    this.#total += 1;
    this.#perNetwork.set(network, ofNetwork + 1);
    this.#unauthenticated.add(yieldPlace);
    let present = true;
    return {
      authenticated: () => void this.#unauthenticated.delete(yieldPlace),
      leave: () => {
        if (present) this.#leave(network, yieldPlace);
        present = false;
      },
    };
  }

  #oldestYields(): void {
    for (const yieldPlace of this.#unauthenticated) {
      this.#unauthenticated.delete(yieldPlace);
      yieldPlace();
      return;
    }
  }

  #leave(network: string, yieldPlace: () => void): void {
    this.#total -= 1;
    this.#unauthenticated.delete(yieldPlace);
    const left = (this.#perNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.#perNetwork.delete(network);
    else this.#perNetwork.set(network, left);
  }
}
