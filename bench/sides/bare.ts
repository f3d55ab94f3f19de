/** What the runtime alone costs: TLS and a relay on the gateway's own sockets, without anything that makes it Postern. */

import { join } from 'node:path';
import { MEMORY_KEPT, NO_LAST_COMPILER } from '#runtime/bun-environment.ts';
import { freePorts, listening, start } from '../../test/support/processes.ts';
import type { Job } from '../bare-relay.ts';
import { BUN } from '../runtime.ts';
import type { Side, Surroundings } from './side.ts';

const BARE_RELAY = join(import.meta.dirname, '../bare-relay.ts');

/** Starts a process for each core; they share their ports. */
export async function startBare({ certificate, backend, cores }: Surroundings): Promise<Side> {
  const [imap = 0, pop3 = 0, submission = 0] = await freePorts(3);
  const ports = { imap, pop3, submission };
  const job: Job = {
    certFile: certificate.certFile,
    keyFile: certificate.keyFile,
    ports,
    backend: { host: backend.hosts[0] ?? '127.0.0.1', ports: backend.ports },
  };
  const args = [BARE_RELAY, JSON.stringify(job)];
  const env = { ...MEMORY_KEPT, ...NO_LAST_COMPILER };
  const processes = Array.from({ length: cores }, () => start(BUN, args, { env }));
  await Promise.all(processes.flatMap((running) => Object.values(ports).map((port) => listening(port, running))));
  return {
    name: 'bare',
    about: `TLS and a relay on Postern's sockets alone, ${cores} processes: sees no login, checks nothing`,
    ports,
    tls: true,
    compiled: false,
    roots: processes.map(({ pid }) => pid),
    stop: async () => {
      await Promise.all(processes.map((running) => running.stop()));
    },
  };
}
