/** Puts the table of routes on the application: token, target, scope, then the row's own work. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { canonicalAccount, canonicalDomain, type Account } from '#core/identity.ts';
import { coversGrantsOf } from '#policy/admins/admins.ts';
import { tokenMay } from '#policy/admins/service-tokens.ts';
import type { TokenRecord } from '#policy/ports/tokens.ts';
import { tokenOf, type RecogniseBearer } from './bearer.ts';
import { once } from './idempotency.ts';
import { openApi } from './openapi.ts';
import { ADMINS_ACCOUNT, ProblemError, WEAK_TOKEN, type Problem } from './problem.ts';
import type { Asked, Route, Targets } from './route.ts';
import { ROUTES } from './routes.ts';
import type { ServiceParts } from './settings.ts';

const ADMIN_ROLES = ['admin', 'help-desk'] as const;
const Params = z.object({ domain: z.string().optional(), account: z.string().optional(), id: z.string().optional() });

/** Adds the API and its document, which needs no token. */
export function addApi(app: FastifyInstance, parts: ServiceParts, bearers: RecogniseBearer): void {
  const document = openApi(ROUTES);
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(document));
  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: (request, reply) => answer(route, { request, reply, parts, bearers }),
    });
  }
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly parts: ServiceParts;
  readonly bearers: RecogniseBearer;
}

async function answer(route: Route, { request, reply, parts, bearers }: Exchange): Promise<FastifyReply> {
  const token = await tokenOf(request.headers.authorization, bearers, route.task);
  const params = Params.parse(request.params);
  const target = targetOf(route, params, parts);
  const domain = typeof target === 'object' ? target.domain : target;
  if (domain !== undefined && !tokenMay(token, route.task, domain)) throw new ProblemError(WEAK_TOKEN);
  if (typeof target === 'object' && route.task !== 'look' && !(await mayTouch(token, target, parts)))
    throw new ProblemError(ADMINS_ACCOUNT);
  const asked = {
    target,
    id: params.id ?? '',
    query: request.query,
    body: request.body ?? {},
    token,
    actor: `token:${token.name}`,
    context: parts.context,
    ifMatch: request.headers['if-match'],
  };
  const { body, etag } = await (route.idempotent ? answerOnce(route, asked, { request, reply }) : route.handle(asked));
  if (etag !== undefined) reply.header('etag', `"${etag}"`);
  reply.status(route.status);
  return route.status === 204 ? reply.send() : reply.type('application/json').send(JSON.stringify(body));
}

// As for admins: the account of one who may do more is not touched.
function mayTouch({ name, roles, domains }: TokenRecord, account: Account, parts: ServiceParts): Promise<boolean> {
  const grants = ADMIN_ROLES.filter((role) => roles.includes(role)).map((role) => ({ name, role, domains }));
  return coversGrantsOf(parts.context, parts.admins, grants, account);
}

async function answerOnce(
  route: Route,
  asked: Asked<unknown, unknown, Targets[keyof Targets]>,
  { request, reply }: Pick<Exchange, 'request' | 'reply'>,
): Promise<{ readonly body: unknown; readonly etag?: string | undefined }> {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return route.handle(asked);
  const place = `${request.method} ${request.url}`;
  const work = async (): Promise<unknown> => (await route.handle(asked)).body;
  const done = await once(asked.context, { key: String(key), tokenId: asked.token.id, place, body: asked.body }, work);
  if (done.replayed) reply.header('idempotency-replayed', 'true');
  return { body: done.body };
}

function targetOf(
  { target }: Route,
  { domain = '', account = '' }: z.output<typeof Params>,
  parts: ServiceParts,
): Targets[keyof Targets] {
  if (target === 'none') return undefined;
  return target === 'domain' ? domainNamed(domain) : accountNamed(account, parts);
}

function domainNamed(typed: string): string {
  const domain = canonicalDomain(typed);
  if (domain === undefined) throw new ProblemError(badName('a domain, like example.org'));
  return domain;
}

function accountNamed(typed: string, { identity }: ServiceParts): Account {
  const found = canonicalAccount(typed, identity);
  if (found.kind === 'refused') throw new ProblemError(badName('an account, like alice@example.org'));
  return found.account;
}

function badName(what: string): Problem {
  return { status: 400, title: 'The path names nothing', code: 'name-malformed', detail: `It must name ${what}.` };
}
