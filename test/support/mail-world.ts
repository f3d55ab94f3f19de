/**
 * What the interop tests share: an authority, a Dovecot and a Postfix that deliver into the same mailboxes, a gateway
 * in front of them, and five people, one in each situation that the policy knows.
 */

import assert from 'node:assert/strict';
import { createAuthority, LOOPBACK_NAMES, type Authority } from './certificates.ts';
import { startDovecot, type Dovecot, type DovecotOptions, type Mailbox } from './dovecot.ts';
import { enrol } from './enrolment.ts';
import { startGateway, type Gateway, type GatewayOptions, type Yaml } from './gateway.ts';
import { postfixPorts, startPostfix, type Postfix, type PostfixOptions } from './postfix.ts';
import { temporaryDirectory } from './processes.ts';

/** The domains: `enabled.test` lets its users choose, `forced.test` does not, `plain.test` has no two-step at all. */
export const ANNA: Mailbox = { name: 'anna@enabled.test', password: 'Ordinary "Anna" \\ 1' };
export const BOB: Mailbox = { name: 'bob@enabled.test', password: 'ordinary-of-bob' };
export const CARL: Mailbox = { name: 'carl@forced.test', password: 'ordinary of carl' };
export const DORA: Mailbox = { name: 'dora@forced.test', password: 'ordinary-of-dora' };
export const EMIL: Mailbox = { name: 'emil@plain.test', password: 'ordinary-of-emil' };
export const EVERYBODY: readonly Mailbox[] = [ANNA, BOB, CARL, DORA, EMIL];

/** What the gateway itself logs in with at Dovecot. */
export const MASTER: Mailbox = { name: 'gateway', password: 'master "of" all' };

export interface WorldOptions {
  readonly dovecot?: Partial<DovecotOptions> | undefined;
  /** 'none': submission goes to Dovecot, which then has nowhere to send mail on to. */
  readonly postfix?: Partial<PostfixOptions> | 'none' | undefined;
  /** Changes to the backend `main` of the configuration. */
  readonly backend?: ((world: Servers) => Yaml) | undefined;
  readonly gateway?: Partial<GatewayOptions> | undefined;
}

export interface Servers {
  readonly authority: Authority;
  readonly dovecot: Dovecot;
  /** Its submission wants a login; its `relay` port does not. */
  readonly postfix: Postfix | undefined;
}

export interface World extends Servers {
  readonly directory: string;
  readonly gateway: Gateway;
  /** App passwords of Anna and Dora, who are enrolled; ready to log in with. */
  readonly anna: Mailbox;
  readonly dora: Mailbox;
  /** Fails when a password of anybody stands in the gateway's log or other output, in clear or in base64. */
  assertNothingLeaked(gateway?: Gateway): void;
  /** Passwords made later that assertNothingLeaked() must know, too. */
  keepSecret(mailbox: Mailbox): void;
  stop(): Promise<void>;
}

/** Starts it all, sets the domains' policies and enrols Anna and Dora. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const directory = await temporaryDirectory('world');
  const servers = await startServers(directory.path, options);
  const gateway = await startGateway(await gatewayOptions(servers, options));
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await stopServers(servers);
    await directory.remove();
  };
  try {
    const { anna, dora } = await populate(gateway);
    const secrets = [...EVERYBODY, MASTER, anna, dora];
    return {
      ...servers,
      directory: directory.path,
      gateway,
      anna,
      dora,
      assertNothingLeaked: (one = gateway) => assertNothingLeaked(one, secrets),
      keepSecret: (mailbox) => void secrets.push(mailbox),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Dovecot and Postfix alone, for a test that starts its gateways itself. */
export async function startServers(directory: string, options: WorldOptions = {}): Promise<Servers> {
  const authority = await createAuthority(directory, 'world');
  const certificate = await authority.issue(LOOPBACK_NAMES);
  const ports = await postfixPorts();
  const dovecot = await startDovecot({
    certificate,
    users: EVERYBODY,
    master: MASTER,
    relayPort: ports.relay,
    ...options.dovecot,
  });
  if (options.postfix === 'none') return { authority, dovecot, postfix: undefined };
  try {
    const mailboxes = EVERYBODY.map(({ name }) => name);
    const { mailDirectory } = dovecot;
    const rest = { certificate, mailboxes, mailDirectory, saslPort: dovecot.ports.auth, ports };
    return { authority, dovecot, postfix: await startPostfix({ ...rest, ...options.postfix }) };
  } catch (error) {
    await dovecot.stop();
    throw error;
  }
}

export async function stopServers({ dovecot, postfix }: Servers): Promise<void> {
  await Promise.all([dovecot.stop(), postfix?.stop()]);
}

/** The gateway in front of these servers, as an operator would configure it. */
export async function gatewayOptions(servers: Servers, options: WorldOptions = {}): Promise<GatewayOptions> {
  const certificate = await servers.authority.issue(LOOPBACK_NAMES);
  const { caFile } = servers.authority;
  const backends = { main: { ...backendOf(servers), ...options.backend?.(servers) } };
  return { backends, certificates: [certificate], caFile, ...options.gateway };
}

/** Submission goes to Postfix by XCLIENT where there is one, everything else to Dovecot by the master user. */
export function backendOf({ authority, dovecot, postfix }: Servers): Yaml {
  const submission =
    postfix === undefined
      ? { port: dovecot.ports.submissionTls, clientAddress: 'xclient' }
      : { port: postfix.ports.submissionTls, impersonation: { kind: 'xclient' } };
  return {
    hosts: ['localhost'],
    ca_file: authority.caFile,
    impersonation: { kind: 'master-user', user: MASTER.name, password: MASTER.password },
    imap: { port: dovecot.ports.imapTls },
    pop3: { port: dovecot.ports.pop3Tls, clientAddress: 'xclient' },
    submission,
    sieve: { port: dovecot.ports.sieveTls, tls: 'implicit', clientAddress: 'xclient' },
  };
}

/** Sets the policies and enrols Anna and Dora: the accounts with their app passwords. */
export async function populate(gateway: Gateway): Promise<{ anna: Mailbox; dora: Mailbox }> {
  await gateway.cli('domain', 'set', 'enabled.test', 'enabled', '--yes');
  await gateway.cli('domain', 'set', 'forced.test', 'forced', '--yes');
  const anna = { name: ANNA.name, password: await enrol(gateway, ANNA.name) };
  const dora = { name: DORA.name, password: await enrol(gateway, DORA.name) };
  return { anna, dora };
}

/** Fails when one of these passwords stands in what a gateway has written so far, in clear or in base64. */
export function assertNothingLeaked(gateway: Gateway, secrets: readonly Mailbox[]): void {
  const written = gateway.output();
  assert.notEqual(written, '');
  for (const { name, password } of secrets) {
    const forms = [
      password,
      JSON.stringify(password).slice(1, -1),
      password.replaceAll(' ', ''),
      Buffer.from(password).toString('base64'),
      Buffer.from(`\0${name}\0${password}`).toString('base64'),
    ];
    for (const form of forms) assert.ok(!written.includes(form), `the password of ${name} is in the log as ${form}`);
  }
}
