/**
 * A real Postfix 3.7 in a temporary directory on free loopback ports: submission with STARTTLS and with implicit
 * TLS, XCLIENT for this machine, delivery into the Maildirs that the Dovecot beside it serves. Only root can start it.
 */

import { readFileSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leaf } from './certificates.ts';
import { eventually, freePorts, listening, runOk, start, temporaryDirectory } from './processes.ts';
import { serviceUser } from './service-user.ts';

const DAEMONS = '/usr/lib/postfix/sbin';
// The master changes its user for a moment, and with that the kernel forgets that it should end with us: a shell
// minds it instead.
const WATCHED =
  '"$@" & master=$!; trap "kill -s TERM -- -$master" TERM; wait $master; wait $master; kill -s KILL -- -$master';
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;

export interface PostfixOptions {
  readonly certificate: Leaf;
  /** Addresses with a mailbox; mail for others of their domains is refused. */
  readonly mailboxes: readonly string[];
  /** Where the mailboxes are: `<domain>/<local part>/Maildir`. */
  readonly mailDirectory: string;
  /** A Dovecot auth service that knows the ordinary passwords; absent: nobody can log in except by XCLIENT. */
  readonly saslPort?: number | undefined;
  /** 'required': nothing but EHLO and STARTTLS without TLS. */
  readonly starttls?: 'optional' | 'required' | undefined;
  /** Who may speak XCLIENT; '' for nobody. */
  readonly xclientNetworks?: string | undefined;
  readonly ports?: PostfixPorts | undefined;
  /** More settings of main.cf, which replace those of the tests. */
  readonly settings?: ReadonlyMap<string, string> | undefined;
}

/** `relay` takes mail from this machine without a login: what a Dovecot submission service hands on to. */
export interface PostfixPorts {
  readonly submission: number;
  readonly submissionTls: number;
  readonly relay: number;
}

