/**
 * The policy service as an HTTP application: who asks, what may be asked, and errors. What is answered is each route's
 * own file. It listens nowhere; that is server.ts.
 */

import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import { isFault } from '#core/fault.ts';
import { namesOneHost } from '#web/one-host.ts';
import { addApi } from './api.ts';
import { addAskers } from './askers.ts';
import { makeBearers, tokenOf } from './bearer.ts';
import { makeChangeStreams } from './changes.ts';
import { measureRequests, measureToken } from './measuring.ts';
import { answerNginx } from './nginx.ts';
import { addJsonBody } from './json-body.ts';
import { NO_SUCH_PLACE, ProblemError, problemOf, sendProblem, type Problem } from './problem.ts';
import type { ServiceParts } from './settings.ts';

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;
const TWO_HOSTS: Problem = { status: 400, title: 'The request names more than one host', code: 'malformed' };
const MAX_BODY_BYTES = 65_536;
const MAX_PATH_CHARACTERS = 400;

/** Makes the application. */
export async function makeService(parts: ServiceParts): Promise<FastifyInstance> {
  const bearers = makeBearers(parts.context);
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => randomBytes(6).toString('hex'),
    routerOptions: { maxParamLength: MAX_PATH_CHARACTERS },
    return503OnClosing: false,
    // What the library refuses by itself passes no hook.
    frameworkErrors: (error, request, reply) => void onError(error, { request, reply: reply.headers(HEADERS), parts }),
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (!namesOneHost(request.raw.rawHeaders)) throw new ProblemError(TWO_HOSTS);
  });
  addJsonBody(app);
  measureRequests(app, parts.metrics);
  app.setNotFoundHandler((request, reply) => sendProblem(reply, NO_SUCH_PLACE, request.id));
  app.setErrorHandler((error, request, reply) => onError(error, { request, reply, parts }));
  app.get('/auth/nginx', async (request, reply) => {
    const token = await tokenOf(request.headers.authorization, bearers, 'verify');
    return reply.headers(await answerNginx(request, token, parts)).send('');
  });
  addApi(app, parts, bearers);
  addAskers(app, parts, bearers);
  const streams = makeChangeStreams(parts, bearers);
  app.get('/v1/changes', (request, reply) => streams.open(request, reply));
  app.addHook('preClose', () => streams.end());
  return app;
}

function onError(
  error: unknown,
  { request, reply, parts }: { request: FastifyRequest; reply: FastifyReply; parts: ServiceParts },
): FastifyReply {
  const problem = problemOf(error);
  measureToken(problem, parts.metrics);
  const fields = { session: request.id, address: request.ip };
  if (problem.status === 500) parts.log.error('fault', { ...fields, error });
  else if (isFault(error, 'STORE_UNAVAILABLE')) parts.log.warn('service.request-refused', { ...fields, error });
  else parts.log.info('service.request-refused', { ...fields, reason: problem.code });
  return sendProblem(reply, problem, request.id);
}
