/**
 * How many connections are taken: in all, of each network, and of those that have said nothing that counts yet (a login,
 * a request). Counted before anything is read, so that a flood costs a descriptor for a moment and no handshake. Where it
 * is full, the network that holds the most silent ones makes room for a new one, with its oldest.
 */

import { networkOf } from '#core/network.ts';

export type Refused = 'max-connections' | 'max-connections-per-network';

export interface Limits {
  readonly maxConnections: number;
  readonly maxConnectionsPerNetwork: number;
  /** Silent connections at one time. */
  readonly maxUnauthenticated: number;
}

/** What one network holds. Its silent connections are in the order of arrival. */
interface Share {
  total: number;
  readonly silent: Set<ConnectionSlot>;
}

export class ConnectionLimits {
  readonly #limits: Limits;
  readonly #shares = new Map<string, Share>();
  #total = 0;
  #silent = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** How many have not logged in. */
  get unauthenticated(): number {
    return this.#silent;
  }

  /**
   * Takes a slot for a client. `yieldSlot` is called, once, when this client makes room for another: its slot is given
   * back already, and it must close its connection.
   */
  enter(address: string, yieldSlot: () => void): ConnectionSlot | Refused {
    const { maxConnections, maxConnectionsPerNetwork, maxUnauthenticated } = this.#limits;
    const network = networkOf(address);
    const share = this.#shares.get(network);
    if (share !== undefined && share.total >= maxConnectionsPerNetwork && !oldestYields(share))
      return 'max-connections-per-network';
    if (this.#total >= maxConnections && !oldestYields(this.#greediest())) return 'max-connections';
    if (this.#silent >= maxUnauthenticated) oldestYields(this.#greediest());
    const slot = new ConnectionSlot(this, network, yieldSlot);
    this.#total += 1;
    this.#shareOf(network).total += 1;
    this.silent(slot, network);
    return slot;
  }

  /** The holder of a slot has said nothing that counts, or nothing since. Slots say so themselves. */
  silent(slot: ConnectionSlot, network: string): void {
    this.#silent += 1;
    this.#shareOf(network).silent.add(slot);
  }

  /** The holder of a slot makes room for nobody from now on. Slots say so themselves. */
  kept(slot: ConnectionSlot, network: string): void {
    if (this.#shares.get(network)?.silent.delete(slot) === true) this.#silent -= 1;
  }

  /** A slot of this network is free again. Slots say so themselves. */
  giveBack(network: string): void {
    this.#total -= 1;
    const share = this.#shareOf(network);
    share.total -= 1;
    if (share.total === 0) this.#shares.delete(network);
  }

  #shareOf(network: string): Share {
    const share = this.#shares.get(network) ?? { total: 0, silent: new Set() };
    this.#shares.set(network, share);
    return share;
  }

  // Looked for only where it is full, among no more networks than there are connections.
  #greediest(): Share | undefined {
    let greediest: Share | undefined;
    for (const share of this.#shares.values()) {
      if (share.silent.size > (greediest?.silent.size ?? 0)) greediest = share;
    }
    return greediest;
  }
}

function oldestYields(share: Share | undefined): boolean {
  for (const slot of share?.silent ?? []) {
    slot.yield();
    return true;
  }
  return false;
}

/** Kept for as long as the client is connected, by thousands of them. */
export class ConnectionSlot {
  readonly #limits: ConnectionLimits;
  readonly #network: string;
  readonly #yieldSlot: () => void;
  #state: 'silent' | 'kept' | 'left' = 'silent';

  constructor(limits: ConnectionLimits, network: string, yieldSlot: () => void) {
    this.#limits = limits;
    this.#network = network;
    this.#yieldSlot = yieldSlot;
  }

  get left(): boolean {
    return this.#state === 'left';
  }

  /** The login is done, or a request has arrived: this one makes room for nobody. */
  keep(): void {
    if (this.#state !== 'silent') return;
    this.#state = 'kept';
    this.#limits.kept(this, this.#network);
  }

  /** The answer is given: it may make room again, as the youngest of its network. */
  rest(): void {
    if (this.#state !== 'kept') return;
    this.#state = 'silent';
    this.#limits.silent(this, this.#network);
  }

  /** Makes room for another one. */
  yield(): void {
    this.leave();
    this.#yieldSlot();
  }

  /** Gives the slot back; later calls do nothing. */
  leave(): void {
    if (this.#state === 'left') return;
    this.keep();
    this.#state = 'left';
    this.#limits.giveBack(this.#network);
  }
}
