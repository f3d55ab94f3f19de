/**
 * A real Dovecot 2.3 in a temporary directory on free loopback ports: IMAP, POP3, submission and ManageSieve, each
 * with STARTTLS, implicit TLS and behind a PROXY header. It runs as a plain user even when the tests run as root.
 */

import { appendFile, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leaf } from './certificates.ts';
import { freePorts, listening, start, temporaryDirectory, type Running } from './processes.ts';
import { serviceUser, type ServiceUser } from './service-user.ts';

export interface Mailbox {
  readonly name: string;
  readonly password: string;
}

export interface DovecotOptions {
  readonly users: readonly Mailbox[];
  readonly certificate: Leaf;
  /** May act for every user: as `user*master` and as the authcid beside an authzid. */
  readonly master?: Mailbox | undefined;
  /** Believes what this network says about the client's address (IMAP ID, XCLIENT); '' believes nobody. */
  readonly trustedNetworks?: string | undefined;
  /** Offer COMPRESS=DEFLATE (RFC 4978) in IMAP. */
  readonly compress?: boolean | undefined;
  /** Where submission hands mail on to. */
  readonly relayPort?: number | undefined;
  /** Settings that are read before those of the tests: a passdb that is asked first. */
  readonly first?: string | undefined;
  /** Listen on these ports instead of free ones: how a test brings a server back that it has stopped. */
  readonly ports?: DovecotPorts | undefined;
}

/** One whose password is no text. */
export interface OctetMailbox {
  readonly name: string;
  readonly password: Buffer;
}

const LISTENERS = ['', 'Tls', 'Proxy'] as const;
const SERVICES = ['imap', 'pop3', 'submission', 'sieve'] as const;
type PortName = `${(typeof SERVICES)[number]}${(typeof LISTENERS)[number]}`;
/**
 * `imap` offers STARTTLS, `imapTls` speaks TLS at once, `imapProxy` wants a PROXY header and offers STARTTLS; `auth`
 * checks ordinary passwords for Postfix.
 */
export type DovecotPorts = Readonly<Record<PortName | 'auth', number>>;

export interface Dovecot {
  readonly ports: DovecotPorts;
  /** The directory of all mailboxes: `<domain>/<local part>/Maildir`. */
  readonly mailDirectory: string;
  /** The server's log so far. */
  log(): string;
  /** Waits for a line of the log: who logged in, from where. */
  logLine(pattern: RegExp): Promise<string>;
  addUser(user: Mailbox | OctetMailbox): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Dovecot and waits until every port answers. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const directory = await temporaryDirectory('dovecot');
  const user = await serviceUser();
  const ports = options.ports ?? (await choosePorts());
  const file = (name: string): string => join(directory.path, name);
  const mailDirectory = file('mail');
  await mkdir(mailDirectory);
  await chown(mailDirectory, user.uid, user.gid);
  await chown(directory.path, user.uid, user.gid);
  await writeFile(file('users'), options.users.map(passwdLine).join(''));
  await writeFile(file('masters'), options.master === undefined ? '' : passwdLine(options.master));
  await writeFile(file('dovecot.conf'), configuration(options, { ports, user, directory: directory.path }));
  const running = start('/usr/sbin/dovecot', ['-F', '-c', file('dovecot.conf')], { as: user.switchTo });
  await ready(running, ports);
  return {
    ports,
    mailDirectory,
    log: () => running.output(),
    logLine: (pattern) => running.line(pattern),
    addUser: (added) => appendFile(file('users'), passwdLine(added)),
    stop: async () => {
      await running.stop();
      await directory.remove();
    },
  };
}

async function ready(running: Running, ports: DovecotPorts): Promise<void> {
  try {
    await Promise.all(Object.values(ports).map((port) => listening(port, running)));
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function choosePorts(): Promise<DovecotPorts> {
  const free = await freePorts(SERVICES.length * LISTENERS.length + 1);
  const port = (service: number, listener: number): number => free[service * LISTENERS.length + listener] ?? 0;
  return {
    imap: port(0, 0),
    imapTls: port(0, 1),
    imapProxy: port(0, 2),
    pop3: port(1, 0),
    pop3Tls: port(1, 1),
    pop3Proxy: port(1, 2),
    submission: port(2, 0),
    submissionTls: port(2, 1),
    submissionProxy: port(2, 2),
    sieve: port(3, 0),
    sieveTls: port(3, 1),
    sieveProxy: port(3, 2),
    auth: port(SERVICES.length, 0),
  };
}

function passwdLine({ name, password }: Mailbox | OctetMailbox): string {
  return `${name}:{PLAIN.HEX}${Buffer.from(password).toString('hex')}\n`;
}

interface Place {
  readonly ports: DovecotPorts;
  readonly user: ServiceUser;
  readonly directory: string;
}

function configuration(options: DovecotOptions, { ports, user, directory }: Place): string {
  return `
base_dir = ${directory}/run
state_dir = ${directory}/state
log_path = /dev/stderr
protocols = imap pop3 submission sieve
listen = 127.0.0.1, ::1
default_internal_user = ${user.name}
default_internal_group = ${user.group}
default_login_user = ${user.name}
first_valid_uid = 1
first_valid_gid = 1
hostname = dovecot.test

ssl = yes
ssl_cert = <${options.certificate.certFile}
ssl_key = <${options.certificate.keyFile}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no

auth_mechanisms = plain login
auth_master_user_separator = *
auth_failure_delay = 0
auth_verbose = yes
${options.first ?? ''}
passdb {
  driver = passwd-file
  master = yes
  args = ${directory}/masters
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${directory}/users
}
userdb {
  driver = static
  args = uid=${user.uid} gid=${user.gid} home=${directory}/mail/%d/%n
}
login_trusted_networks = ${options.trustedNetworks ?? '127.0.0.0/8 ::1'}
haproxy_trusted_networks = 127.0.0.0/8 ::1
login_log_format_elements = user=<%u> auth=<%{auth_user}> method=%m rip=%r rport=%{rport} lip=%l %c session=<%{session}>

mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 1000
imap_capability = +SPECIAL-USE
protocol imap {
  mail_plugins = ${options.compress === true ? 'imap_zlib' : ''}
}
submission_relay_host = 127.0.0.1
submission_relay_port = ${options.relayPort ?? 25}
submission_relay_trusted = yes
submission_max_mail_size = 0
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
}
service auth {
  inet_listener {
    port = ${ports.auth}
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
${service('imap', 'imap', ports)}
${service('pop3', 'pop3', ports)}
${service('submission', 'submission', ports)}
${service('managesieve', 'sieve', ports)}
`;
}

function service(name: string, protocol: (typeof SERVICES)[number], ports: DovecotPorts): string {
  // Without a port of its own a listener of the default configuration would ask for the well-known one.
  const implicit = { imap: 'imaps', pop3: 'pop3s', submission: 'submissions', sieve: 'sieves' }[protocol];
  return `
service ${name}-login {
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener ${protocol} {
    port = ${ports[protocol]}
  }
  inet_listener ${implicit} {
    port = ${ports[`${protocol}Tls`]}
    ssl = yes
  }
  inet_listener ${protocol}_proxy {
    port = ${ports[`${protocol}Proxy`]}
    haproxy = yes
  }
}`;
}
