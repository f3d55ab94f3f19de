/** Perdition, a process for each connection. It passes the login on as it comes: no second step, no master user. */

import { freePorts, listening, run, start } from '../../test/support/processes.ts';
import type { Side, Surroundings } from './side.ts';

/** Starts it for IMAP. */
export async function startPerdition({ certificate, backend }: Surroundings): Promise<Side> {
  const [imap = 0] = await freePorts(1);
  const running = start(
    '/usr/sbin/perdition',
    [
      '--no_daemon --protocol IMAP4S --ssl_mode ssl_listen --connection_limit 0 --username nobody --group nogroup',
      `--bind_address 127.0.0.1 --listen_port ${imap} --outgoing_server 127.0.0.1:${backend.ports.imap}`,
      `--ssl_cert_file ${certificate.certFile} --ssl_key_file ${certificate.keyFile}`,
    ].flatMap((words) => words.split(' ')),
  );
  await listening(imap, running);
  const { stdout } = await run('/usr/sbin/perdition', ['--version']);
  const version = /\d+\.\d+/.exec(stdout)?.[0] ?? '';
  const about = `perdition ${version}, a process per connection; passes every login on`;
  return {
    name: 'perdition',
    about,
    ports: { imap },
    tls: true,
    compiled: true,
    roots: [running.pid],
    stop: async () => void (await running.stop()),
  };
}
