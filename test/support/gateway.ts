/**
 * The real gateway as a process of its own, started as an operator starts it: `postern serve -c postern.yaml`, on the
 * runtime that runs the test. Also the command line against the same configuration, in the test's own process.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runCommandLine } from '#cli/program.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Leaf } from './certificates.ts';
import type { Place } from './mail-clients.ts';
import { eventually, freePorts, start, temporaryDirectory, type Running } from './processes.ts';

const POSTERN = join(import.meta.dirname, '../../src/main.ts');
const PROTOCOLS = ['imap', 'pop3', 'submission', 'sieve'] as const satisfies readonly Protocol[];

/** A part of the configuration file, as its manual describes it. */
export type Yaml = Readonly<Record<string, unknown>>;

export interface GatewayOptions {
  readonly backends: Readonly<Record<string, Yaml>>;
  readonly certificates: readonly Leaf[];
  /** The CA of the certificates, for the places handed to clients. */
  readonly caFile: string;
  /** Default: an embedded store of its own. */
  readonly store?: Yaml | undefined;
  /** Master keys that another gateway of the same store has made. */
  readonly keysFile?: string | undefined;
  readonly name?: string | undefined;
  readonly workers?: number | undefined;
  /** Which protocols have their two listeners; default all. */
  readonly protocols?: readonly Protocol[] | undefined;
  /** More listeners, beside the one with STARTTLS and the one with implicit TLS of each protocol. */
  readonly listeners?: readonly (Yaml & { readonly name: string })[] | undefined;
  /** Starts it through these words, e.g. `prlimit --nofile=200`, and with these variables in its environment. */
  readonly through?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The Bun or Node to start it on; default the one that runs the tests. */
  readonly runtime?: string | undefined;
  /** The program, in place of src/main.ts: the bench has a variant. */
  readonly script?: string | undefined;
  /** Runs this part alone. */
  readonly only?: 'service' | undefined;
  /** Its log goes elsewhere: do not wait for what it says. */
  readonly quiet?: boolean | undefined;
  /** Any other settings of the file. */
  readonly settings?: Yaml | undefined;
}

export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Gateway {
  readonly pid: number;
  readonly keysFile: string;
  readonly configFile: string;
  /** Ports by the name of the listener: `imap` offers STARTTLS, `imapTls` speaks TLS at once. */
  port(listener: string): number;
  place(protocol: Protocol, tls: Place['tls']): Place;
  /** All that it wrote: the log, and whatever else came out. */
  output(): string;
  log(): readonly LogLine[];
  /** Waits for a line of the log with this event and these fields. */
  logged(event: string, fields?: Yaml): Promise<LogLine>;
  /** Runs `postern … --json` and returns what it printed; throws when it fails. */
  cli(...args: readonly string[]): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended by itself, with its exit code. */
  ended(): Promise<number | string>;
  stop(): Promise<void>;
}

/** Starts a gateway and waits until it says that every worker listens. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const directory = await temporaryDirectory('gateway');
  const configFile = join(directory.path, 'postern.yaml');
  const keysFile = options.keysFile ?? join(directory.path, 'keys');
  const listeners = await chooseListeners(options);
  const settings = configuration(options, { listeners, keysFile, storeFile: join(directory.path, 'postern.db') });
  await writeFile(configFile, stringify(settings), { mode: 0o600 });
  if (options.keysFile === undefined) await postern(['key', 'new', '-c', configFile]);

  const part = options.only === undefined ? [] : ['--only', options.only];
  const [command, ...args] = [
    ...(options.through ?? []),
    options.runtime ?? process.execPath,
    options.script ?? POSTERN,
    'serve',
    ...part,
    '-c',
    configFile,
  ];
  const running = start(command, args, options.env === undefined ? {} : { env: options.env });
  const stop = async (): Promise<void> => {
    await running.stop();
    await directory.remove();
  };
  try {
    if (options.quiet !== true) await running.line(/"event":"gateway.started"/);
  } catch (error) {
    await stop().catch(() => undefined); // what it said below tells more
    throw new Error(`the gateway did not start:\n${running.output()}`, { cause: error });
  }
  const port = (listener: string): number => {
    const found = listeners.get(listener);
    if (found === undefined) throw new Error(`no listener is named ${listener}`);
    return found.port;
  };
  return {
    pid: running.pid,
    keysFile,
    configFile,
    port,
    place: (protocol, tls) => ({
      port: port(tls === 'implicit' ? `${protocol}Tls` : protocol),
      tls,
      caFile: options.caFile,
    }),
    output: () => running.output(),
    log: () => logLines(running),
    logged: (event, fields = {}) =>
      eventually(`the gateway logs ${event} ${JSON.stringify(fields)}`, () =>
        logLines(running).find((line) => line.event === event && hasFields(line, fields)),
      ),
    cli: async (...args) => {
      const printed = await postern([...args, '--json', '-c', configFile]);
      return printed === '' ? undefined : JSON.parse(printed);
    },
    signal: (name) => running.signal(name),
    ended: () => running.ended(),
    stop,
  };
}

interface Chosen {
  readonly listeners: ReadonlyMap<string, Yaml & { readonly port: number }>;
  readonly keysFile: string;
  readonly storeFile: string;
}

async function chooseListeners({
  protocols = PROTOCOLS,
  listeners: more = [],
}: GatewayOptions): Promise<ReadonlyMap<string, Yaml & { readonly port: number }>> {
  const standard = protocols.flatMap((protocol) => [
    { name: protocol, protocol, tls: 'starttls' },
    { name: `${protocol}Tls`, protocol, tls: 'implicit' },
  ]);
  const all = [...standard, ...more];
  const ports = await freePorts(all.length);
  return new Map(all.map((one, index) => [one.name, { address: '127.0.0.1', ...one, port: ports[index] ?? 0 }]));
}

function configuration(options: GatewayOptions, { listeners, keysFile, storeFile }: Chosen): Yaml {
  return {
    hostname: 'gateway.test',
    gatewayName: options.name ?? 'gateway',
    workers: options.workers ?? 1,
    listeners: [...listeners.values()],
    tls: {
      certificates: options.certificates.map(({ certFile, keyFile }) => ({ cert_file: certFile, key_file: keyFile })),
    },
    backends: options.backends,
    defaultBackend: Object.keys(options.backends)[0],
    store: options.store ?? { kind: 'embedded', path: storeFile },
    keys_file: keysFile,
    portal: { url: 'https://portal.test/account' },
    // Every client of a test comes from one address.
    policy: { limits: { accountFailures: 1000, accountNetworkFailures: 1000, networkVerdicts: 100_000 } },
    limits: { maxConnectionsPerNetwork: 10_000 },
    log: { level: 'debug' },
    ...options.settings,
  };
}

/** Runs the command line in this process, where it costs a tenth of a process of its own; returns what it printed. */
async function postern(args: readonly string[]): Promise<string> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(args, {
    terminal: {
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
      ask: () => Promise.resolve(undefined),
      interactive: false,
      colour: false,
    },
    environment: {},
    clock: Date.now,
    actor: 'cli:tester',
  });
  if (code !== 0) throw new Error(`postern ${args.join(' ')} ended with ${code}:\n${[...out, ...err].join('\n')}`);
  return out.join('\n').trim();
}

function logLines(running: Running): readonly LogLine[] {
  return running
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

function hasFields(line: LogLine, fields: Yaml): boolean {
  return Object.entries(fields).every(([name, value]) => line[name] === value);
}
