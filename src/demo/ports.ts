/** The demo's listeners: which protocol stands on which port of which loopback address, and whether it is free. */

import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Fault } from '#core/fault.ts';

export interface DemoListener {
  readonly name: string;
  readonly protocol: 'imap' | 'pop3' | 'submission';
  readonly tls: 'implicit' | 'starttls';
  readonly port: number;
}

const STANDARD: readonly DemoListener[] = [
  { name: 'imaps', protocol: 'imap', tls: 'implicit', port: 993 },
  { name: 'imap', protocol: 'imap', tls: 'starttls', port: 143 },
  { name: 'pop3s', protocol: 'pop3', tls: 'implicit', port: 995 },
  { name: 'pop3', protocol: 'pop3', tls: 'starttls', port: 110 },
  { name: 'submissions', protocol: 'submission', tls: 'implicit', port: 465 },
  { name: 'submission', protocol: 'submission', tls: 'starttls', port: 587 },
];

/** The listeners with `portBase` added to their standard ports. */
export function demoListeners(portBase: number): readonly DemoListener[] {
  return STANDARD.map((listener) => ({ ...listener, port: listener.port + portBase }));
}

/** The portal's port: `portBase` and HTTPS's own. */
export function demoPortalPort(portBase: number): number {
  return portBase + 443;
}

/** The loopback addresses of this machine; not every one speaks IPv6. */
export function loopbackAddresses(): readonly string[] {
  const present = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return ['127.0.0.1', ...(present.some(({ address }) => address === '::1') ? ['::1'] : [])];
}

/** Throws a Fault that says what to do when one of the ports cannot be listened on. */
export async function requireFreePorts(ports: readonly number[], addresses: readonly string[]): Promise<void> {
  for (const port of ports) {
    for (const address of addresses) {
      const code = await tryPort(port, address);
      if (code !== undefined) throw new Fault('NOT_ALLOWED', explain(port, code));
    }
  }
}

function tryPort(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ port, host: address }, () => server.close(() => resolve(undefined)));
  });
}

function explain(port: number, code: string): string {
  const other = 'or choose others with npm start -- --port-base <number>';
  if (code === 'EADDRINUSE') return `port ${port} is taken: end what uses it (another demo?), ${other}`;
  if (code === 'EACCES') return `port ${port} needs root: start as root, ${other}`;
  return `port ${port} cannot be used (${code}): ${other}`;
}
