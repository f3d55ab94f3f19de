/**
 * Keeps this worker's sessions on the live list of the store. The list informs people: a session neither waits for it
 * nor ends with it. What a worker that dies leaves there expires by itself; what an outage took from it is written again.
 */

import { isFault } from '../core/fault.ts';
import type { Log } from '../ops/log.ts';
import type { LiveSession, LiveStore } from './settings.ts';

export interface LiveListOptions {
  readonly store: Pick<LiveStore, 'openSession' | 'touchSessions' | 'closeSession'>;
  readonly log: Log;
}

export class LiveList {
  readonly #options: LiveListOptions;
  readonly #records = new Map<string, LiveSession>();
  /** Logins that the store has not answered for. */
  readonly #opening = new Map<string, Promise<boolean>>();
  /** Writes that have not been answered. */
  readonly #writes = new Set<Promise<boolean>>();
  #touching: Promise<void> | undefined;

  constructor(options: LiveListOptions) {
    this.#options = options;
  }

  open(record: LiveSession): void {
    this.#records.set(record.id, record);
    const opening = this.#write(this.#options.store.openSession(record));
    this.#opening.set(record.id, opening);
    void opening.then(() => this.#opening.delete(record.id));
  }

  /** Takes a session off; behind whatever is still on its way to list it, for a Cluster keeps no order between these. */
  close(record: LiveSession): void {
    this.#records.delete(record.id);
    void this.#write(this.#closeInTurn(record));
  }

  async #closeInTurn(record: LiveSession): Promise<void> {
    await this.#opening.get(record.id);
    await this.#touching;
    await this.#options.store.closeSession(record);
  }

  /**
   * Writes all sessions again, so that they do not expire: the heartbeat. Ends early when the store is out of reach, and
   * joins an earlier one that is still under way.
   */
  async touch(): Promise<void> {
    this.#touching ??= this.#touchAll().finally(() => (this.#touching = undefined));
    await this.#touching;
  }

  async #touchAll(): Promise<void> {
    const ids = [...this.#records.keys()];
    for (let at = 0; at < ids.length; at += BATCH) {
      // Not as they were at the beginning: one that has left since would be listed again.
      const present = ids.slice(at, at + BATCH).flatMap((id) => this.#records.get(id) ?? []);
      if (present.length > 0 && !(await this.#write(this.#options.store.touchSessions(present)))) break;
    }
  }

  /** Waits until all that was written has been answered. */
  async settled(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  // Resolves to whether it was written. Never rejects.
  async #write(work: Promise<void>): Promise<boolean> {
    const write = work.then(
      () => true,
      (error: unknown) => {
        if (!isFault(error, 'STORE_UNAVAILABLE')) this.#options.log.error('fault', { error });
        return false;
      },
    );
    this.#writes.add(write);
    const written = await write;
    this.#writes.delete(write);
    return written;
  }
}

const BATCH = 500;
