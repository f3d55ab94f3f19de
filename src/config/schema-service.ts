/** Settings of the policy service, which programs ask: its listeners, and where nginx finds the mail servers. */

import { z } from 'zod';
import { fileName, label, listenAddress, port } from './schema-parts.ts';

const ServiceListenerSchema = z.strictObject({
  address: listenAddress.default('127.0.0.1').describe('The address to listen on.'),
  port: port.default(8143).describe('The port.'),
  tls: z
    .enum(['none', 'implicit'])
    .default('none')
    .describe('`implicit`: HTTPS with the certificates of `tls`. `none`: HTTP, only on a loopback address.'),
  clientCa_file: fileName.optional().meta({
    description:
      'PEM file of the CA that signs the certificates of permitted clients. With it nobody gets to send a token who ' +
      'shows no certificate of this CA. Needs `tls: implicit`.',
    examples: ['/etc/postern/clients-ca.pem'],
  }),
});

const NginxPlaceSchema = z.strictObject({
  address: listenAddress.default('127.0.0.1').describe('The address of the mail server, as nginx reaches it.'),
  port: port.meta({
    description: 'Its port. nginx speaks no TLS to mail servers: loopback, or a network of your own.',
    examples: [143],
  }),
});

const NginxBackendSchema = z.strictObject({
  imap: NginxPlaceSchema.optional().describe('Where its IMAP is.'),
  pop3: NginxPlaceSchema.optional().describe('Where its POP3 is.'),
  submission: NginxPlaceSchema.optional().describe('Where its submission is.'),
});

export const ServiceSchema = z.strictObject({
  listen: z
    .array(ServiceListenerSchema)
    .default([])
    .describe('Where programs connect. Without any there is no policy service, or it is elsewhere.'),
  nginx: z
    .record(label.meta({ examples: ['main'] }), NginxBackendSchema)
    .default({})
    .describe(
      "Where nginx's mail proxy is sent to, for each backend by its name. It logs in there by the backend's `impersonation`.",
    ),
});
