/** The routes by which mail servers and their helpers ask for a verdict; nginx's is in app.ts. All need a verifier's token. */

import type { FastifyInstance } from 'fastify';
import { tokenOf, type RecogniseBearer } from './bearer.ts';
import { answerDovecotPolicy, PolicyCommand } from './dovecot-policy.ts';
import { answerSaslauthd } from './saslauthd.ts';
import type { ServiceParts } from './settings.ts';
import { answerVerify } from './verify-json.ts';

/** Adds the routes. */
export function addAskers(app: FastifyInstance, parts: ServiceParts, bearers: RecogniseBearer): void {
  app.post('/auth/verify', async ({ id, headers, body }) => {
    const grant = await tokenOf(headers.authorization, bearers, 'verify');
    return answerVerify(body, { grant, sessionId: id }, parts);
  });

  app.post('/auth/policy', async ({ id, headers, body, query }) => {
    const grant = await tokenOf(headers.authorization, bearers, 'verify');
    const { command } = PolicyCommand.parse(query);
    return answerDovecotPolicy(body, { command, grant, sessionId: id }, parts);
  });

  app.register(async (forms) => {
    forms.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    forms.post('/auth/saslauthd', async ({ id, body }, reply) => {
      const form = body instanceof URLSearchParams ? body : new URLSearchParams();
      const token = form.get('token');
      const grant = await tokenOf(token === null ? undefined : `Bearer ${token}`, bearers, 'verify');
      const { status, phrase } = await answerSaslauthd(form, { grant, sessionId: id }, parts);
      reply.raw.statusMessage = phrase;
      return reply.status(status).send('');
    });
  });
}
