/** Readings of metrics on their way from one process to another, and the text that Prometheus reads. */

import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

/** A registry's content at one moment, fit to be sent to another process. */
export type MetricReadings = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The readings of several processes as one text. Their series differ in the label `process`. */
export async function metricsText(readings: readonly MetricReadings[]): Promise<string> {
  return AggregatorRegistry.aggregate(readings.map((reading) => [...reading])).metrics();
}

/** True for what a worker may have sent as its readings. */
export function isMetricReadings(value: unknown): value is MetricReadings {
  return (
    Array.isArray(value) && value.every((metric) => typeof metric === 'object' && metric !== null && 'values' in metric)
  );
}

/**
 * Finds a metric's child by the values of its labels, in their order, and keeps it: prom-client alone would hash the
 * labels at every use.
 */
export function childrenOf<T>(metric: { labels(...values: string[]): T }): (...values: string[]) => T {
  const children = new Map<string, T>();
  return (...values) => {
    const key = values.join('\n');
    const known = children.get(key);
    if (known !== undefined) return known;
    const child = metric.labels(...values);
    children.set(key, child);
    return child;
  };
}
