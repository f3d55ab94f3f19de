/**
 * The DNS records by which mail programs find the servers of a domain, in the form of a zone file: SRV for each protocol
 * (RFC 6186 §3, RFC 8314 §5.1, RFC 5804 §1.8), Thunderbird's autoconfig and Outlook's autodiscover.
 */

import { PROTOCOL_FACTS, PROTOCOLS } from '#core/protocols.ts';
import type { MailServer } from '#portal/ports/portal-services.ts';

const SERVICES = PROTOCOLS.flatMap((protocol) =>
  (['implicit', 'starttls'] as const).flatMap((tls) => {
    const name = PROTOCOL_FACTS[protocol].srv[tls];
    return name === undefined ? [] : [{ name, protocol, tls }];
  }),
);

/** The lines for this domain. `portal` is the portal's address. */
export function dnsRecords(domain: string, servers: readonly MailServer[], portal: URL): readonly string[] {
  const services = SERVICES.map(({ name, protocol, tls }) => {
    const server = servers.find((one) => one.protocol === protocol && one.tls === tls);
    // "." says that there is no such service (RFC 6186 §3.4), so that no program goes on looking.
    const target = server === undefined ? '0 0 0 .' : `0 1 ${server.port} ${server.host}.`;
    return `${name}._tcp.${domain}. IN SRV ${target}`;
  });
  return [
    ...services,
    `_autodiscover._tcp.${domain}. IN SRV 0 1 ${portal.port === '' ? '443' : portal.port} ${portal.hostname}.`,
    `autoconfig.${domain}. IN CNAME ${portal.hostname}.`,
  ];
}
