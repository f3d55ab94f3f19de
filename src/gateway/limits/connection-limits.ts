/**
 * How many connections are taken: in all, per network, and before login. Counted before anything is read, so that a
 * flood costs a descriptor for a moment and no handshake.
 */

import { networkOf } from '#core/network.ts';
import type { LimitSettings } from '#gateway/ports/settings.ts';

export type Refused = 'max-connections' | 'max-connections-per-network';

type Limits = Pick<LimitSettings, 'maxConnections' | 'maxConnectionsPerNetwork' | 'maxUnauthenticated'>;

export class ConnectionLimits {
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
  enter(address: string, yieldSlot: () => void): ConnectionSlot | Refused {
    const network = networkOf(address);
    const ofNetwork = this.#perNetwork.get(network) ?? 0;
    if (this.#total >= this.#limits.maxConnections) return 'max-connections';
    if (ofNetwork >= this.#limits.maxConnectionsPerNetwork) return 'max-connections-per-network';
    if (this.#unauthenticated.size >= this.#limits.maxUnauthenticated) this.#oldestYields();

    this.#total += 1;
    this.#perNetwork.set(network, ofNetwork + 1);
    this.#unauthenticated.add(yieldSlot);
    return new ConnectionSlot(this, network, yieldSlot);
  }

  /** The holder of a place has logged in: from now on only the totals count. Places say so themselves. */
  forget(yieldSlot: () => void): void {
    this.#unauthenticated.delete(yieldSlot);
  }

  /** A place of this network is free again. Places say so themselves. */
  giveBack(network: string): void {
    this.#total -= 1;
    const left = (this.#perNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.#perNetwork.delete(network);
    else this.#perNetwork.set(network, left);
  }

  #oldestYields(): void {
    for (const yieldSlot of this.#unauthenticated) {
      this.#unauthenticated.delete(yieldSlot);
      yieldSlot();
      return;
    }
  }
}

/** Kept for as long as the client is connected, by thousands of them. */
export class ConnectionSlot {
  readonly #connectionLimits: ConnectionLimits;
  readonly #network: string;
  #yieldSlot: (() => void) | undefined;
  #present = true;

  constructor(connectionLimits: ConnectionLimits, network: string, yieldSlot: () => void) {
    this.#connectionLimits = connectionLimits;
    this.#network = network;
    this.#yieldSlot = yieldSlot;
  }

  /** The login is done: from now on only the totals count. */
  authenticated(): void {
    if (this.#yieldSlot !== undefined) this.#connectionLimits.forget(this.#yieldSlot);
    this.#yieldSlot = undefined;
  }

  /** Gives the place back; later calls do nothing. */
  leave(): void {
    this.authenticated();
    if (this.#present) this.#connectionLimits.giveBack(this.#network);
    this.#present = false;
  }
}
