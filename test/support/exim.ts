/**
 * A real Exim in a temporary directory on free loopback ports; it lets in whom a saslauthd lets in, and throws away the
 * mail that it takes. Debian's program knows its user and the place of saslauthd's socket by name, so it gets a view of
 * its own of the files that say where these are. Only root can start it.
 */

import { readFileSync } from 'node:fs';
import { chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listeningServer, type AskingServer, type AskingServerOptions } from './cyrus.ts';
import { freePorts, start, temporaryDirectory } from './processes.ts';
import { serviceUser } from './service-user.ts';
import { unpackedFile } from './unpacked.ts';

const EXAMPLE = join(import.meta.dirname, '../../deploy/saslauthd/exim-authenticators.conf');
const USER = 'Debian-exim';
// $0: the directory; what follows is the program. /var/run is /run.
const OWN_VIEW =
  'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && mount --bind "$0/run" /run && exec "$@"';

/** `port` offers STARTTLS, `implicitTls` speaks TLS at once. */
export interface Exim extends AskingServer {
  readonly implicitTls: number;
  /** Its main log so far: a line for each mail, with who had logged in. */
  log(): string;
}

/** Starts Exim and waits until it listens. */
export async function startExim({ saslauthd, certificate, plaintext }: AskingServerOptions): Promise<Exim> {
  const directory = await temporaryDirectory('exim');
  const file = (name: string): string => join(directory.path, name);
  const [port = 0, implicitTls = 0] = await freePorts(2);
  const { uid, gid } = await serviceUser();
  for (const name of ['run', 'spool']) await mkdir(file(name));
  await chown(file('spool'), uid, gid);
  await symlink(saslauthd, file('run/saslauthd'));
  for (const [name, line] of [
    ['passwd', `${USER}:x:${uid}:${gid}::/nonexistent:/usr/sbin/nologin`],
    ['group', `${USER}:x:${gid}:`],
  ] as const)
    await writeFile(file(name), `${await readFile(`/etc/${name}`, 'utf8')}${line}\n`);
  const example = await readFile(EXAMPLE, 'utf8');
  const settings = [
    `spool_directory = ${file('spool')}`,
    'primary_hostname = mail.test',
    `log_file_path = ${file('spool')}/log/%slog`,
    'domainlist local_domains =',
    'smtp_accept_max = 0',
    'smtp_max_synprot_errors = 1000',
    'smtp_max_unknown_commands = 1000',
    `tls_on_connect_ports = ${implicitTls}`,
    `tls_certificate = ${certificate.certFile}`,
    `tls_privatekey = ${certificate.keyFile}`,
    'acl_smtp_rcpt = rcpt',
    'begin acl\nrcpt:\n accept authenticated = *\n deny',
    'begin routers\nnowhere:\n driver = redirect\n data = :blackhole:',
    'begin authenticators',
    plaintext === true ? example.replaceAll(/^ +server_advertise_condition .*$/gm, '') : example,
  ];
  await writeFile(file('exim.conf'), `${settings.join('\n')}\n`, { mode: 0o644 });
  const exim = [
    unpackedFile('exim4-daemon-light', 'usr/sbin/exim4'),
    '-bdf',
    '-oX',
    `127.0.0.1.${port} : 127.0.0.1.${implicitTls}`,
  ];
  const running = start('unshare', ['-m', 'sh', '-c', OWN_VIEW, directory.path, ...exim, '-C', file('exim.conf')]);
  return {
    ...(await listeningServer(running, port, directory)),
    implicitTls,
    log: () => readFileSync(file('spool/log/mainlog'), 'utf8'),
  };
}
