/**
 * The stream of changes: one subscription on its own connection, replaced whenever it breaks. Redis forgets what it
 * published while we were away, so every replacement is reported as a gap.
 */

import type { Redis } from 'ioredis';
import { Fault } from '#core/fault.ts';
import type { Watcher } from '#policy/ports/store.ts';
import { deliverChange } from '#store/records.ts';
import { endClient } from './clients.ts';

export interface ChangeSource {
  /** Makes an unconnected client that will not reconnect by itself. */
  readonly client: () => Redis;
  readonly channel: string;
  readonly deadlineMs: number;
}

// A silent connection may be a dead one: ask, and the socket's own deadline ends it when there is no answer.
const HEARTBEAT_DEADLINES = 2;
const RETRY_MS = 100;

/** Resolves once subscribed; throws STORE_UNAVAILABLE when that fails. From then on it reconnects for ever. */
export async function watchChanges(source: ChangeSource, watcher: Watcher): Promise<{ stop(): Promise<void> }> {
  const subscription = new Subscription(source, watcher);
  try {
    await subscription.connect();
  } catch (error) {
    await subscription.stop();
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new Fault('STORE_UNAVAILABLE', `Redis: cannot subscribe to changes: ${reason}`, { fields: { reason } });
  }
  return subscription;
}

class Subscription {
  readonly #source: ChangeSource;
  readonly #watcher: Watcher;
  #state: 'first' | 'watching' | 'stopped' = 'first';
  #client: Redis | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: ChangeSource, watcher: Watcher) {
    this.#source = source;
    this.#watcher = watcher;
  }

  async connect(): Promise<void> {
    const client = this.#source.client();
    this.#client = client;
    client.on('error', () => undefined); // an error always ends the client, and the end is what we act on
    client.on('message', (_channel: string, text: string) => this.#deliver(text));
    client.once('end', () => this.#ended());
    await client.connect();
    await client.subscribe(this.#source.channel);
    this.#subscribed(client);
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    if (this.#client !== undefined) await endClient(this.#client, this.#source.deadlineMs);
  }

  #subscribed(client: Redis): void {
    if (this.#state === 'watching') this.#watcher.onGap();
    if (this.#state === 'first') this.#state = 'watching';
    this.#timer = setInterval(() => void client.ping().catch(() => undefined), this.#heartbeatMs());
  }

  #ended(): void {
    clearTimeout(this.#timer);
    if (this.#state !== 'watching') return;
    // What goes wrong while connecting ends that client, which brings us back here.
    this.#timer = setTimeout(() => void this.connect().catch(() => undefined), RETRY_MS);
  }

  #deliver(text: string): void {
    if (!deliverChange(text, this.#watcher)) this.#watcher.onGap();
  }

  #heartbeatMs(): number {
    return HEARTBEAT_DEADLINES * this.#source.deadlineMs;
  }
}
