/** What `npm run bench -- …` may be told. */

import { parseArgs } from 'node:util';
import type { Scale } from './works/work.ts';

export interface Options {
  /** Groups of works; empty: all. */
  readonly only: readonly string[];
  /** Sides; empty: all. */
  readonly sides: readonly string[];
  readonly rounds: number;
  readonly scale: Scale;
  readonly quick: boolean;
  /** Print every figure as JSON and write no page. */
  readonly json: boolean;
  /** Leave docs/benchmarks.md as it is. */
  readonly page: boolean;
}

const MB = 1024 * 1024;
const FULL: Scale = {
  warmUp: 20_000,
  logins: 1000,
  transferBytes: 25 * MB,
  transferSessions: [1, 4, 8],
  idle: [1000, 5000, 10_000],
  many: 50_000,
  storm: 10_000,
  storeSizes: [1000, 100_000, 1_000_000],
};
const QUICK: Scale = {
  ...FULL,
  warmUp: 4000,
  logins: 400,
  transferSessions: [4],
  idle: [1000],
  many: 3000,
  storm: 1000,
  storeSizes: [1000, 100_000],
};

export const USAGE = `usage: npm run bench -- [options]

  --only <groups>   logins, transfers, roundtrip, idle, storm, beside, store; several with commas.
                    many (50,000 sessions, minutes each) and gate (submission with and
                    without it) only when they are named
  --sides <names>   postern, ungated, bare, nginx, "nginx 64k", haproxy, dovecot, perdition, direct
  --rounds <n>      how often each work is done by each side, in turn; default 3, with --quick 2
  --warm-up <n>     logins of every side that compiles while it runs, before anything is counted; default 20000
  --quick           fewer logins and sessions
  --no-page         print the table, leave docs/benchmarks.md as it is
  --json            print all figures as JSON, leave docs/benchmarks.md as it is
`;

/** Reads the command line; throws with a sentence when it cannot be understood. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      sides: { type: 'string', default: '' },
      rounds: { type: 'string' },
      'warm-up': { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'no-page': { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number from 1');
  const scale = values.quick ? QUICK : FULL;
  const warmUp = Number(values['warm-up'] ?? scale.warmUp);
  if (!Number.isInteger(warmUp) || warmUp < 0) throw new Error('--warm-up must be a whole number');
  const words = (text: string): readonly string[] => text.split(',').filter((word) => word !== '');
  return {
    only: words(values.only),
    sides: words(values.sides),
    rounds,
    scale: { ...scale, warmUp },
    quick: values.quick,
    json: values.json,
    page: !values.json && !values['no-page'],
  };
}
