/** Postern as an operator runs it: a worker per core, the policy in Redis, its log at the default level to a file. */

import { join } from 'node:path';
import { startGateway } from '../../test/support/gateway.ts';
import { eventually, accepts } from '../../test/support/processes.ts';
import { BUN } from '../runtime.ts';
import { MASTER, type Side, type Surroundings } from './side.ts';

const UNGATED = join(import.meta.dirname, '../ungated.ts');

/** Starts it and waits until it listens; `ungated` is it without the gate after a submission login. */
export async function startPostern(around: Surroundings, name: 'postern' | 'ungated' = 'postern'): Promise<Side> {
  const { backend, redis, cores } = around;
  const service = (port: number) => ({ port, tls: 'none', clientAddress: 'none' });
  const gateway = await startGateway({
    backends: {
      main: {
        hosts: backend.hosts,
        impersonation: { kind: 'master-user', ...MASTER },
        imap: service(backend.ports.imap),
        pop3: service(backend.ports.pop3),
        submission: service(backend.ports.submission),
      },
    },
    certificates: [around.certificate],
    caFile: around.caFile,
    store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}` },
    keysFile: around.keysFile,
    workers: cores,
    protocols: ['imap', 'pop3', 'submission'],
    settings: {
      // All clients come from one address here.
      limits: { maxConnections: 100_000, maxConnectionsPerNetwork: 100_000, maxUnauthenticated: 100_000 },
      policy: { limits: { networkVerdicts: 100_000, networkWindowSeconds: 1 } },
      log: { level: 'info' },
    },
    through: ['sh', '-c', `exec "$@" >${join(around.directory, 'postern.log')} 2>&1`, 'sh'],
    quiet: true,
    runtime: BUN,
    script: name === 'ungated' ? UNGATED : undefined,
  });
  const ports = {
    imap: gateway.port('imapTls'),
    pop3: gateway.port('pop3Tls'),
    submission: gateway.port('submissionTls'),
  };
  await Promise.all(Object.values(ports).map((port) => eventually(`port ${port} is open`, () => accepts(port))));
  const about = `${cores} workers, Redis store, log level info`;
  return {
    name,
    about,
    ports,
    tls: true,
    compiled: false,
    roots: [gateway.pid],
    stop: () => gateway.stop(),
  };
}
