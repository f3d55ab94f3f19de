/** Medians, quantiles, and when two of them may be compared. */

/** What one figure came to over the rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The value below which this share of them lies (nearest rank); 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Median, least and most of one figure. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

/**
 * How many times as much the first is as the second. Undefined when one of them varies by more than they differ, or was
 * measured only once: such a ratio would be chance.
 */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): number | undefined {
  if (ours.length < 2 || theirs.length < 2) return undefined;
  const [a, b] = [spreadOf(ours), spreadOf(theirs)];
  const widest = Math.max(a.most - a.least, b.most - b.least);
  if (b.median <= 0 || Math.abs(a.median - b.median) <= widest) return undefined;
  return a.median / b.median;
}
