/** The hosts of one backend service: which are up, how busy, in which order to try them. No sockets. */

import { createHash } from 'node:crypto';

export interface HostState {
  readonly host: string;
  up: boolean;
  /** Why it is down. */
  why: string | undefined;
  /** Sessions open there now. */
  active: number;
  /** Failures in a row, for the wait before it is asked again. */
  failures: number;
  /** As probed; undefined until the first probe that succeeded. */
  capabilities: readonly string[] | undefined;
  /** TLS that it only offered has failed: it is spoken to without until then, by performance.now(). */
  plainUntil: number;
}

/** One session's part in how busy a host is. */
export class HostLease {
  readonly #host: HostState;
  #taken = true;

  constructor(host: HostState) {
    this.#host = host;
    host.active += 1;
  }

  /** Later calls do nothing. */
  release(): void {
    if (this.#taken) this.#host.active -= 1;
    this.#taken = false;
  }
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

export class Hosts {
  readonly all: readonly HostState[];
  readonly #balance: 'least-connections' | 'account';

  /** A host counts as up until a connection shows otherwise. */
  constructor(hosts: readonly string[], balance: 'least-connections' | 'account') {
    this.all = hosts.map((host) => ({
      host,
      up: true,
      why: undefined,
      active: 0,
      failures: 0,
      capabilities: undefined,
      plainUntil: 0,
    }));
    this.#balance = balance;
  }

  /** The hosts that are up, best first; empty when the circuit is open for all of them. */
  candidates(account: string): readonly HostState[] {
    const up = this.all.filter((host) => host.up);
    if (up.length < 2) return up;
    if (this.#balance === 'least-connections') return up.toSorted((a, b) => a.active - b.active);
    // Rendezvous hashing: a host that goes away moves only its own accounts.
    const weigh = ({ host }: HostState): string => createHash('sha256').update(`${account}\n${host}`).digest('hex');
    return up.toSorted((a, b) => weigh(b).localeCompare(weigh(a)));
  }

  /** What every host that is up announces, or undefined while none has been probed. */
  get capabilities(): readonly string[] | undefined {
    const lists = this.all.flatMap(({ up, capabilities }) => (up && capabilities !== undefined ? [capabilities] : []));
    return commonTo(lists);
  }

  /** Returns true when this changes the host's state. */
  markUp(host: HostState): boolean {
    const changed = !host.up;
    host.up = true;
    host.why = undefined;
    host.failures = 0;
    return changed;
  }

  /** Returns true when this changes the host's state. */
  markDown(host: HostState, why: string): boolean {
    const changed = host.up;
    host.up = false;
    host.why = why;
    host.failures += 1;
    return changed;
  }
}

/** How long to leave a host alone after this many failures in a row, in ms: 1 s doubling to 30 s. */
export function retryAfterMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1), MAX_RETRY_MS);
}

/** The entries of the first list that stand in all of them, in its order; undefined when there is no list. */
export function commonTo(lists: readonly (readonly string[])[]): readonly string[] | undefined {
  const [first, ...others] = lists;
  return first?.filter((entry) => others.every((list) => list.includes(entry)));
}
