/** The budgets: what Postern's figure may be at most, as a share of another side's in the same run. */

import type { SideName } from './sides/side.ts';

export interface Goal {
  readonly work: RegExp;
  readonly figure: string;
  readonly against: SideName;
  readonly atMost: number;
}

/** A figure of Postern's that is to stay as it is while something grows. */
export interface Growth {
  /** One work for each size, the least first. */
  readonly works: RegExp;
  readonly figure: string;
}

/** The figure of the greatest size, as a share of that of the least. */
export const GROWTH_AT_MOST = 1.1;
export const GROWTH: readonly Growth[] = [
  { works: /idle sessions$/, figure: 'memory' },
  { works: /idle sessions$/, figure: 'memory after 200 KB' },
  { works: /, beside/, figure: 'CPU' },
  { works: /, among/, figure: 'CPU' },
  { works: /, among/, figure: 'CPU of Redis' },
];

const nginx = { against: 'nginx' } as const;

export const GOALS: readonly Goal[] = [
  { work: /^IMAP login, fresh TLS, (16|100) /, figure: 'CPU', ...nginx, atMost: 0.55 },
  { work: /^IMAP login, resumed TLS, (16|100) /, figure: 'CPU', ...nginx, atMost: 0.55 },
  { work: /^IMAP login, fresh TLS, 1 /, figure: 'p50', ...nginx, atMost: 0.1 },
  { work: /^IMAP login, fresh TLS, 16 /, figure: 'p50', ...nginx, atMost: 0.4 },
  { work: /^IMAP login, fresh TLS, 100 /, figure: 'p99', ...nginx, atMost: 0.8 },
  { work: /^FETCH .* 4 sessions/, figure: 'CPU', ...nginx, atMost: 0.35 },
  { work: /^FETCH .* 4 sessions/, figure: 'CPU', against: 'nginx 64k', atMost: 0.65 },
  { work: /^APPEND .* 4 sessions/, figure: 'CPU', ...nginx, atMost: 0.6 },
  { work: /^10000 idle/, figure: 'memory', ...nginx, atMost: 0.5 },
  { work: /^10000 idle/, figure: 'memory', against: 'haproxy', atMost: 1 },
  { work: /^10000 idle/, figure: 'memory after 200 KB', ...nginx, atMost: 1.2 },
  { work: /^NOOP/, figure: 'p50', ...nginx, atMost: 1 },
  { work: /^10000 reconnect/, figure: 'all in', ...nginx, atMost: 0.7 },
];
