/**
 * The installation of docker-compose.yml without Docker: the very files that go into its containers, with paths,
 * addresses and ports replaced by those of a temporary directory on this machine. Only root can start it.
 */

import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Mailbox } from './dovecot.ts';
import type { Place } from './mail-clients.ts';
import { createQueue, writeOld } from './postfix.ts';
import { freePorts, listening, run, runOk, start, temporaryDirectory, type Running } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const COMPOSE = join(ROOT, 'deploy/compose');
const MAIN = join(ROOT, 'src/main.ts');

export interface Compose {
  readonly alice: Mailbox;
  place(protocol: 'imap' | 'pop3' | 'submission' | 'sieve', tls: Place['tls']): Place;
  /** Runs `postern … --json` in the gateway's container, so to speak. */
  postern(...args: readonly string[]): Promise<unknown>;
  /** What every server has logged so far, for the message of a failed assertion. */
  logs(): string;
  stop(): Promise<void>;
}

/** Makes the secrets, starts the four servers, and waits until the gateway is open. */
export async function startCompose(): Promise<Compose> {
  const directory = await temporaryDirectory('compose');
  const place = (name: string): string => join(directory.path, name);
  for (const name of ['secrets', 'mail', 'redis', 'postfix']) mkdirSync(place(name));
  chmodSync(place('mail'), 0o777);
  await runOk('sh', [join(COMPOSE, 'secrets.sh'), place('secrets')]);
  const [redis = 0, smtp = 0, ...others] = await freePorts(2 + 6 + 7);
  const dovecot = others.slice(0, 6);
  const gateway = others.slice(6);
  const started: Running[] = [];
  const stop = async (): Promise<void> => {
    const endings = await Promise.allSettled(started.map((one) => one.stop()));
    await directory.remove();
    for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  };
  const configFile = place('postern.yaml');
  try {
    started.push(await startRedis(redis, place('redis')));
    started.push(await startDovecot(directory.path, dovecot, smtp));
    started.push(await startPostfix(directory.path, smtp));
    await writeFile(configFile, gatewayConfiguration(directory.path, { redis, dovecot, gateway }), { mode: 0o600 });
    const running = start(process.execPath, [MAIN, 'serve', '-c', configFile]);
    started.push(running);
    await running.line(/"event":"gateway.started"/);
  } catch (error) {
    await stop();
    throw error;
  }
  const names = ['imap implicit', 'imap starttls', 'pop3 implicit', 'pop3 starttls'];
  names.push('submission implicit', 'submission starttls', 'sieve starttls');
  return {
    alice: { name: 'alice@example.org', password: 'alice-ordinary' },
    place: (protocol, tls) => {
      const port = gateway[names.indexOf(`${protocol} ${tls}`)] ?? 0;
      return { port, tls, caFile: place('secrets/ca.pem') };
    },
    postern: async (...args) => {
      const { code, stdout, stderr } = await run(process.execPath, [MAIN, ...args, '--json', '-c', configFile]);
      if (code !== 0) throw new Error(`postern ${args.join(' ')}: ${stderr}`);
      return JSON.parse(stdout);
    },
    logs: () => started.map((one) => one.output()).join('\n'),
    stop,
  };
}

/** The services of docker-compose.yml, as far as the tests look at them. */
export function composeFile(): {
  readonly services: Readonly<
    Record<
      string,
      { readonly build?: string; readonly command?: readonly string[]; readonly volumes?: readonly string[] }
    >
  >;
} {
  return parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'));
}

async function startRedis(port: number, folder: string): Promise<Running> {
  const [program = '', ...args] = composeFile().services['redis']?.command ?? [];
  const running = start(program, [...args, '--port', `${port}`, '--bind', '127.0.0.1'], { cwd: folder });
  await listening(port, running);
  return running;
}

