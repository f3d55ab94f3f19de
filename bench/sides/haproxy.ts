/** HAProxy, TLS termination in TCP mode: what relaying bytes costs when nobody looks at the login. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, listening, runOk, start } from '../../test/support/processes.ts';
import { PROTOCOLS, type Side, type Surroundings } from './side.ts';

/** Starts it with a thread per core. */
export async function startHaproxy(around: Surroundings): Promise<Side> {
  const [imap = 0, pop3 = 0, submission = 0] = await freePorts(3);
  const ports = { imap, pop3, submission };
  const { certificate, directory } = around;
  const pem = join(directory, 'haproxy.pem');
  await writeFile(pem, (await readFile(certificate.certFile, 'utf8')) + (await readFile(certificate.keyFile, 'utf8')));
  const file = join(directory, 'haproxy.cfg');
  await writeFile(file, configuration(around, pem, ports));
  const running = start('/usr/sbin/haproxy', ['-db', '-f', file]);
  await Promise.all(Object.values(ports).map((port) => listening(port, running)));
  const version = /\d+\.\d+\.\d+/.exec(await runOk('/usr/sbin/haproxy', ['-v']))?.[0];
  const about = `HAProxy ${version}, ${around.cores} threads, TCP mode: sees no login, checks nothing`;
  return {
    name: 'haproxy',
    about,
    ports,
    tls: true,
    compiled: true,
    roots: [running.pid],
    stop: async () => void (await running.stop()),
  };
}

function configuration({ cores, backend }: Surroundings, pem: string, ports: Side['ports']): string {
  const proxies = PROTOCOLS.map(
    (protocol) => `
listen ${protocol}
  bind 127.0.0.1:${ports[protocol]} ssl crt ${pem} ssl-min-ver TLSv1.3 backlog 4096
  server backend 127.0.0.1:${backend.ports[protocol]}`,
  );
  return `
global
  nbthread ${cores}
  maxconn 9900
  tune.ssl.cachesize 50000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${proxies.join('\n')}
`;
}
