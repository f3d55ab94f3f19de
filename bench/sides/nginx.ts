/**
 * nginx's mail proxy with an auth_http service: the same check against the same Redis, as one would run it in
 * production. A worker per core; they share their accept queues, since its mail listeners know no `reuseport`.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, listening, runOk, start, type Running } from '../../test/support/processes.ts';
import { NO_LAST_COMPILER } from '#runtime/bun-environment.ts';
import { BUN } from '../runtime.ts';
import { MASTER, type Side, type Surroundings } from './side.ts';

const AUTH_SERVICE = join(import.meta.dirname, '../auth-service.ts');

/** Starts it and its auth_http service. `proxyBuffer` is nginx's `proxy_buffer`; absent: its default, one page. */
export async function startNginx(around: Surroundings, proxyBuffer?: '64k'): Promise<Side> {
  const [imap = 0, pop3 = 0, submission = 0, authPort = 0] = await freePorts(4);
  const ports = { imap, pop3, submission };
  const { directory } = around;
  const auth = await startAuthService(around, authPort);
  const file = join(directory, 'nginx.conf');
  await writeFile(file, configuration(around, { ports, authPort, proxyBuffer }));
  const nginx = start('/usr/sbin/nginx', ['-p', directory, '-c', file, '-e', join(directory, 'error.log')]);
  await Promise.all(Object.values(ports).map((port) => listening(port, nginx)));
  const buffer = proxyBuffer === undefined ? 'default proxy_buffer' : `proxy_buffer ${proxyBuffer}`;
  const version = (await runOk('sh', ['-c', '/usr/sbin/nginx -v 2>&1'])).trim();
  return {
    name: proxyBuffer === undefined ? 'nginx' : 'nginx 64k',
    about: `${version}, ${around.cores} workers, ${buffer}; auth_http service on the same runtime and code as Postern`,
    ports,
    tls: true,
    compiled: false,
    roots: [nginx.pid, auth.pid],
    stop: async () => {
      await Promise.all([nginx.stop(), auth.stop()]);
    },
  };
}

async function startAuthService({ redis, keysFile, backend }: Surroundings, port: number): Promise<Running> {
  const { imap, pop3, submission } = backend.ports;
  const where = { backendHosts: backend.hosts, backendPorts: { imap, pop3, smtp: submission } };
  const job = JSON.stringify({ port, redisPort: redis.port, keysFile, ...where });
  const running = start(BUN, [AUTH_SERVICE, job], { env: NO_LAST_COMPILER });
  await listening(port, running);
  return running;
}

interface Chosen {
  readonly ports: Readonly<Record<'imap' | 'pop3' | 'submission', number>>;
  readonly authPort: number;
  readonly proxyBuffer: string | undefined;
}

function configuration(
  { certificate, cores, directory }: Surroundings,
  { ports, authPort, proxyBuffer }: Chosen,
): string {
  return `
daemon off;
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log info;
worker_processes ${cores};
worker_rlimit_nofile 20000;
events { worker_connections 20000; multi_accept on; }
mail {
  auth_http http://127.0.0.1:${authPort}/;
  auth_http_header X-Auth-Key bench;
  ${proxyBuffer === undefined ? '' : `proxy_buffer ${proxyBuffer};`}
  proxy_pass_error_message on;
  proxy_smtp_auth on;
  xclient off;
  server_name gateway.test;
  imap_capabilities IMAP4rev1 SASL-IR;
  imap_auth plain;
  pop3_auth plain;
  smtp_auth plain;
  smtp_capabilities "SIZE 52428800" 8BITMIME;
  ssl_certificate ${certificate.certFile};
  ssl_certificate_key ${certificate.keyFile};
  ssl_protocols TLSv1.3;
  ssl_session_cache shared:bench:20m;
  server { listen 127.0.0.1:${ports.imap} ssl backlog=4096; protocol imap; }
  server { listen 127.0.0.1:${ports.pop3} ssl backlog=4096; protocol pop3; }
  server { listen 127.0.0.1:${ports.submission} ssl backlog=4096; protocol smtp; }
}
`;
}

/** Who the auth service tells nginx to log in as. */
export function masterLogin(account: string): { readonly user: string; readonly password: string } {
  return { user: `${account}${MASTER.separator}${MASTER.user}`, password: MASTER.password };
}
