/**
 * Joins what lets an operator watch a gateway: metrics and health of each worker, and the endpoint in the supervisor
 * that asks for them. Without the setting `metrics` none of it is loaded.
 */

import packageJson from '../../package.json' with { type: 'json' };
import { withTimeout } from '#async/timers.ts';
import type { Settings } from '#config/settings.ts';
import type { Gateway } from '#gateway/gateway.ts';
import { unreadGatewayMetrics, type GatewayMetrics } from '#ops/gateway-metrics.ts';
import type { Supervisor } from '#supervisor/supervisor.ts';
import { healthOf, workerProblems, type Problem, type StoreAnswer } from '#ops/health.ts';
import { HealthServer } from '#ops/health-server.ts';
import type { Log } from '#ops/log.ts';
import { answerQuestions, askWorkers } from '#ops/worker-questions.ts';
import type { Store } from '#policy/ports/store.ts';
import { unreadServiceMetrics, type ServiceMetrics } from '#service/metrics.ts';
import { timedStore } from '#store/timed-store.ts';

/** A worker's part. */
export interface MonitoredWorker {
  readonly metrics: GatewayMetrics;
  readonly serviceMetrics: ServiceMetrics;
  /** The store, with its operations measured. */
  readonly store: Store;
  /** From now on the supervisor's questions are answered. */
  answerFor(gateway: Pick<Gateway, 'state'>): void;
}

// A store that takes longer than this is of no use to a client either.
const STORE_WAIT_MS = 1_000;
const WORKER_WAIT_MS = 2_000;
const PORT_RETRY_MS = 1_000;

/** Makes a worker's part: meters for its gateway and its policy service, and a measured store. */
export async function monitorWorker(settings: Settings, worker: number, store: Store): Promise<MonitoredWorker> {
  if (settings.metrics === undefined) {
    return { metrics: unreadGatewayMetrics(), serviceMetrics: unreadServiceMetrics(), store, answerFor: () => {} };
  }
  const { workerMetrics } = await import('#ops/metrics.ts');
  let watched: Pick<Gateway, 'state'> | undefined;
  const measured = workerMetrics(worker, () => watched?.state);
  return {
    metrics: measured.metrics,
    serviceMetrics: measured.serviceMetrics,
    store: timedStore(store, measured.storeAnswered),
    answerFor: (gateway) => {
      watched = gateway;
      answerQuestions({
        metrics: () => measured.read(),
        health: async () => workerProblems(gateway.state, await storeAnswer(store), Date.now()),
      });
    },
  };
}

/** Opens the endpoint, which asks the supervisor's workers. Returns what closes it. */
export async function openEndpoint(settings: Settings, supervisor: Supervisor, log: Log): Promise<() => void> {
  if (settings.metrics === undefined) return () => {};
  const { supervisorMetrics } = await import('#ops/supervisor-metrics.ts');
  const { isMetricReadings, metricsText } = await import('#ops/metric-readings.ts');
  const readSupervisor = supervisorMetrics({ version: packageJson.version, runtime: runtimeName() });
  const server = new HealthServer({
    ...settings.metrics,
    log,
    retryMs: PORT_RETRY_MS,
    metrics: async () => {
      const answers = await askWorkers(supervisor.workers, 'metrics', WORKER_WAIT_MS);
      const readings = answers.map(({ answer }) => answer).filter((answer) => isMetricReadings(answer));
      const { restarts, workers } = supervisor;
      const own = await readSupervisor({ configured: workers.length, answering: readings.length, restarts });
      return metricsText([own, ...readings]);
    },
    ready: async () => {
      const answers = await askWorkers(supervisor.workers, 'health', WORKER_WAIT_MS);
      return healthOf(
        answers.map(({ worker, answer }) => ({ worker, problems: isProblems(answer) ? answer : undefined })),
      );
    },
    alive: async () => {
      const answers = await askWorkers(supervisor.workers, 'metrics', WORKER_WAIT_MS);
      return answers.some(({ answer }) => answer !== undefined);
    },
  });
  server.open();
  return () => server.close();
}

/** The program that runs this, e.g. `bun 1.4.5`. */
export function runtimeName(): string {
  const { bun, node } = process.versions;
  return bun === undefined ? `node ${node}` : `bun ${bun}`;
}

async function storeAnswer(store: Store): Promise<StoreAnswer> {
  return withTimeout(STORE_WAIT_MS, store.check(), () => undefined);
}

function isProblems(answer: unknown): answer is readonly Problem[] {
  return Array.isArray(answer) && answer.every((one) => typeof one === 'object' && one !== null && 'words' in one);
}
