/**
 * Keeps this worker's sessions on the live list of the store. The list informs people: a session neither waits for it
 * nor ends with it. What a worker that dies leaves there expires by itself; what an outage took from it is written again.
 * Who came and left is written together, a few times a second: one command for all of them, and one thing at a time.
 */

import { isFault } from '#core/fault.ts';
import type { Log } from '#ops/log.ts';
import type { LiveStore } from '#gateway/ports/gatekeeper.ts';
import type { SessionRecord } from '#core/session.ts';

export interface LiveListOptions {
  readonly store: Pick<LiveStore, 'touchSessions' | 'closeSessions'>;
  readonly log: Log;
}

export class LiveList {
  readonly #options: LiveListOptions;
  readonly #records = new Map<string, SessionRecord>();
  /** Those of them that have not been written yet. */
  readonly #arrived = new Set<string>();
  /** Written, and gone since. */
  #left: SessionRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  #heartbeatDue = false;
  #writing: Promise<void> | undefined;

  constructor(options: LiveListOptions) {
    this.#options = options;
  }

  open(record: SessionRecord): void {
    this.#records.set(record.id, record);
    this.#arrived.add(record.id);
    this.#writeSoon();
  }

  /** Takes a session off, behind whatever is still on its way to list it. */
  close(record: SessionRecord): void {
    this.#records.delete(record.id);
    if (this.#arrived.delete(record.id)) return;
    this.#left.push(record);
    this.#writeSoon();
  }

  /**
   * Writes all sessions again, so that they do not expire: the heartbeat. Ends early when the store is out of reach, and
   * joins an earlier one that is still under way.
   */
  async touch(): Promise<void> {
    this.#heartbeatDue = true;
    while (this.#heartbeatDue) await this.#write();
  }

  /** Writes what waits to be written, and waits until it is. */
  async settled(): Promise<void> {
    while (this.#arrived.size > 0 || this.#left.length > 0 || this.#writing !== undefined) await this.#write();
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => void this.#write(), WRITE_AFTER_MS);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#arrived.size > 0 || this.#left.length > 0) this.#writeSoon();
    });
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const ids = this.#heartbeatDue ? [...this.#records.keys()] : [...this.#arrived];
    this.#heartbeatDue = false;
    this.#arrived.clear();
    const left = this.#left;
    this.#left = [];
    // What cannot be listed is listed by the next heartbeat; what cannot be taken off expires.
    if (await this.#touchAll(ids)) await this.#closeAll(left);
  }

  async #touchAll(ids: readonly string[]): Promise<boolean> {
    for (let at = 0; at < ids.length; at += BATCH) {
      // Not as they were at the beginning: one that has left since would be listed again.
      const present = ids.slice(at, at + BATCH).flatMap((id) => this.#records.get(id) ?? []);
      if (present.length > 0 && !(await this.#reached(this.#options.store.touchSessions(present)))) return false;
    }
    return true;
  }

  async #closeAll(left: readonly SessionRecord[]): Promise<void> {
    for (let at = 0; at < left.length; at += BATCH) {
      if (!(await this.#reached(this.#options.store.closeSessions(left.slice(at, at + BATCH))))) return;
    }
  }

  // Never rejects. What the store holds of one account may be broken: that is no reason to let the others expire.
  async #reached(work: Promise<void>): Promise<boolean> {
    try {
      await work;
    } catch (error) {
      if (isFault(error, 'STORE_UNAVAILABLE')) return false;
      this.#options.log.error('fault', { error });
    }
    return true;
  }
}

const BATCH = 500;
const WRITE_AFTER_MS = 50;
