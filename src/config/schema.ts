/**
 * Every setting, once: its type, its default, its limits and the sentence that the manual, the example and the editors'
 * schema print. Reading files and checking settings against each other is not done here.
 */

import { z } from 'zod';
import { BackendsSchema, DomainsSchema } from './schema-backends.ts';
import { LimitsSchema, PolicySchema } from './schema-limits.ts';
import { ListenerSchema, TlsSchema } from './schema-listeners.ts';
import { MailSchema } from './schema-mail.ts';
import { fileName, hostname, label, listenAddress, port } from './schema-parts.ts';
import { PortalSchema } from './schema-portal.ts';
import { ServiceSchema } from './schema-service.ts';
import { StoreSchema } from './schema-store.ts';

const IdentitySchema = z.strictObject({
  localPart: z
    .enum(['lowercase', 'as-is'])
    .default('lowercase')
    .describe('Whether Alice@example.org and alice@example.org are one account. `as-is` keeps them apart.'),
  subaddressDelimiter: z
    .string()
    .regex(/^[^\p{L}\p{N}\s\p{C}@.]?$/u, 'must be one sign, or empty')
    .default('+')
    .describe(
      "From this sign on the local part is dropped: alice+news@example.org is alice's account. Empty: nothing is.",
    ),
});

export const ConfigSchema = z.strictObject({
  hostname: hostname.meta({
    description: 'The name of this gateway as mail programs know it, for greetings.',
    examples: ['mail.example.org'],
  }),
  gatewayName: label.optional().meta({
    description: 'Tells several gateways apart in the list of sessions. Default: the host name.',
    examples: ['gateway-1'],
  }),
  workers: z
    .union([z.literal('auto'), z.int().min(1).max(256)])
    .default('auto')
    .describe('Processes that share the work. `auto`: one for each core.'),
  listeners: z.array(ListenerSchema).describe('Where mail programs connect. `[]` where only the policy service runs.'),
  tls: TlsSchema.prefault({}).describe('TLS towards mail programs.'),
  backends: BackendsSchema.describe('The mail servers behind the gateway, by a name of your choice.'),
  domains: DomainsSchema.default({}).describe(
    'The mail domains and their backends. If the backend takes several domains for one mailbox, name only one of them ' +
      'here: two-step authentication is kept for each address, and the other one would be a way around it.',
  ),
  defaultBackend: label.optional().meta({
    description:
      'The backend of every domain not named above. Without it their users cannot log in. Not for a backend that ' +
      'ignores the domain of a user name: there, any other domain would be a way around two-step authentication.',
    examples: ['main'],
  }),
  identity: IdentitySchema.prefault({}).describe('When two user names mean one account.'),
  mechanisms: z
    .array(z.enum(['PLAIN', 'LOGIN']))
    .min(1)
    .default(['PLAIN', 'LOGIN'])
    .describe('SASL mechanisms offered to mail programs. Outlook needs LOGIN.'),
  store: StoreSchema.prefault({ kind: 'embedded' }).describe(
    'Where policies, app passwords, counters and the list of sessions are kept.',
  ),
  keys_file: fileName
    .default('/etc/postern/keys')
    .describe(
      'The master keys, made by `postern key new`. Without them the store is of no use: keep a copy apart from it.',
    ),
  policy: PolicySchema.prefault({}).describe('Rules for logins.'),
  portal: PortalSchema.prefault({}).describe('Where users manage two-step authentication.'),
  service: ServiceSchema.prefault({}).describe(
    'The policy service: an HTTP API for programs, and for other proxies and mail servers that ask whom to let in.',
  ),
  mail: MailSchema.optional().describe(
    'The relay for codes and notices. Without it no codes by email can be chosen, and nobody is told of changes.',
  ),
  limits: LimitsSchema.prefault({}).describe('Bounds on connections and waits.'),
  metrics: z
    .strictObject({
      address: listenAddress
        .default('127.0.0.1')
        .describe('The address to listen on. Who reaches it needs no password: loopback, or a network of your own.'),
      port: port.default(9464).describe('The port.'),
    })
    .optional()
    .describe(
      'Metrics for Prometheus at `/metrics`; `/healthz` and `/readyz` say how the gateway is. `metrics: {}` turns them on.',
    ),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe(
          'The least important events that are still written. `debug` adds the steps of each dialogue before its login, by ' +
            'verb and reply code; no level writes what a client sent.',
        ),
    })
    .prefault({})
    .describe('The log: JSON lines on standard output.'),
});

/** A configuration file whose values are each right by themselves, defaults filled in. */
export type Config = z.output<typeof ConfigSchema>;
