/**
 * A real nginx with its mail module, on the example of deploy/nginx as it stands: only its ports, its file names and the
 * address of the policy service are replaced. Runs in the foreground in a temporary directory.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leaf } from './certificates.ts';
import type { Place, Protocol } from './mail-clients.ts';
import { freePorts, listening, start, temporaryDirectory } from './processes.ts';

const EXAMPLE = join(import.meta.dirname, '../../deploy/nginx/mail.conf');
const MODULE = '/usr/lib/nginx/modules/ngx_mail_module.so';
const PORTS = {
  imap: { implicit: 993, starttls: 143 },
  pop3: { implicit: 995, starttls: 110 },
  submission: { implicit: 465, starttls: 587 },
} as const satisfies Record<Protocol, Record<Place['tls'], number>>;

export interface NginxOptions {
  readonly certificate: Leaf;
  readonly caFile: string;
  readonly servicePort: number;
  readonly token: string;
}

export interface Nginx {
  place(protocol: Protocol, tls: Place['tls']): Place;
  log(): string;
  stop(): Promise<void>;
}

/** Starts nginx and waits until every port answers. */
export async function startNginx({ certificate, caFile, servicePort, token }: NginxOptions): Promise<Nginx> {
  const directory = await temporaryDirectory('nginx');
  const file = (name: string): string => join(directory.path, name);
  const wellKnown = Object.values(PORTS).flatMap((pair) => Object.values(pair));
  const free = await freePorts(wellKnown.length);
  const ports = new Map(wellKnown.map((port, at) => [Number(port), free[at] ?? 0]));
  const example = (await readFile(EXAMPLE, 'utf8'))
    .replace(
      /listen( +)(\d+)/g,
      (_, space: string, port: string) => `listen${space}127.0.0.1:${ports.get(Number(port))}`,
    )
    .replace('127.0.0.1:8143', `127.0.0.1:${servicePort}`)
    .replace('/etc/nginx/postern-token.conf', file('token.conf'))
    .replace('/etc/nginx/tls/fullchain.pem', certificate.certFile)
    .replace('/etc/nginx/tls/privkey.pem', certificate.keyFile);
  await writeFile(file('token.conf'), `auth_http_header Authorization "Bearer ${token}";\n`, { mode: 0o600 });
  await writeFile(file('mail.conf'), example);
  await writeFile(
    file('nginx.conf'),
    `load_module ${MODULE};\ndaemon off;\nworker_processes 1;\npid ${file('pid')};\nerror_log stderr info;\n` +
      `events { worker_connections 256; }\ninclude ${file('mail.conf')};\n`,
  );
  const running = start('/usr/sbin/nginx', ['-p', directory.path, '-c', file('nginx.conf'), '-e', 'stderr']);
  const stop = async (): Promise<void> => {
    await running.stop();
    await directory.remove();
  };
  try {
    await Promise.all(free.map((port) => listening(port, running)));
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return {
    place: (protocol, tls) => ({ port: ports.get(PORTS[protocol][tls]) ?? 0, tls, caFile }),
    log: () => running.output(),
    stop,
  };
}
