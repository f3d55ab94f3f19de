/**
 * The way to Redis with a deadline on it. A call that meets a short interruption waits for its end; one that meets an
 * outage fails with STORE_UNAVAILABLE, at the latest after the deadline, and at once when the outage is older than that.
 */

import { Cluster } from 'ioredis';
import { Fault } from '#core/fault.ts';
import { endClient, type RedisClient } from './clients.ts';
import { startDeadline } from './deadline.ts';
import type { Script } from './scripts.ts';

/** Sends one command. What is sent in one tick to one server travels together. */
export type Send = (command: string, ...args: readonly (string | number)[]) => Promise<unknown>;

export class Link {
  readonly client: RedisClient;
  readonly deadlineMs: number;
  /** Keys are spread over several servers, and a script may touch only those of one slot. */
  readonly clustered: boolean;
  readonly #send: Send;
  /** Resolves while connected; rejects when the connection has been missing for the deadline. */
  #connected: Promise<void> = Promise.resolve();
  /** Ends the waiting for a connection; undefined while there is one. */
  #reconnected: (() => void) | undefined;
  #lastError = 'none';

  /** Takes the client over: close() ends it. */
  constructor(client: RedisClient, deadlineMs: number) {
    this.client = client;
    this.deadlineMs = deadlineMs;
    this.clustered = client instanceof Cluster;
    this.#send = (command, ...args) => client.call(command, ...args);
    this.#disconnected();
    client.on('ready', () => this.#reconnected?.());
    client.on('close', () => this.#disconnected());
    client.on('error', (error: Error) => (this.#lastError = withoutArguments(error.message)));
    client.on('node error', (error: Error) => (this.#lastError = withoutArguments(error.message)));
  }

  /**
   * Runs commands as soon as there is a connection, and returns what `work` makes of the replies. Whatever the client
   * rejects with becomes a Fault: STORE_UNAVAILABLE, or RECORD_INVALID for a key of an unknown type. Past the deadline
   * `work` cannot send any more, so that what was reported as failed does not happen later.
   */
  async run<T>(work: (send: Send) => Promise<T>, deadlineMs = this.deadlineMs): Promise<T> {
    const deadline = startDeadline(deadlineMs, `no answer within ${deadlineMs} ms`);
    try {
      const send: Send = (...command) => (deadline.over() ? deadline.reached : this.#send(...command));
      return await Promise.race([this.#connected.then(() => work(send)), deadline.reached]);
    } catch (error) {
      throw this.faultOf(error);
    } finally {
      deadline.cancel();
    }
  }

  /** The Fault that this error of the client is: STORE_UNAVAILABLE, or RECORD_INVALID for a key of an unknown type. */
  faultOf(error: unknown): Fault {
    return toFault(error, this.#lastError);
  }

  /** Resolves when connected, or at the deadline when not. */
  async settled(): Promise<void> {
    await this.run(() => Promise.resolve()).catch(() => undefined);
  }

  /** Ends the connection. Calls under way and later ones fail. */
  async close(): Promise<void> {
    this.#disconnected();
    await endClient(this.client, this.deadlineMs);
  }

  #disconnected(): void {
    if (this.#reconnected !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = startDeadline(this.deadlineMs, 'not connected', 'idle');
    this.#connected = Promise.race([promise, deadline.reached]);
    this.#connected.catch(() => undefined); // nobody may be waiting
    this.#reconnected = () => {
      deadline.cancel();
      resolve();
      this.#connected = promise;
      this.#reconnected = undefined;
      this.#lastError = 'none';
    };
  }
}

/** Runs a script by its digest; its text travels only where the server does not have it yet. */
export async function runScript(
  send: Send,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await send('evalsha', script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return send('eval', script.text, keys.length, ...keys, ...args);
  }
}

// The client's own error is not kept as the cause: it carries the command with all its arguments.
function toFault(error: unknown, lastError: string): Fault {
  if (error instanceof Fault) return error;
  const reason = error instanceof Error ? withoutArguments(error.message) : 'unknown';
  if (reason.includes('WRONGTYPE')) {
    return new Fault('RECORD_INVALID', 'a key of the store holds another type than this release writes');
  }
  return new Fault('STORE_UNAVAILABLE', `Redis: ${reason} (last connection error: ${lastError})`, {
    fields: { reason, lastError },
  });
}

// "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' …": the rest may be a password.
function withoutArguments(message: string): string {
  return message.split(', with args')[0] ?? '';
}
