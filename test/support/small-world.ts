/**
 * The real gateway in front of IMAP servers that a test scripts: for tests of outages and attacks, which need a mail
 * server that misbehaves on demand, or that costs next to nothing.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { runCommandLine } from '#cli/program.ts';
import { createAuthority, LOOPBACK_NAMES, type Leaf } from './certificates.ts';
import type { Mailbox } from './dovecot.ts';
import { startGateway, type Gateway, type GatewayOptions, type Yaml } from './gateway.ts';
import { accepts, eventually, temporaryDirectory } from './processes.ts';
import { startScriptedImap, type Script, type ScriptedImap } from './scripted-imap.ts';
import { Wire, type WireOptions } from './wire.ts';

export interface SmallWorld {
  readonly gateway: Gateway;
  readonly backend: ScriptedImap;
  readonly certificate: Leaf;
  /** To start more gateways of the same kind. */
  readonly options: GatewayOptions;
  stop(): Promise<void>;
}

export interface SmallWorldOptions {
  readonly script?: Script | undefined;
  readonly gateway?: Partial<GatewayOptions> | undefined;
}

/** Starts a backend and a gateway with one more listener, `imapClear`, that takes logins without TLS. */
export async function startSmallWorld({ script, gateway: more }: SmallWorldOptions = {}): Promise<SmallWorld> {
  const directory = await temporaryDirectory('small-world');
  const authority = await createAuthority(directory.path, 'small');
  const certificate = await authority.issue(LOOPBACK_NAMES);
  const backend = await startScriptedImap({ echo: true, ...script });
  const options: GatewayOptions = {
    backends: { main: scriptedBackend(['127.0.0.1'], backend.port) },
    certificates: [certificate],
    caFile: authority.caFile,
    protocols: ['imap'],
    listeners: [{ name: 'imapClear', protocol: 'imap', tls: 'none', plaintextLogin: true }],
    ...more,
  };
  const gateway = await startGateway(options);
  const ports = ['imap', 'imapTls', 'imapClear'].map((listener) => gateway.port(listener));
  // Where its log goes elsewhere, nothing else tells that it has started.
  await Promise.all(ports.map((port) => eventually(`port ${port} is open`, () => accepts(port))));
  return {
    gateway,
    backend,
    certificate,
    options,
    stop: async () => {
      await gateway.stop();
      await backend.stop();
      await directory.remove();
    },
  };
}

/** The settings of a backend that a script plays. */
export function scriptedBackend(hosts: readonly string[], port: number): Yaml {
  const impersonation = { kind: 'master-user', user: 'gateway', password: 'master' };
  return { hosts, impersonation, imap: { port, tls: 'none', clientAddress: 'none' } };
}

/** The answer to one login without TLS: `in OK …`, `in NO …`, or the refusal to greet. The connection stays open. */
export async function clearLogin(
  gateway: Gateway,
  { name, password }: Mailbox,
  options: WireOptions = {},
): Promise<{ readonly wire: Wire; readonly said: string; readonly ok: boolean }> {
  const wire = await Wire.open(gateway.port('imapClear'), options);
  const greeting = await wire.until(/^\* (OK|BYE).*\r\n/);
  if (greeting.startsWith('* BYE')) return { wire, said: greeting, ok: false };
  const said = await wire.say(`in LOGIN "${name}" "${password}"`, /^(in|\* BYE) .*\r\n/m);
  return { wire, said, ok: /^in OK/m.test(said) };
}

/** Something that only a live session answers: the scripted backend says it again. */
export async function clearPing(wire: Wire): Promise<void> {
  await wire.say('ping', /^ping\r\n/m);
}

/** The same as one line, the connection closed again. */
export async function clearAnswer(gateway: Gateway, who: Mailbox, options: WireOptions = {}): Promise<string> {
  const { wire, said } = await clearLogin(gateway, who, options);
  wire.close();
  return said;
}

/**
 * The command line in this process, by the gateway's own configuration. `changed` makes it go round a broken link: it
 * gets the text of the configuration and returns another one.
 */
export async function cliOf(
  gateway: Gateway,
  changed: (text: string) => string = (text) => text,
): Promise<Gateway['cli']> {
  const configFile = `${gateway.configFile}.beside.yaml`;
  await writeFile(configFile, changed(await readFile(gateway.configFile, 'utf8')), { mode: 0o600 });
  return async (...args) => {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommandLine([...args, '--json'], {
      terminal: {
        out: (text) => void out.push(text),
        err: (text) => void err.push(text),
        interactive: false,
        colour: false,
        ask: async () => undefined,
      },
      environment: { POSTERN_CONFIG: configFile },
      clock: Date.now,
      actor: 'cli:tester',
    });
    if (code !== 0) throw new Error(`postern ${args.join(' ')} ended with ${code}: ${err.join('\n')}`);
    return out.length === 0 ? undefined : JSON.parse(out.join('\n'));
  };
}
