/**
 * Keeps one process per core running: starts the workers, replaces one that dies, passes signals on, drains. It holds
 * no socket and no session, so that nothing a client sends can reach it.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Fault } from '../core/fault.ts';
import type { Log } from '../ops/log.ts';

export interface SupervisorOptions {
  readonly workers: number;
  /** Starts worker number `index` with an IPC channel; it sends a WorkerMessage when it is ready or cannot be. */
  readonly spawn: (index: number) => ChildProcess;
  readonly log: Log;
  /** After SIGTERM a worker has this long, beyond its own drain, before it is killed. */
  readonly killAfterMs: number;
}

/** What a worker tells its supervisor. */
export type WorkerMessage = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly message: string };

const FIRST_RESTART_MS = 50;
const MAX_RESTART_MS = 5_000;
/** A worker that lived this long was healthy: its successor starts at once. */
const HEALTHY_MS = 10_000;

interface Slot {
  readonly index: number;
  child: ChildProcess;
  startedAt: number;
  failures: number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: Slot[] = [];
  #restarts = 0;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Starts all workers and resolves when each is ready. Rejects, with all of them ended, when one cannot start. */
  async start(): Promise<void> {
    const { workers, spawn } = this.#options;
    for (let index = 0; index < workers; index += 1) {
      this.#slots.push({ index, child: spawn(index), startedAt: performance.now(), failures: 0 });
    }
    try {
      await Promise.all(this.#slots.map(({ child }) => ready(child)));
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const slot of this.#slots) this.#keep(slot);
  }

  /** The workers as they are now, for who wants to ask them something. */
  get workers(): readonly { readonly index: number; readonly child: ChildProcess }[] {
    return this.#slots;
  }

  /** How many workers ended by themselves and were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Passes a signal to every worker. */
  signal(name: NodeJS.Signals): void {
    for (const { child } of this.#slots) child.kill(name);
  }

  /** Drains and ends all workers; kills those that do not end in time. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#slots.map(({ child }) => this.#end(child)));
  }

  async #end(child: ChildProcess): Promise<void> {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.killAfterMs);
    await ended;
    clearTimeout(timer);
  }

  #keep(slot: Slot): void {
    const { log } = this.#options;
    log.info('worker.started', { worker: slot.index, pid: slot.child.pid });
    const onExit = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
      if (this.#stopping) return;
      const fields = { worker: slot.index, exitCode: exitCode ?? undefined, signal: signal ?? undefined };
      log.error('worker.ended', fields);
      slot.failures = performance.now() - slot.startedAt > HEALTHY_MS ? 0 : slot.failures + 1;
      const waitMs = slot.failures === 0 ? 0 : Math.min(FIRST_RESTART_MS * 2 ** (slot.failures - 1), MAX_RESTART_MS);
      setTimeout(() => this.#restart(slot), waitMs);
    };
    if (hasEnded(slot.child)) onExit(slot.child.exitCode, slot.child.signalCode);
    else slot.child.once('exit', onExit);
  }

  #restart(slot: Slot): void {
    if (this.#stopping) return;
    this.#restarts += 1;
    slot.child = this.#options.spawn(slot.index);
    slot.startedAt = performance.now();
    this.#keep(slot);
  }
}

async function ready(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      if (!isWorkerMessage(message)) return;
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'failed') reject(new Fault('CONFIG_INVALID', message.message));
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Fault('CONFIG_INVALID', `a worker ended with code ${code} while starting`)),
    );
  });
}

function isWorkerMessage(message: unknown): message is WorkerMessage {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
