/** One side of the comparison: everything that runs in front of the same backend so that mail apps can log in. */

import { cpuSecondsOf, pssKbOf } from '../measure/processes.ts';

export const PROTOCOLS = ['imap', 'pop3', 'submission'] as const;
export type MailProtocol = (typeof PROTOCOLS)[number];

export type SideName =
  | 'direct'
  | 'postern'
  | 'ungated'
  | 'bare'
  | 'nginx'
  | 'nginx 64k'
  | 'haproxy'
  | 'dovecot'
  | 'perdition';

/** Where clients connect to. */
export interface Target {
  readonly name: SideName;
  /** Its loopback ports; a protocol that is missing is one that it does not serve. `direct` alone speaks no TLS. */
  readonly ports: Readonly<Partial<Record<MailProtocol, number>>>;
  readonly tls: boolean;
}

/** A side that runs and listens. */
export interface Side extends Target {
  /** What it is, for the page: program, version, what it does not do. */
  readonly about: string;
  /** All of it is machine code from the start: nothing gets faster by being run. */
  readonly compiled: boolean;
  /** A login costs it so much that a tenth of them shows as much, and takes long enough. */
  readonly slow?: true | undefined;
  /** Every process that it keeps running, by its topmost ones, the Redis aside. */
  readonly roots: readonly number[];
  stop(): Promise<void>;
}

/** What a side stands before and beside. */
export interface Surroundings {
  readonly directory: string;
  readonly certificate: { readonly certFile: string; readonly keyFile: string };
  readonly caFile: string;
  /** The same ports at every host. Where there are several, each takes its share of the sessions. */
  readonly backend: { readonly hosts: readonly string[]; readonly ports: Readonly<Record<MailProtocol, number>> };
  readonly redis: { readonly port: number; readonly pid: number };
  readonly keysFile: string;
  /** How many workers, processes or threads a side is to have. */
  readonly cores: number;
}

/** The backend takes any user through its master user, as a Dovecot does. */
export const MASTER = { user: 'gateway', password: 'master-password', separator: '*' } as const;

/**
 * CPU seconds of a side so far, with all that Redis has used. Sides are measured in turn, so what Redis uses in a turn is
 * that side's share of it.
 */
export function cpuOf(side: Side, { redis }: Surroundings): number {
  return cpuSecondsOf([...side.roots, redis.pid]);
}

/** Memory of all processes of a side in kB, Redis aside. */
export function memoryKbOf(side: Side): number {
  return pssKbOf(side.roots);
}
