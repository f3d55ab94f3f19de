/**
 * Keeps one process per core running: starts the workers, replaces one that dies, passes signals on, drains. It holds
 * no socket and no session, so that nothing a client sends can reach it.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Fault, type FaultCode } from '#core/fault.ts';
import type { Log } from '#ops/log.ts';

export interface SupervisorOptions {
  readonly workers: number;
  /** Starts worker number `index` with an IPC channel; it sends a WorkerMessage when it is ready or cannot be. */
  readonly spawn: (index: number) => ChildProcess;
  readonly log: Log;
  /** After SIGTERM a worker has this long, beyond its own drain, before it is killed. */
  readonly killAfterMs: number;
  /** A worker that is not ready so long after its start is killed. */
  readonly readyWithinMs: number;
}

/** What a worker tells its supervisor. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  /** Without a code: nobody foresaw it. */
  | { readonly kind: 'failed'; readonly code: FaultCode | undefined; readonly message: string };

/** Tells a draining worker to end now. A second SIGTERM would not do: init systems send theirs to every process. */
export const FORCE_SIGNAL = 'SIGUSR2';

const HURRIED_KILL_MS = 2_000;
const FIRST_RESTART_MS = 50;
const MAX_RESTART_MS = 5_000;
/** A worker that lived this long was healthy: its successor starts at once. */
const HEALTHY_MS = 10_000;
const NOW = AbortSignal.abort();

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

  /**
   * Starts all workers and resolves when each is ready. Rejects, with all of them ended, when one cannot start. When
   * stop() is called meanwhile, it resolves.
   */
  async start(): Promise<void> {
    if (this.#stopping) return;
    const { workers, spawn } = this.#options;
    for (let index = 0; index < workers; index += 1) {
      this.#slots.push({ index, child: spawn(index), startedAt: performance.now(), failures: 0 });
    }
    try {
      await Promise.all(this.#slots.map((slot) => this.#ready(slot.child)));
    } catch (error) {
      if (this.#stopping) return;
      await this.stop(NOW);
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

  /** Drains and ends all workers, without a drain once `hurry` fires; kills those that do not end in time. */
  async stop(force?: AbortSignal): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#slots.map(({ child }) => this.#end(child, force)));
  }

  async #end(child: ChildProcess, force: AbortSignal | undefined): Promise<void> {
    if (child.pid === undefined || hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    let timer = setTimeout(() => child.kill('SIGKILL'), this.#options.killAfterMs);
    const onHurry = (): void => {
      child.kill(FORCE_SIGNAL);
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), HURRIED_KILL_MS);
    };
    if (force?.aborted === true) onHurry();
    force?.addEventListener('abort', onHurry);
    await ended;
    force?.removeEventListener('abort', onHurry);
    clearTimeout(timer);
  }

  #keep(slot: Slot): void {
    const { log } = this.#options;
    log.info('worker.started', { worker: slot.index, pid: slot.child.pid });
    const onExit = (exitCode: number | null, signal: NodeJS.Signals | null, error?: Error): void => {
      if (this.#stopping) return;
      const fields = { worker: slot.index, exitCode: exitCode ?? undefined, signal: signal ?? undefined, error };
      log.error('worker.ended', fields);
      slot.failures = performance.now() - slot.startedAt > HEALTHY_MS ? 0 : slot.failures + 1;
      const waitMs = slot.failures === 0 ? 0 : Math.min(FIRST_RESTART_MS * 2 ** (slot.failures - 1), MAX_RESTART_MS);
      setTimeout(() => this.#restart(slot), waitMs);
    };
    // A process that could not be made has no pid and will never exit: too many of them, no memory, no file.
    slot.child.on('error', (error) => {
      if (slot.child.pid === undefined) onExit(null, null, error);
    });
    if (hasEnded(slot.child)) onExit(slot.child.exitCode, slot.child.signalCode);
    else slot.child.once('exit', onExit);
  }

  #restart(slot: Slot): void {
    if (this.#stopping) return;
    this.#restarts += 1;
    slot.child = this.#options.spawn(slot.index);
    slot.startedAt = performance.now();
    this.#keep(slot);
    const { child, index } = slot;
    this.#ready(child).catch((error: unknown) => {
      if (this.#stopping) return;
      this.#options.log.error('worker.start-failed', { worker: index, error });
      child.kill('SIGKILL'); // it may be alive and never get ready
    });
  }

  // Rejects when it ends before, says that it cannot start, or takes too long.
  async #ready(child: ChildProcess): Promise<void> {
    const { readyWithinMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const late = `a worker was not ready within ${readyWithinMs / 1_000} s of its start`;
        timer = setTimeout(() => reject(new Fault('DEADLINE', late)), readyWithinMs);
        child.on('message', (message) => {
          if (!isWorkerMessage(message)) return;
          if (message.kind === 'ready') resolve();
          else if (message.kind === 'failed') reject(startFault(message));
        });
        child.once('error', reject);
        child.once('exit', (code, signal) => {
          const how = signal === null ? `with code ${code}` : `by ${signal}`;
          reject(new Fault('DEADLINE', `a worker ended ${how} before it was ready`));
        });
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

function startFault({ code, message }: Extract<WorkerMessage, { kind: 'failed' }>): Error {
  if (code !== undefined) return new Fault(code, message);
  const error = new Error(`a worker cannot start: ${message}`);
  delete error.stack; // the place that failed is in another process
  return error;
}

function isWorkerMessage(message: unknown): message is WorkerMessage {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
