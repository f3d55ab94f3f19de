/** What is measured: pieces of work that each side does in turn, and the figures that come of it. */

import { cpuOf, type Side, type SideName } from '../sides/side.ts';
import type { World } from '../world.ts';

/** One measured figure. Less is better for all of them. */
export interface Reading {
  readonly figure: string;
  readonly unit: string;
  readonly value: number;
  /** Taken from the clock: true only on a machine that does nothing else. */
  readonly wallClock?: true | undefined;
}

export interface Outcome {
  readonly readings: readonly Reading[];
  readonly errors: number;
  /** CPU seconds of the load itself. */
  readonly loadCpuSeconds: number;
}

export interface Work {
  /** `logins`, `transfers` …: what --only names. */
  readonly group: string;
  readonly name: string;
  readonly sides: readonly SideName[];
  /** It takes so long, or fills so much, that at most two rounds are made of it. */
  readonly heavy?: true | undefined;
  /** Each side is started anew for it, and logs in so often first: what earlier work has left behind would count. */
  readonly fresh?: { readonly warmUp: number } | undefined;
  /** More processes than usual (a worker per core, one backend), for sessions that would not have descriptors otherwise. */
  readonly processes?: { readonly workers: number; readonly backends: number } | undefined;
  run(side: Side, world: World): Promise<Outcome>;
}

export interface Scale {
  /** Logins of every side before anything is counted. */
  readonly warmUp: number;
  readonly logins: number;
  readonly transferBytes: number;
  readonly transferSessions: readonly number[];
  readonly idle: readonly number[];
  readonly many: number;
  readonly storm: number;
  readonly storeSizes: readonly number[];
}

export interface Counted {
  readonly cpuSeconds: number;
  readonly loadCpuSeconds: number;
  readonly wallSeconds: number;
}

/** Runs a piece of work and counts what the side, its share of Redis, and the load have used for it. */
export async function counted(side: Side, world: World, work: () => Promise<unknown>): Promise<Counted> {
  const [before, load, startedAt] = [cpuOf(side, world), process.cpuUsage(), performance.now()];
  await work();
  const wallSeconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(load);
  return { cpuSeconds: cpuOf(side, world) - before, loadCpuSeconds: (user + system) / 1e6, wallSeconds };
}
