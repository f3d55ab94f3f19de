/** Dovecot's login proxy in its high-performance mode. Its passdb lets everybody in: it checks no second step. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, listening, runOk, start } from '../../test/support/processes.ts';
import { MASTER, type Side, type Surroundings } from './side.ts';

const SERVED = ['imap', 'pop3'] as const;

/** Starts it with a login process per core and protocol. */
export async function startDovecotProxy(around: Surroundings): Promise<Side> {
  const [imap = 0, pop3 = 0] = await freePorts(2);
  const ports = { imap, pop3 };
  const file = join(around.directory, 'dovecot.conf');
  await writeFile(file, configuration(around, ports));
  const running = start('/usr/sbin/dovecot', ['-F', '-c', file]);
  await Promise.all(Object.values(ports).map((port) => listening(port, running)));
  const version = (await runOk('/usr/sbin/dovecot', ['--version'])).trim();
  const about = `Dovecot ${version} login proxy, ${around.cores} login processes; lets everybody in`;
  return {
    name: 'dovecot',
    about,
    ports,
    tls: true,
    compiled: true,
    roots: [running.pid],
    stop: async () => void (await running.stop()),
  };
}

function configuration({ certificate, backend, cores, directory }: Surroundings, ports: Side['ports']): string {
  const services = SERVED.map(
    (protocol) => `
service ${protocol}-login {
  service_count = 0
  process_min_avail = ${cores}
  process_limit = ${cores}
  client_limit = 9000
  chroot =
  inet_listener ${protocol} { 
    port = 0 
  }
  inet_listener ${protocol}s {
    port = ${ports[protocol]}
    ssl = yes
  }
}`,
  );
  const { imap, pop3 } = backend.ports;
  const port = `%{if;%s;eq;imap;${imap};${pop3}}`;
  const login = `user=%u${MASTER.separator}${MASTER.user} pass=${MASTER.password}`;
  return `
base_dir = ${directory}/run
state_dir = ${directory}/state
log_path = ${directory}/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
default_vsz_limit = 2G
default_client_limit = 20000
ssl = required
ssl_cert = <${certificate.certFile}
ssl_key = <${certificate.keyFile}
ssl_min_protocol = TLSv1.3
auth_mechanisms = plain
passdb {
  driver = static
  args = nopassword=y proxy=y host=127.0.0.1 port=${port} ${login}
}
service anvil {
  chroot =
  client_limit = 20000
}
service auth {
  client_limit = 20000
}
mail_max_userip_connections = 0
${services.join('\n')}
`;
}
