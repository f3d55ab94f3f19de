/** Settings of the mail servers behind the gateway. */

import { z } from 'zod';
import { byProtocol, PROTOCOL_FACTS, PROTOCOLS, type Protocol } from '#core/protocols.ts';
import { ImpersonationSchema } from '#config/backends/all.ts';
import { backendHost, domain, fileName, hostname, label, port, seconds } from './schema-parts.ts';

const ServiceSchema = z.strictObject({
  port: port.optional().meta({
    description: "The port. Default: the protocol's own, as for a listener.",
    examples: [993],
  }),
  tls: z
    .enum(['implicit', 'starttls', 'none'])
    .optional()
    .meta({
      description:
        'As for a listener. The certificate is always verified. `none` needs loopback hosts, or allowPlaintext; submission then begins TLS by itself where the server offers it, with whatever certificate.',
      examples: ['implicit'],
    }),
  impersonation: ImpersonationSchema.optional().describe(
    "How to log in as a user without the user's ordinary password, where it differs from that of the backend.",
  ),
  clientAddress: z
    .enum(['id', 'xclient', 'proxy', 'none'])
    .optional()
    .meta({
      description:
        "How the backend learns the client's address: IMAP ID (`id`), XCLIENT (`xclient`, all but imap), a PROXY " +
        'v2 header (`proxy`), or not (`none`). The backend must trust the gateway for it. Default: `id` for imap, ' +
        '`xclient` with that impersonation, else `none`.',
      examples: ['id'],
    }),
});

function serviceText(protocol: Protocol): string {
  const { label, ports, defaultTls } = PROTOCOL_FACTS[protocol];
  const tls = defaultTls === 'implicit' ? 'implicit TLS' : 'STARTTLS';
  return `${label} at this backend. \`${protocol}: {}\` takes the defaults: port ${ports[defaultTls]}, ${tls}.`;
}

export const BackendSchema = z.strictObject({
  hosts: z
    .array(backendHost)
    .min(1)
    .meta({ description: 'The mail server, or several equal ones.', examples: [['mail.internal.example.org']] }),
  balance: z
    .enum(['least-connections', 'account'])
    .default('least-connections')
    .describe('Which host gets a login: the one with the fewest sessions, or always the same one for an account.'),
  impersonation: ImpersonationSchema.optional().describe(
    "How to log in as a user without the user's ordinary password, on every service that does not say otherwise.",
  ),
  ...byProtocol((protocol) => ServiceSchema.optional().describe(serviceText(protocol))),
  ca_file: fileName.optional().meta({
    description: "PEM file of the CA that signed the hosts' certificates. Default: the CAs of the system.",
    examples: ['/etc/postern/backend-ca.pem'],
  }),
  tlsServerName: hostname.optional().meta({
    description: 'The name expected in the certificates, where it is not the name of the host.',
    examples: ['mail.example.org'],
  }),
  allowPlaintext: z
    .boolean()
    .default(false)
    .describe('Talk to hosts without TLS though they are not loopback: every password crosses that network in clear.'),
  userTemplate: z
    .string()
    .regex(/^(?:[^%\p{C}\s]|%[und])+$/u, 'must be made of %u, %n, %d and plain characters')
    .default('%u')
    .describe(
      'The user name that is sent to the backend: `%u` the whole address, `%n` what is before the @, `%d` the domain. ' +
        'A backend that is not told the domain may serve one domain only.',
    ),
  passwordCheck: z
    .enum(PROTOCOLS)
    .optional()
    .meta({
      description:
        'The service that is asked whether an ordinary password is right when no session is wanted. Default: the one ' +
        'that the client uses, or imap where that one is reached by XCLIENT and judges no passwords.',
      examples: ['imap'],
    }),
  connectTimeoutSeconds: seconds(0.1, 60)
    .default(5)
    .describe('How long a host may take to connect, TLS and its greeting included.'),
  loginTimeoutSeconds: seconds(0.1, 300)
    .default(30)
    .describe('How long a login at the backend may take, all hosts that are tried included.'),
  probeIntervalSeconds: seconds(1, 3600)
    .default(10)
    .describe(
      'Time between health checks of a host that is up. One that is down is asked after a second, then less often.',
    ),
});

export const BackendsSchema = z.record(label.meta({ examples: ['main'] }), BackendSchema);

export const DomainsSchema = z.record(
  domain.meta({ examples: ['example.org'] }),
  z.strictObject({
    backend: label.meta({ description: 'The backend that keeps the mailboxes of this domain.', examples: ['main'] }),
  }),
);
