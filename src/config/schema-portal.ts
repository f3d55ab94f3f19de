/** Settings of the web site where users manage two-step authentication. */

import { z } from 'zod';
import { byProtocol, PROTOCOL_FACTS } from '#core/protocols.ts';
import { AdminsSchema } from './schema-mail.ts';
import { cidr, hostname, httpUrl, listenAddress, port } from './schema-parts.ts';

const PortalListenerSchema = z.strictObject({
  address: listenAddress
    .default('::')
    .describe('The address to listen on. `::` is every address of the machine, IPv4 as well.'),
  port: port.default(443).describe('The port.'),
  tls: z
    .enum(['implicit', 'none'])
    .default('implicit')
    .describe(
      '`implicit`: HTTPS with the certificates of `tls`. `none`: HTTP, behind a reverse proxy that speaks HTTPS, on a ' +
        'loopback address or with `trustedProxies`.',
    ),
});

const MailServerSchema = z.strictObject({
  host: hostname.optional().meta({
    description: 'The name that mail programs connect to. Default: `hostname`.',
    examples: ['imap.example.org'],
  }),
  port: port.optional().meta({
    description: "The port. Default: the listener's; where `tls` is given, the protocol's own.",
    examples: [993],
  }),
  tls: z
    .enum(['implicit', 'starttls'])
    .optional()
    .meta({ description: "How TLS begins there. Default: the listener's.", examples: ['implicit'] }),
});

export const PortalSchema = z.strictObject({
  url: httpUrl.optional().meta({
    description:
      'The address of the portal as browsers see it. Told to users whose mail program needs an app password or whose ' +
      'account needs enrolment.',
    examples: ['https://mail.example.org/account'],
  }),
  listen: z
    .array(PortalListenerSchema)
    .default([])
    .describe('Where browsers, or a reverse proxy, connect. Without any there is no portal, or it is elsewhere.'),
  trustedProxies: z
    .array(cidr)
    .default([])
    .describe(
      "Reverse proxies, as CIDR blocks. Their X-Forwarded-For is taken for the browser's address, and they must pass " +
        'the Host header on.',
    ),
  mailServers: z
    .strictObject(byProtocol((protocol) => MailServerSchema.optional().describe(`${PROTOCOL_FACTS[protocol].label}.`)))
    .prefault({})
    .describe(
      'What users, mail programs and DNS are told to connect to, for each protocol. Needed where that is not what ' +
        '`listeners` says: behind a load balancer, or with another name.',
    ),
  admins: AdminsSchema.default([]).describe(
    'Who may manage domains on the web, beside those named by `postern admin grant`.',
  ),
});
