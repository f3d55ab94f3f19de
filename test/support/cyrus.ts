/**
 * A real Cyrus in a temporary directory on free loopback ports: IMAP with STARTTLS and with implicit TLS, and ManageSieve.
 * It lets in whom a saslauthd lets in.
 */

import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leaf } from './certificates.ts';
import { freePorts, listening, start, temporaryDirectory, type Running } from './processes.ts';
import { serviceUser } from './service-user.ts';
import { unpackedFile } from './unpacked.ts';

const EXAMPLE = join(import.meta.dirname, '../../deploy/saslauthd/cyrus-imapd.conf');

export interface AskingServer {
  readonly port: number;
  output(): string;
  stop(): Promise<void>;
}

export interface AskingServerOptions {
  /** The directory of saslauthd's socket. */
  readonly saslauthd: string;
  readonly certificate: Leaf;
  /** Takes passwords without TLS as well. */
  readonly plaintext?: boolean | undefined;
}

export interface CyrusOptions extends AskingServerOptions {
  /** May act for every user, as the authcid beside an authzid. */
  readonly proxy?: string | undefined;
}

/** `port` is that of IMAP. */
export interface Cyrus extends AskingServer {
  readonly imapTls: number;
  readonly sieve: number;
}

/** Starts Cyrus and waits until it listens. Whoever logs in for the first time gets an INBOX. */
export async function startCyrus({ saslauthd, certificate, plaintext, proxy }: CyrusOptions): Promise<Cyrus> {
  const directory = await temporaryDirectory('cyrus');
  const file = (name: string): string => join(directory.path, name);
  const [port = 0, imapTls = 0, sieve = 0] = await freePorts(3);
  const user = await serviceUser();
  for (const name of ['conf', 'conf/db', 'conf/proc', 'conf/socket', 'spool', 'spool/stage.', 'sieve']) {
    await mkdir(file(name));
    await chown(file(name), user.uid, user.gid);
  }
  const settings = [
    `configdirectory: ${file('conf')}`,
    'defaultpartition: default',
    `partition-default: ${file('spool')}`,
    `cyrus_user: ${user.name}`,
    'autocreate_quota: 0',
    `tls_server_cert: ${certificate.certFile}`,
    `tls_server_key: ${certificate.keyFile}`,
    `allowplaintext: ${plaintext === true ? 'yes' : 'no'}`,
    `sievedir: ${file('sieve')}`,
    ...(proxy === undefined ? [] : [`proxyservers: ${proxy}`]),
    'failedloginpause: 0',
    `sasl_saslauthd_path: ${join(saslauthd, 'mux')}`,
    await readFile(EXAMPLE, 'utf8'),
  ];
  await writeFile(file('imapd.conf'), `${settings.join('\n')}\n`);
  const tool = (name: string): string => unpackedFile('cyrus-common', `usr/lib/cyrus/bin/${name}`);
  const imapd = unpackedFile('cyrus-imapd', 'usr/lib/cyrus/bin/imapd');
  const service = (name: string, program: string, at: number): string =>
    ` ${name} cmd="${program} -C ${file('imapd.conf')}" listen="127.0.0.1:${at}" prefork=0\n`;
  const services = [
    service('imap', imapd, port),
    service('imaps', `${imapd} -s`, imapTls),
    service('sieve', tool('timsieved'), sieve),
  ];
  await writeFile(
    file('cyrus.conf'),
    `START {\n recover cmd="${tool('ctl_cyrusdb')} -C ${file('imapd.conf')} -r"\n}\n` +
      `SERVICES {\n${services.join('')}}\nEVENTS {\n}\n`,
  );
  const options = ['-C', file('imapd.conf'), '-M', file('cyrus.conf'), '-p', file('pid'), '-D'];
  const libraries = unpackedFile(
    'cyrus-common',
    `usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  );
  const running = start(tool('master'), options, { env: { LD_LIBRARY_PATH: libraries } });
  return { ...(await listeningServer(running, port, directory)), imapTls, sieve };
}

/** Waits until it listens; stops it and takes its directory away when it does not. */
export async function listeningServer(
  running: Running,
  port: number,
  directory: { remove(): Promise<void> },
): Promise<AskingServer> {
  const stop = async (): Promise<void> => {
    await running.stop();
    await directory.remove();
  };
  try {
    await listening(port, running);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return { port, output: () => running.output(), stop };
}
