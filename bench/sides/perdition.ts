/** Perdition, a process for each connection. It passes the login on as it comes: no second step, no master user. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accepts, eventually, freePorts, runOk } from '../../test/support/processes.ts';
import type { Side, Surroundings } from './side.ts';

/** Starts it for IMAP. It goes into the background by itself, so its pid file says what to count and to end. */
export async function startPerdition({ certificate, backend, directory }: Surroundings): Promise<Side> {
  const [imap = 0] = await freePorts(1);
  const pidFile = join(directory, 'perdition.pid');
  const words = [
    '--protocol IMAP4S --ssl_mode ssl_listen --connection_limit 0 --username nobody --group nogroup',
    `--bind_address 127.0.0.1 --listen_port ${imap} --outgoing_server 127.0.0.1:${backend.ports.imap}`,
    `--ssl_cert_file ${certificate.certFile} --ssl_key_file ${certificate.keyFile} --pid_file ${pidFile}`,
  ];
  await runOk(
    '/usr/sbin/perdition',
    words.flatMap((line) => line.split(' ')),
  );
  await eventually('perdition listens', () => accepts(imap));
  const pid = Number(await readFile(pidFile, 'utf8'));
  // It does not tell its version itself.
  const version = await runOk('dpkg-query', ['--show', '--showformat=${Version}', 'perdition']);
  return {
    name: 'perdition',
    about: `perdition ${version}, a process per connection; passes every login on`,
    ports: { imap },
    tls: true,
    compiled: true,
    slow: true,
    roots: [pid],
    stop: async () => void process.kill(pid),
  };
}
