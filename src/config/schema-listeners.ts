/** Settings of the side that clients see: listeners and certificates. */

import { z } from 'zod';
import { PROTOCOL_FACTS, PROTOCOLS, type Protocol } from '#core/protocols.ts';
import { cidr, domain, fileName, label, listenAddress, port } from './schema-parts.ts';

function portsText(protocol: Protocol): string {
  const { implicit, starttls } = PROTOCOL_FACTS[protocol].ports;
  return `${implicit === starttls ? implicit : `${implicit} or ${starttls}`} for ${protocol}`;
}

export const ListenerSchema = z.strictObject({
  name: label.optional().meta({
    description: 'Its name in the log. Default: protocol and port, like imap-993.',
    examples: ['imaps'],
  }),
  protocol: z.enum(PROTOCOLS).meta({
    description: 'What is spoken: imap, pop3, submission (SMTP for mail programs) or sieve (ManageSieve).',
    examples: ['imap'],
  }),
  address: listenAddress
    .default('::')
    .describe('The address to listen on. `::` is every address of the machine, IPv4 as well.'),
  port: port.optional().meta({
    description: `The port. Default: the protocol's own, ${PROTOCOLS.map((protocol) => portsText(protocol)).join(', ')}.`,
    examples: [993],
  }),
  tls: z
    .enum(['implicit', 'starttls', 'none'])
    .optional()
    .meta({
      description:
        'TLS from the first byte (`implicit`), after the command STARTTLS or STLS (`starttls`), or not at all (`none`, ' +
        'only on a loopback address). Default: `implicit`, but `starttls` for sieve.',
      examples: ['implicit'],
    }),
  plaintextLogin: z
    .boolean()
    .default(false)
    .describe('Take passwords without TLS. Only on a loopback address, for a webmail on the same machine.'),
  proxyProtocolFrom: z
    .array(cidr)
    .default([])
    .describe(
      'Load balancers, as CIDR blocks. Connections from them must begin with a PROXY protocol header (v1 or v2); ' +
        'connections from elsewhere must not.',
    ),
  defaultDomain: domain.optional().meta({
    description: 'Added to a user name that has no domain. Without it such names are refused.',
    examples: ['example.org'],
  }),
});

export const CertificateSchema = z.strictObject({
  cert_file: fileName.meta({
    description: 'PEM file with the certificate and its chain.',
    examples: ['/etc/postern/tls/fullchain.pem'],
  }),
  key_file: fileName.meta({
    description: 'PEM file with the private key. Nobody but Postern should be able to read it.',
    examples: ['/etc/postern/tls/privkey.pem'],
  }),
});

export const TlsSchema = z.strictObject({
  certificates: z
    .array(CertificateSchema)
    .default([])
    .describe(
      'The certificates. The first one is the default, the others are chosen by the name that the client asks for ' +
        '(SNI). They are read again on SIGHUP.',
    ),
  minVersion: z
    .enum(['TLSv1.2', 'TLSv1.3'])
    .default('TLSv1.2')
    .describe('The oldest version of TLS that clients may speak. Older ones than 1.2 cannot be turned on.'),
});
