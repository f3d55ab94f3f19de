/** The metrics of the supervisor: which program this is, and how its workers are. */

import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricReadings } from './metric-readings.ts';
import { addProcessMetrics } from './process-metrics.ts';

/** How the workers are at the moment of a reading. */
export interface MeteredWorkers {
  readonly configured: number;
  readonly answering: number;
  /** Workers that were replaced since the start. */
  readonly restarts: number;
}

/** Makes the supervisor's metrics. Returns their reading, for the workers as they are then. */
export function supervisorMetrics(build: {
  readonly version: string;
  readonly runtime: string;
}): (workers: MeteredWorkers) => Promise<MetricReadings> {
  const registry = new Registry();
  registry.setDefaultLabels({ process: 'supervisor' });
  const registers = [registry];
  addProcessMetrics(registry);
  new Gauge({ name: 'postern_build_info', help: 'Always 1.', labelNames: ['version', 'runtime'], registers }).set(
    build,
    1,
  );
  const configured = new Gauge({ name: 'postern_workers_configured', help: 'Workers that should run.', registers });
  const answering = new Gauge({
    name: 'postern_workers_answering',
    help: 'Workers that answered this reading; the metrics of the others are missing in it.',
    registers,
  });
  const restarts = new Counter({
    name: 'postern_worker_restarts_total',
    help: 'Workers that ended by themselves and were replaced; their sessions were lost.',
    registers,
  });
  return async (workers) => {
    configured.set(workers.configured);
    answering.set(workers.answering);
    restarts.reset();
    restarts.inc(workers.restarts);
    return registry.getMetricsAsJSON();
  };
}
