/** The gateway's configuration in the demo. docs/configuration.md describes every setting. */

import { basename } from 'node:path';
import { stringify } from 'yaml';
import { ALICE, DEMO_DOMAINS, DEMO_SENDER } from './accounts.ts';
import { MASTER_USER } from './files.ts';
import type { DemoFiles } from './files.ts';
import type { MailPorts } from '#demo/mail/settings.ts';
import type { DemoListener } from './ports.ts';

export interface DemoNetwork {
  readonly listeners: readonly DemoListener[];
  /** The loopback addresses that each listener stands on. */
  readonly addresses: readonly string[];
  readonly portalPort: number;
  readonly mailPorts: MailPorts;
}

const HEAD = `# The gateway of the demo. Written anew by every "npm start": change a copy of it.
`;

/** The YAML text of the configuration file; its relative names start at the demo's folder. */
export function demoConfiguration(
  files: DemoFiles,
  { listeners, addresses, portalPort, mailPorts }: DemoNetwork,
): string {
  const { certificate, key } = files.certificates;
  const service = (port: number): object => ({ port, tls: 'none' });
  const settings = {
    hostname: 'localhost',
    gatewayName: 'demo',
    workers: 2,
    listeners: listeners.flatMap(({ name, protocol, tls, port }) =>
      addresses.map((address) => ({ name: nameAt(name, address), protocol, address, port, tls })),
    ),
    portal: {
      url: portalUrl(portalPort),
      listen: addresses.map((address) => ({ address, port: portalPort, tls: 'implicit' })),
      admins: [{ account: ALICE.address, domains: Object.keys(DEMO_DOMAINS) }],
    },
    mail: {
      host: '127.0.0.1',
      port: mailPorts.submission,
      tls: 'none',
      user: `${DEMO_SENDER}*${MASTER_USER}`,
      password_file: basename(files.masterPassword),
      from: DEMO_SENDER,
    },
    policy: { issuer: 'Postern demo' },
    tls: { certificates: [{ cert_file: certificate, key_file: key }] },
    backends: {
      demo: {
        hosts: ['127.0.0.1'],
        impersonation: { kind: 'master-user', user: MASTER_USER, password_file: basename(files.masterPassword) },
        imap: service(mailPorts.imap),
        pop3: service(mailPorts.pop3),
        submission: service(mailPorts.submission),
      },
    },
    defaultBackend: 'demo',
    store: { kind: 'embedded', path: basename(files.store) },
    keys_file: basename(files.keys),
    // Ctrl-C should not wait for an idle mail program for long.
    limits: { drainSeconds: 3 },
  };
  return HEAD + stringify(settings);
}

/** The portal's address, as a browser on this machine has to open it. */
export function portalUrl(port: number): string {
  return `https://localhost:${port}`;
}

function nameAt(name: string, address: string): string {
  return address === '::1' ? `${name}-v6` : name;
}
