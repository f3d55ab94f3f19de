/** Measures the requests of the application: each is counted once, by its route, when its answer is complete. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceMetrics, TokenFault } from './metrics.ts';
import { BAD_TOKEN, NO_TOKEN, WEAK_TOKEN, type Problem } from './problem.ts';

/** Measures every request of an application. What has been hijacked is its taker's to measure. */
export function measureRequests(app: FastifyInstance, metrics: ServiceMetrics): void {
  app.addHook('onResponse', async (request, reply) => measure(request, reply, metrics));
}

/** Counts one request with the time that it has taken until now. */
export function measure(request: FastifyRequest, reply: FastifyReply, metrics: ServiceMetrics): void {
  const { url } = request.routeOptions;
  metrics.requestAnswered({
    method: url === undefined ? NO_ROUTE : request.method,
    route: url === undefined ? NO_ROUTE : url.replaceAll(/:(\w+)/g, '{$1}'),
    statusClass: `${Math.trunc(reply.raw.statusCode / 100)}xx`,
    seconds: reply.elapsedTime / 1000,
  });
}

/** Counts a problem that is about the token. */
export function measureToken({ code }: Problem, metrics: ServiceMetrics): void {
  const why = TOKEN_FAULTS.get(code);
  if (why !== undefined) metrics.tokenRefused(why);
}

// The method and the path of what is nowhere are the client's, and without bound.
const NO_ROUTE = 'none';

const TOKEN_FAULTS: ReadonlyMap<string, TokenFault> = new Map<string, TokenFault>([
  [NO_TOKEN.code, 'missing'],
  [BAD_TOKEN.code, 'invalid'],
  [WEAK_TOKEN.code, 'insufficient'],
]);
