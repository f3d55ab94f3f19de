/**
 * The addresses at which mail programs look for their settings. They ask under the names of the mail domains, without
 * cookies and for anybody's address: so these answers are outside the table of routes, the same for every host and for
 * every address, and say nothing that is not in the DNS as well.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { autoconfig, autodiscover, autodiscoverAddress, autodiscoverFault } from './autoconfig.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';

const AUTOCONFIG = ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml'] as const;
const AUTODISCOVER = '/autodiscover/autodiscover.xml';
/** An hour: a change of servers is rare, and a mail program asks once. */
const CACHED = 'public, max-age=3600';

/** Adds them. */
export async function addClientSettings(app: FastifyInstance, { settings, context }: PortalParts): Promise<void> {
  const about = { servers: settings.mailServers, service: context.issuer, host: new URL(settings.url).hostname };
  await app.register(async (scope) => {
    scope.addContentTypeParser(
      ['text/xml', 'application/xml'],
      { parseAs: 'string' },
      async (_request: FastifyRequest, body: string) => body,
    );
    for (const path of AUTOCONFIG) {
      scope.get(path, async (request, reply) => sendXml(reply, autoconfig(addressIn(request), about)));
    }
    scope.post(AUTODISCOVER, async (request, reply) => {
      const address = typeof request.body === 'string' ? autodiscoverAddress(request.body) : undefined;
      if (address === undefined) return sendXml(reply, autodiscoverFault(context.clock()));
      return sendXml(reply, autodiscover(address, settings.mailServers));
    });
  });
}

/** Outlook writes its path in any case; every other path of ours has one form. */
export function rewrittenUrl(url: string): string {
  const [path = ''] = url.split('?');
  return path.toLowerCase() === AUTODISCOVER ? AUTODISCOVER : url;
}

function sendXml(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/xml; charset=utf-8').header('cache-control', CACHED).send(text);
}

function addressIn(request: FastifyRequest): string {
  const { searchParams } = new URL(request.url, 'http://portal.invalid');
  return (searchParams.get('emailaddress') ?? '').slice(0, 320);
}