export interface Postfix {
  readonly ports: PostfixPorts;
  log(): string;
  logLine(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

/** Three ports for one Postfix, for when another server must know them before Postfix starts. */
export async function postfixPorts(): Promise<PostfixPorts> {
  const [submission = 0, submissionTls = 0, relay = 0] = await freePorts(3);
  return { submission, submissionTls, relay };
}

/** Starts Postfix and waits until every port answers. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  if (process.getuid?.() !== 0) throw new Error('Postfix changes users: only root can start it');
  const directory = await temporaryDirectory('postfix');
  const file = (name: string): string => join(directory.path, name);
  const ports = options.ports ?? (await postfixPorts());
  await createQueue(file('queue'), file('data'));
  await writeOld(file('mailboxes'), options.mailboxes.map(mailboxLine).join(''));
  await writeOld(file('main.cf'), await mainConfiguration(options, directory.path));
  await writeOld(file('master.cf'), masterConfiguration(ports));
  const running = start('sh', ['-c', WATCHED, 'sh', `${DAEMONS}/master`, '-s', '-c', directory.path], {
    env: { MAIL_CONFIG: directory.path, MAIL_LOGTAG: 'postfix' },
  });
  const stop = async (): Promise<void> => {
    await running.stop();
    await directory.remove();
  };
  try {
    await Promise.all(Object.values(ports).map((port) => listening(port, running)));
  } catch (error) {
    await stop();
    throw error;
  }
  // postlogd opens its file by name, which cannot be the pipe of a standard output.
  const log = (): string => readFileSync(file('mail.log'), 'utf8');
  const find = (pattern: RegExp) => (): string | undefined =>
    log()
      .split('\n')
      .find((line) => pattern.test(line));
  return { ports, log, logLine: (pattern) => eventually(`Postfix logs ${pattern}`, find(pattern)), stop };
}

/** The settings that an example of deploy/ gives its service; SASL is Dovecot's, at this port. */
export function exampleSettings(masterFile: string, saslPort: number): ReadonlyMap<string, string> {
  const example = readFileSync(join(import.meta.dirname, '../../deploy', masterFile), 'utf8');
  const pairs = [...example.matchAll(/^ +-o \{?(\w+)=(.*?)\}?$/gm)];
  const settings = new Map(pairs.map(([, name = '', value = '']) => [name, value]));
  return settings.set('smtpd_sasl_path', `inet:127.0.0.1:${saslPort}`);
}

/** Postfix waits two seconds before it believes a file that has just changed. */
export async function writeOld(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await utimes(file, 0, 0);
}

/** The directories that `postfix check` would make, with the owners and modes of postfix-files(5). */
export async function createQueue(queue: string, data: string): Promise<void> {
  const queues = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'saved', 'trace'];
  const own = [...queues, 'private'].map((name) => join(queue, name));
  await runOk('install', ['-d', '-m', '755', queue, join(queue, 'pid')]);
  await runOk('install', ['-d', '-m', '700', '-o', 'postfix', ...own, data]);
  await runOk('install', ['-d', '-m', '710', '-o', 'postfix', '-g', 'postdrop', join(queue, 'public')]);
  await runOk('install', ['-d', '-m', '730', '-o', 'postfix', '-g', 'postdrop', join(queue, 'maildrop')]);
}

function mailboxLine(address: string): string {
  const [local = '', domain = ''] = address.split('@');
  return `${address} ${domain}/${local}/Maildir/\n`;
}

async function mainConfiguration(options: PostfixOptions, directory: string): Promise<string> {
  const { uid, gid } = await serviceUser();
  const domains = new Set(options.mailboxes.map((address) => address.split('@')[1]));
  return replaceSettings(
    `
compatibility_level = 3.6
config_directory = ${directory}
queue_directory = ${directory}/queue
data_directory = ${directory}/data
daemon_directory = ${DAEMONS}
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${directory}/mail.log
maillog_file_prefixes = ${directory}
inet_protocols = all
myhostname = postfix.test
mydestination =
mynetworks = 127.0.0.0/8 [::1]/128
smtpd_peername_lookup = no
smtp_dns_support_level = disabled

virtual_mailbox_domains = ${[...domains].join(' ')}
virtual_mailbox_maps = texthash:${directory}/mailboxes
virtual_mailbox_base = ${options.mailDirectory}
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
virtual_mailbox_limit = 0
mailbox_size_limit = 0
message_size_limit = ${MAX_MESSAGE_BYTES}

smtpd_tls_cert_file = ${options.certificate.certFile}
smtpd_tls_key_file = ${options.certificate.keyFile}
smtpd_tls_security_level = ${options.starttls === 'required' ? 'encrypt' : 'may'}
smtpd_sasl_auth_enable = ${options.saslPort === undefined ? 'no' : 'yes'}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${options.saslPort ?? 0}
smtpd_authorized_xclient_hosts = ${options.xclientNetworks ?? '127.0.0.0/8 [::1]/128'}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_client_connection_rate_limit = 0
`,
    options.settings ?? new Map(),
  );
}

// Not by a second line of the same name: every process of Postfix would warn of it, and its log daemon, which warns as
// well, waits for ever where so many warnings have filled the socket that it is about to read.
function replaceSettings(text: string, settings: ReadonlyMap<string, string>): string {
  const kept = text.split('\n').filter((line) => !settings.has(line.split(' = ')[0] ?? ''));
  return [...kept, ...[...settings].map(([name, value]) => `${name} = ${value}`), ''].join('\n');
}

function masterConfiguration({ submission, submissionTls, relay }: PostfixPorts): string {
  return `
127.0.0.1:${submission} inet n - n - - smtpd
[::1]:${submission} inet n - n - - smtpd
127.0.0.1:${submissionTls} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:${relay} inet n - n - - smtpd
  -o smtpd_tls_security_level=none
  -o smtpd_sasl_auth_enable=no
  -o smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;
}
