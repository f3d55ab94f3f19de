/** The metrics of the policy service in one worker. Neither routes nor askers come from a client, so they are bounded. */

import { Counter, Histogram, type Registry } from 'prom-client';
import { childrenOf } from './metric-readings.ts';

interface RequestLabels {
  readonly method: string;
  readonly route: string;
  readonly statusClass: string;
  readonly seconds: number;
}

const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Adds them to the registries. What it returns fits the service's port for what it counts. */
export function serviceMetrics(registers: Registry[]) {
  const requests = childrenOf(
    new Histogram({
      name: 'postern_service_request_seconds',
      help:
        'Requests that the policy service answered, from their header to the end of the answer (of a stream of ' +
        'changes: to its beginning). route: as in the OpenAPI document, or none; status: 2xx, 4xx or 5xx.',
      labelNames: ['method', 'route', 'status'],
      buckets: REQUEST_BUCKETS,
      registers,
    }),
  );
  const verdicts = childrenOf(
    new Counter({
      name: 'postern_service_verdicts_total',
      help:
        'Verdicts that the policy service gave. asker: nginx, verify, saslauthd or dovecot-policy; verdict: accepted, ' +
        'forward (the asker judges the ordinary password), permitted or delayed (the auth policy server lets the login ' +
        'go on), refused, throttled or unavailable.',
      labelNames: ['asker', 'verdict'],
      registers,
    }),
  );
  const refused = childrenOf(
    new Counter({
      name: 'postern_service_tokens_refused_total',
      help:
        'Requests whose bearer token was not taken: missing, invalid (unknown, expired or revoked) or insufficient ' +
        '(its roles or domains do not cover the request).',
      labelNames: ['reason'],
      registers,
    }),
  );
  // Their zeros, so that the first one is an increase.
  for (const reason of ['missing', 'invalid', 'insufficient']) refused(reason).inc(0);
  return {
    requestAnswered: ({ method, route, statusClass, seconds }: RequestLabels) =>
      requests(method, route, statusClass).observe(seconds),
    verdictAnswered: (asker: string, verdict: string) => verdicts(asker, verdict).inc(),
    tokenRefused: (reason: string) => refused(reason).inc(),
  };
}
