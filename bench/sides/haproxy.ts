/**
 * HAProxy, TLS termination in TCP mode: what relaying bytes costs when nobody looks at the login. A process per core, not
 * a thread: each session takes two descriptors, and a process may open 20,000 here.
 */

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, listening, runOk, start } from '../../test/support/processes.ts';
import { PROTOCOLS, type Side, type Surroundings } from './side.ts';

/** Starts its processes; they share their ports and take one another's tickets. */
export async function startHaproxy(around: Surroundings): Promise<Side> {
  const [imap = 0, pop3 = 0, submission = 0] = await freePorts(3);
  const ports = { imap, pop3, submission };
  const { certificate, directory, cores } = around;
  const pem = await Promise.all([certificate.certFile, certificate.keyFile].map((file) => readFile(file, 'utf8')));
  await writeFile(join(directory, 'haproxy.pem'), pem.join(''));
  const ticketKeys = Array.from({ length: 3 }, () => `${randomBytes(80).toString('base64')}\n`);
  await writeFile(join(directory, 'ticket-keys'), ticketKeys.join(''));
  const file = join(directory, 'haproxy.cfg');
  await writeFile(file, configuration(around, ports));
  const processes = Array.from({ length: cores }, () => start('/usr/sbin/haproxy', ['-db', '-f', file]));
  await Promise.all(processes.flatMap((running) => Object.values(ports).map((port) => listening(port, running))));
  const version = /\d+\.\d+\.\d+/.exec(await runOk('/usr/sbin/haproxy', ['-v']))?.[0];
  const about = `HAProxy ${version}, ${cores} processes, TCP mode: sees no login, checks nothing`;
  return {
    name: 'haproxy',
    about,
    ports,
    tls: true,
    compiled: true,
    roots: processes.map(({ pid }) => pid),
    stop: async () => {
      await Promise.all(processes.map((running) => running.stop()));
    },
  };
}

function configuration({ backend, directory }: Surroundings, ports: Side['ports']): string {
  const tls = `ssl crt ${directory}/haproxy.pem tls-ticket-keys ${directory}/ticket-keys ssl-min-ver TLSv1.3`;
  const proxies = PROTOCOLS.map(
    (protocol) => `
listen ${protocol}
  bind 127.0.0.1:${ports[protocol]} ${tls} backlog 4096
  server backend 127.0.0.1:${backend.ports[protocol]}`,
  );
  return `
global
  nbthread 1
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