async function startDovecot(directory: string, ports: readonly number[], smtp: number): Promise<Running> {
  const [imaps = 0, pop3s = 0, submissions = 0, sieve = 0, imap = 0, pop3 = 0] = ports;
  const text = readFileSync(join(COMPOSE, 'dovecot/dovecot.conf'), 'utf8');
  const here = replaced(text, [
    ['listen = *', 'listen = 127.0.0.1'],
    ['/secrets/', `${directory}/secrets/`],
    ['/etc/dovecot/users', join(COMPOSE, 'dovecot/users')],
    ['uid=vmail gid=vmail home=/srv/mail', `uid=nobody gid=nogroup home=${directory}/mail`],
    ['172.30.25.10', '127.0.0.1'],
    ['submission_relay_host = postfix', 'submission_relay_host = 127.0.0.1'],
    ['submission_relay_port = 25', `submission_relay_port = ${smtp}`],
    // The certificate is made out to the container's name.
    ['submission_relay_ssl_verify = yes', 'submission_relay_ssl_verify = no'],
    ['port = 587', 'port = 0'],
    ['port = 465', `port = ${submissions}`],
    ['port = 4190', `port = ${sieve}`],
  ]);
  const own = `
base_dir = ${directory}/dovecot
first_valid_uid = 1
first_valid_gid = 1
service imap-login {
  inet_listener imap { port = ${imap} }
  inet_listener imaps { port = ${imaps} }
}
service pop3-login {
  inet_listener pop3 { port = ${pop3} }
  inet_listener pop3s { port = ${pop3s} }
}
`.replaceAll(/\{ (port = \d+) \}/g, '{\n    $1\n  }');
  const file = join(directory, 'dovecot.conf');
  await writeFile(file, here + own);
  const running = start('/usr/sbin/dovecot', ['-F', '-c', file]);
  await Promise.all(ports.map((port) => listening(port, running)));
  return running;
}

async function startPostfix(directory: string, smtp: number): Promise<Running> {
  const folder = join(directory, 'postfix');
  const main = replaced(readFileSync(join(COMPOSE, 'postfix/main.cf'), 'utf8'), [
    ['maillog_file = /dev/stdout', `maillog_file = ${folder}/mail.log`],
    ['/secrets/', `${directory}/secrets/`],
    ['172.30.25.11', '127.0.0.0/8'],
    ['/srv/mail', `${directory}/mail`],
    ['static:5000', 'static:65534'],
  ]);
  const own = `
config_directory = ${folder}
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file_prefixes = ${folder}
smtpd_peername_lookup = no
`;
  await createQueue(join(folder, 'queue'), join(folder, 'data'));
  await writeOld(join(folder, 'main.cf'), main + own);
  const master = readFileSync(join(COMPOSE, 'postfix/master.cf'), 'utf8');
  // No chroot: nothing has been copied into the queue directory.
  const here = master.replace(/^smtp +inet/m, `127.0.0.1:${smtp} inet`).replaceAll(/^(\S+ +\S+ +\S+ +\S+ +)-/gm, '$1n');
  await writeOld(join(folder, 'master.cf'), here);
  const running = start('/usr/lib/postfix/sbin/master', ['-s', '-c', folder], {
    env: { MAIL_CONFIG: folder, MAIL_LOGTAG: 'postfix' },
  });
  await listening(smtp, running);
  return running;
}

interface GatewayPlaces {
  readonly redis: number;
  readonly dovecot: readonly number[];
  readonly gateway: readonly number[];
}

function gatewayConfiguration(directory: string, { redis, dovecot, gateway }: GatewayPlaces): string {
  const text = readFileSync(join(COMPOSE, 'postern.yaml'), 'utf8').replaceAll('/secrets/', `${directory}/secrets/`);
  const settings = parse(text);
  const [imaps, pop3s, submissions, sieve] = dovecot;
  const listeners = settings.listeners.map((listener: object, index: number) => {
    return { ...listener, address: '127.0.0.1', port: gateway[index] };
  });
  const main = {
    ...settings.backends.main,
    hosts: ['127.0.0.1'],
    tlsServerName: 'dovecot',
    imap: { port: imaps },
    pop3: { port: pop3s },
    submission: { port: submissions },
    sieve: { port: sieve },
  };
  const store = { ...settings.store, url: `redis://127.0.0.1:${redis}` };
  return stringify({ ...settings, workers: 1, listeners, backends: { main }, store });
}

/** Replaces texts that must be there, so that a changed file is noticed. */
function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((so, [from, to]) => {
    if (!so.includes(from)) throw new Error(`"${from}" is no longer in the file`);
    return so.replaceAll(from, to);
  }, text);
}
